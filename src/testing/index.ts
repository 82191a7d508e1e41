export { assetStoreCases } from './asset-store-cases.ts';
export { conformanceCase, type ConformanceCase, type Harness } from './conformance.ts';
export { costModelCases, type CostSubject } from './cost-model-cases.ts';
export { eventStoreCases } from './event-store-cases.ts';
export { executorCases } from './executor-cases.ts';
export type { GoogleFault, GoogleRequest, ScriptedFault } from './google/faults.ts';
export type { GoogleBill, GoogleUsage } from './google/ledger.ts';
export { loopbackGoogle, type LoopbackGoogle, type LoopbackOptions } from './google/loopback.ts';
export type { GooglePrice, GooglePrices } from './google/prices.ts';
export type { LoggedRequest } from './google/service.ts';
export {
  type ServeOptions,
  serveWeb,
  type SocketFault,
  type WebHandler,
  type WebServer,
  withFault,
} from './google/serve.ts';
export { FakeStorage, type FakeStorageOptions, type StorageFault, type StorageRequest } from './google/storage.ts';
export type { StorageAction } from './google/storage-routes.ts';
export type { ObjectFields, ObjectResource } from './google/storage-objects.ts';
export type { SigningCredentials } from './google/storage-signing.ts';
export { imageModelCases } from './image-model-cases.ts';
export { mockCostModel, mockImageModel, mockTextModel, mockVideoModel, type MockCall, type Recorded } from './mocks.ts';
export type { ModelCapability, ModelSubject, VideoCapability, VideoSubject } from './model-subject.ts';
export { textModelCases } from './text-model-cases.ts';
export { videoModelCases } from './video-model-cases.ts';
export { VirtualClock } from './virtual-clock.ts';
export { paper, paperMedia, type PaperFacts } from './paper.ts';
