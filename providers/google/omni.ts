import type { Interactions } from '@google/genai';
import {
  type CallOptions,
  type CancelOutcome,
  type ClipRequest,
  type Found,
  type ImageInput,
  type OperationStatus,
  ProviderError,
  type VideoDefinition,
} from 'vidpipe/provider';
import type { GoogleModel } from './catalogue/index.ts';
import { labelsOf, type ModelContext, seedOf } from './context.ts';
import { chargedFor, type Interaction, type OmniHandle, readInteraction } from './omni-reply.ts';
import { base64Of, refuseLarge } from './pictures.ts';
import { type Folder, folderOf } from './storage-links.ts';

type Context = ModelContext<Extract<GoogleModel, { kind: 'video' }>>;

/** The SDK would send a request of interactions up to five times. */
const ONCE = { maxRetries: 0 };

type Shown = readonly [ImageInput, string];

/** Pictures in the order that they are sent, with what each is. */
function picturesOf({ startFrame, endFrame, references = [] }: ClipRequest): readonly Shown[] {
  return [
    ...(startFrame === undefined ? [] : [[startFrame, 'the first frame'] as const]),
    ...(endFrame === undefined ? [] : [[endFrame, 'the last frame'] as const]),
    ...references.map((each): Shown => [each, each.name ?? 'a reference']),
  ];
}

/** Pictures carry no role and sound has no switch, so that both are said in words. */
function wordsFor({ prompt, audio }: ClipRequest, pictures: readonly Shown[]): string {
  const roles = pictures.map(([, what], index) => `Image ${index + 1} is ${what}.`).join(' ');
  const silent = audio ? '' : 'The video is silent: no speech, no music, no sounds.';
  return [prompt, roles, silent].filter((text) => text !== '').join('\n');
}

/** Frames and references together leave the choice to the model. */
function taskFor({ startFrame, references = [] }: ClipRequest): { readonly task?: string } {
  if (startFrame === undefined) return { task: references.length > 0 ? 'reference_to_video' : 'text_to_video' };
  return references.length > 0 ? {} : { task: 'image_to_video' };
}

/** Links suit every size; on Vertex they need a bucket. */
function deliveryOf({ target }: Context, folder: Folder | undefined): Partial<Interactions.VideoResponseFormat> {
  if (target.surface === 'developer') return { delivery: 'uri' };
  return folder === undefined ? { delivery: 'inline' } : { delivery: 'uri', gcs_uri: folder };
}

function bodyFor(
  context: Context,
  request: ClipRequest,
  call: CallOptions,
  folder: Folder | undefined,
): Interactions.CreateModelInteractionParamsNonStreaming {
  const pictures = picturesOf(request);
  const images = pictures.map(([picture]) => ({
    type: 'image' as const,
    mime_type: picture.mediaType as never,
    data: base64Of(picture),
  }));
  return {
    model: context.target.model,
    background: true,
    store: true,
    input: [...images, { type: 'text', text: wordsFor(request, pictures) }],
    response_format: {
      type: 'video',
      aspect_ratio: request.ratio,
      resolution: request.resolution,
      duration: `${request.seconds}s`,
      ...deliveryOf(context, folder),
    },
    generation_config: { ...seedOf(request), video_config: taskFor(request) },
    ...labelsOf(context, call),
  };
}

async function start(
  context: Context,
  request: ClipRequest,
  call: CallOptions,
): Promise<{ readonly handle: OmniHandle } | Extract<Found, { readonly finished: unknown }>> {
  const { startFrame, endFrame, references = [], seconds } = request;
  refuseLarge([startFrame, endFrame, ...references].filter((each) => each !== undefined));
  const { connection, target } = context;
  const folder = target.surface === 'vertex' ? folderOf(context, call.callId) : undefined;
  const body = bodyFor(context, request, call, folder);
  const answer = await connection.send(target, call, (ai) => ai.interactions.create(body, ONCE));
  if ('state' in answer) return { finished: answer };
  const { id } = answer as { readonly id?: unknown };
  if (typeof id !== 'string' || id === '') {
    const message = 'Google took the request and named no interaction that could be asked for.';
    throw new ProviderError({ kind: 'transient', accepted: 'unknown', message });
  }
  return { handle: { id, seconds, ...(folder === undefined ? {} : { folder }) } };
}

async function check(context: Context, handle: OmniHandle, call: CallOptions): Promise<OperationStatus> {
  const { connection, target } = context;
  try {
    const found = await connection.send(target, call, (ai) => ai.interactions.get(handle.id, {}, ONCE), 'look');
    return 'state' in found ? found : await readInteraction(context, handle, found as Interaction, call);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'lost') throw error;
    return { state: 'failed', kind: 'lost', message: error.message, charged: 'unknown' };
  }
}

async function cancel(context: Context, { id }: OmniHandle, call: CallOptions): Promise<CancelOutcome> {
  const { connection, target } = context;
  try {
    const found = await connection.send(target, call, (ai) => ai.interactions.cancel(id, {}, ONCE), 'look');
    const { status, usage } = found as Interaction;
    if (status === 'cancelled') return { outcome: 'cancelled', charged: chargedFor(usage) };
  } catch (error) {
    const refused = error instanceof ProviderError && (error.kind === 'lost' || error.kind === 'invalid-request');
    if (!refused) throw error;
  }
  return { outcome: 'too-late', charged: 'unknown' };
}

/** Films with Gemini Omni, through background interactions. A lost submission can not be found again. */
export function filmOmni(context: Context): Pick<VideoDefinition<OmniHandle>, 'start' | 'check' | 'cancel'> {
  return {
    start: (request, call) => start(context, request, call),
    check: (handle, call) => check(context, handle, call),
    cancel: (handle, call) => cancel(context, handle, call),
  };
}
