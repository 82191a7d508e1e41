export { BadOutputError } from '../errors/bad-output-error.ts';
export { DownloadRefusedError } from '../errors/download-refused-error.ts';
export { MissingKeyError } from '../errors/missing-key-error.ts';
export { ProviderError, type ProviderErrorFields, type ProviderErrorKind } from '../errors/provider-error.ts';
export { imageModel, textModel, videoModel } from './define.ts';
export type { Defined, DefinitionBase, ImageDefinition, TextDefinition, VideoDefinition } from './define.ts';
export { defineProvider, type ProviderDefinition } from './provider.ts';
export type { Lookup } from './connect.ts';
export { download, type DownloadOptions } from './download.ts';
export { perCall, perImage, perMillionTokens, perSecond } from './prices.ts';
export { fetchError, readJson, readKey, replyError } from './replies.ts';
export { causedBy, hideSecrets, rememberSecret } from './secrets.ts';
export type {
  Blocked,
  CallOptions,
  CallRef,
  CancelOutcome,
  Charged,
  ChargeRequest,
  ClipReferences,
  ClipRequest,
  CostModel,
  Failed,
  FailureKind,
  FlaggedInput,
  Found,
  ImageCapabilities,
  ImageInput,
  ImageModel,
  ImageRequest,
  ImageSize,
  MediaRef,
  MicroUsd,
  Model,
  ModelEntry,
  ModelEntryBase,
  ModelId,
  ModelLimits,
  ModelOptions,
  ModelTimes,
  OperationHandle,
  OperationStatus,
  Price,
  PriceRequest,
  Provider,
  Rate,
  Reply,
  Succeeded,
  TextCapabilities,
  TextModel,
  TextRequest,
  Usage,
  VideoCapabilities,
  VideoModel,
} from '../spec/index.ts';
