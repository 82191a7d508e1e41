import type { GenerateVideosConfig, Image } from '@google/genai';
import {
  type CallOptions,
  type CallRef,
  type ClipRequest,
  type Found,
  type ImageInput,
  type OperationStatus,
  ProviderError,
  type VideoDefinition,
} from 'vidpipe/provider';
import type { GoogleModel } from './catalogue/index.ts';
import type { Place } from './client.ts';
import { labelsOf, type ModelContext, seedOf } from './context.ts';
import { optionsOf } from './model-options.ts';
import { base64Of, refuseLarge } from './pictures.ts';
import { type Folder, folderOf, videosIn } from './storage-links.ts';
import { readOperation, type VeoHandle } from './veo-reply.ts';

type Context = ModelContext<Extract<GoogleModel, { kind: 'video' }>>;

const imageOf = (picture: ImageInput): Image => ({ imageBytes: base64Of(picture), mimeType: picture.mediaType });

function picturesFor({ endFrame, references = [] }: ClipRequest): GenerateVideosConfig {
  return {
    ...(endFrame === undefined ? {} : { lastFrame: imageOf(endFrame) }),
    ...(references.length === 0
      ? {}
      : { referenceImages: references.map((each) => ({ image: imageOf(each), referenceType: 'ASSET' as never })) }),
  };
}

function optionsFor(request: ClipRequest): GenerateVideosConfig {
  const { personGeneration, enhancePrompt, compressionQuality, resizeMode } = optionsOf(request);
  return {
    ...(personGeneration === undefined ? {} : { personGeneration }),
    ...(enhancePrompt === undefined ? {} : { enhancePrompt }),
    ...(compressionQuality === undefined ? {} : { compressionQuality: compressionQuality.toUpperCase() as never }),
    ...(resizeMode === undefined ? {} : { resizeMode: resizeMode.toUpperCase() as never }),
  };
}

function configFor(
  context: Context,
  request: ClipRequest,
  call: CallOptions,
  folder: Folder | undefined,
): GenerateVideosConfig {
  const { takes, seconds, ratio, resolution, audio, negativePrompt } = request;
  return {
    numberOfVideos: takes,
    durationSeconds: seconds,
    aspectRatio: ratio,
    resolution,
    generateAudio: audio,
    ...(negativePrompt === undefined ? {} : { negativePrompt }),
    ...seedOf(request),
    ...picturesFor(request),
    ...optionsFor(request),
    ...(folder === undefined ? {} : { outputGcsUri: folder }),
    ...labelsOf(context, call),
  };
}

const NAME = /^projects\/[^/]+\/locations\/([a-z0-9-]+)\/publishers\/google\/models\/[^/]+\/operations\/[^/]+$/;

async function start(
  context: Context,
  request: ClipRequest,
  call: CallOptions,
): Promise<{ readonly handle: VeoHandle } | Extract<Found, { readonly finished: unknown }>> {
  const { startFrame, endFrame, references = [], prompt, seconds } = request;
  refuseLarge([startFrame, endFrame, ...references].filter((each) => each !== undefined));
  const { connection, target } = context;
  const folder = folderOf(context, call.callId);
  const source = { prompt, ...(startFrame === undefined ? {} : { image: imageOf(startFrame) }) };
  const config = configFor(context, request, call, folder);
  const answer = await connection.send(target, call, (ai) =>
    ai.models.generateVideos({ model: target.model, source, config }),
  );
  if ('state' in answer) return { finished: answer };
  const { name = '' } = answer;
  if (!NAME.test(name)) {
    const message = 'Google took the request and named no operation that could be asked for.';
    throw new ProviderError({ kind: 'transient', accepted: 'unknown', message });
  }
  return { handle: { name, seconds, ...(folder === undefined ? {} : { folder }) } };
}

/** Operations live where they were started, whatever the options say now. */
function placeOf({ target }: Context, name: string): Place {
  return { surface: 'vertex', location: NAME.exec(name)?.[1] ?? target.location };
}

/** Google forgets operations; their videos stay in the bucket. */
async function forgotten(
  context: Context,
  { folder, seconds }: VeoHandle,
  call: CallOptions,
  { message }: ProviderError,
): Promise<OperationStatus> {
  const outputs = folder === undefined ? [] : await videosIn(context, folder, call);
  if (outputs.length > 0) return { state: 'succeeded', outputs, usage: { seconds: seconds * outputs.length } };
  return { state: 'failed', kind: 'lost', message, charged: 'unknown' };
}

async function check(context: Context, handle: VeoHandle, call: CallOptions): Promise<OperationStatus> {
  const { name } = handle;
  try {
    const found = await context.connection.send(
      placeOf(context, name),
      call,
      async (ai) => {
        const { GenerateVideosOperation } = await import('@google/genai');
        return ai.operations.getVideosOperation({ operation: Object.assign(new GenerateVideosOperation(), { name }) });
      },
      'look',
    );
    return 'state' in found ? found : await readOperation(context, handle, found);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'lost') throw error;
    return forgotten(context, handle, call, error);
  }
}

/** As long as models without `times.deadlineMs` are given. */
const DEADLINE_MS = 1_200_000;

/**
 * Finds a lost submission by its folder. An operation that is under way has written nothing, so an empty folder says that nothing was accepted
 * only once the model's deadline has passed.
 */
async function lookUp(
  context: Context,
  folder: Folder,
  { at }: CallRef,
  call: CallOptions,
): Promise<Found | undefined> {
  const outputs = await videosIn(context, folder, call);
  if (outputs.length > 0) return { finished: { state: 'succeeded', outputs } };
  if (Date.now() - Date.parse(at) > (context.model.times?.deadlineMs ?? DEADLINE_MS)) return undefined;
  throw new ProviderError({
    kind: 'transient',
    accepted: 'unknown',
    message: `Nothing lies in ${folder} yet; it can not be told whether the request was accepted.`,
  });
}

/** Films with Veo on Vertex. With a bucket a lost submission can be looked up. Veo can not be cancelled. */
export function filmVeo(context: Context): Pick<VideoDefinition<VeoHandle>, 'start' | 'check' | 'lookUp'> {
  return {
    start: (request, call) => start(context, request, call),
    check: (handle, call) => check(context, handle, call),
    ...(context.vertex.bucket === undefined
      ? {}
      : { lookUp: async (ref, call) => lookUp(context, folderOf(context, ref.callId) as Folder, ref, call) }),
  };
}
