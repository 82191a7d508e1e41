import {
  type Blocked,
  type CallOptions,
  type CancelOutcome,
  type Failed,
  hideSecrets,
  type MediaRef,
  type OperationStatus,
  type Usage,
} from 'vidpipe/provider';
import type { ModelContext } from './context.ts';
import { readRefusal } from './safety.ts';
import { type Folder, storedVideo } from './storage-links.ts';

/** An interaction: its id, the length of the clip in seconds, and on Vertex where it is written. */
export type OmniHandle = {
  readonly id: string;
  readonly seconds: number;
  readonly folder?: Folder;
};

interface Fault {
  readonly code?: string | number;
  readonly message?: string;
}

interface Content {
  readonly type?: string;
  readonly text?: string;
  readonly uri?: string;
  readonly data?: string;
}

interface Tokens {
  readonly total_input_tokens?: number;
  readonly total_output_tokens?: number;
  readonly total_thought_tokens?: number;
  readonly output_tokens_by_modality?: readonly { readonly modality?: string; readonly tokens?: number }[];
}

/** What is read of an interaction; every field may be missing. */
export interface Interaction {
  readonly status?: string;
  readonly steps?: readonly {
    readonly type?: string;
    readonly content?: readonly Content[];
    readonly error?: Fault;
  }[];
  readonly errors?: readonly Fault[];
  readonly error?: Fault;
  readonly usage?: Tokens;
}

function videoTokens({ output_tokens_by_modality: counts = [] }: Tokens): number {
  const films = counts.filter(({ modality = '' }) => modality.toLowerCase() === 'video');
  return films.reduce((sum, { tokens = 0 }) => sum + tokens, 0);
}

/** A video is billed by its tokens, so where none are counted nothing is. */
export function chargedFor(usage: Tokens | undefined): CancelOutcome['charged'] {
  if (usage === undefined) return 'unknown';
  return videoTokens(usage) > 0 ? 'yes' : 'no';
}

function usageOf(usage: Tokens | undefined, seconds: number): Usage {
  const { total_input_tokens: input, total_output_tokens: output, total_thought_tokens: thought = 0 } = usage ?? {};
  return {
    seconds,
    ...(input === undefined ? {} : { inputTokens: input }),
    ...(output === undefined ? {} : { outputTokens: output + thought }),
  };
}

function contentOf({ steps = [] }: Interaction): readonly Content[] {
  return steps.filter(({ type }) => type === 'model_output').flatMap(({ content = [] }) => content);
}

function failed(kind: Failed['kind'], message: string, { usage }: Interaction, { seconds }: OmniHandle): Failed {
  const charged = chargedFor(usage);
  const used = charged === 'unknown' ? {} : { usage: usageOf(usage, charged === 'yes' ? seconds : 0) };
  return { state: 'failed', kind, message, charged, ...used };
}

/** A refusal, which bills nothing where no video was made. */
function blocked(
  reasons: readonly string[],
  { usage }: Interaction,
  { seconds }: OmniHandle,
  known: boolean,
): Blocked | null {
  const shown = reasons.map((reason) => hideSecrets(reason));
  const refusal = readRefusal(shown, { otherwise: 'prompt', refused: known });
  const billed = chargedFor(usage) === 'yes';
  return refusal === null
    ? null
    : { ...refusal, charged: billed ? 'yes' : 'no', usage: usageOf(usage, billed ? seconds : 0) };
}

const FILTERED = /safety|prohibited|blocklist|spii/i;

/** An interaction that failed by itself. */
function fault(interaction: Interaction, handle: OmniHandle): Blocked | Failed {
  const { errors = [], error, steps = [] } = interaction;
  const faults = [...errors, error, ...steps.map((step) => step.error)].filter((each) => each !== undefined);
  const codes = faults.map(({ code = '' }) => String(code));
  const told = faults.map(({ message = '' }) => message).filter((text) => text !== '');
  const known = codes.some((code) => FILTERED.test(code));
  const refusal = blocked(told, interaction, handle, known);
  if (refusal !== null) return refusal;
  const kind = codes.some((code) => /invalid/i.test(code)) ? 'invalid-request' : 'transient';
  const message = `Google could not make the video: ${hideSecrets(told.join(' ')) || 'no message'}`;
  return failed(kind, message, interaction, handle);
}

/** Ends without a video, beside `failed`. */
const ENDS = new Map<string, readonly [Failed['kind'], string]>([
  ['cancelled', ['lost', 'The interaction was cancelled.']],
  ['incomplete', ['empty', 'The interaction ended before the video was complete.']],
  ['budget_exceeded', ['invalid-request', 'The interaction used up its budget before the video was complete.']],
  ['requires_action', ['invalid-request', 'The interaction waits for an action that nobody here can take.']],
  ['requires_continuation', ['invalid-request', 'The interaction waits to be continued, which would be billed anew.']],
]);

/** The file of a link of the Files API, `files/…`. */
function fileOf(uri: string): string | null {
  return /\/(files\/[\w-]+)/.exec(uri)?.[1] ?? null;
}

/** Where a file of the Files API stands: it can be downloaded only once it is active. */
async function fileState({ connection, target }: ModelContext, name: string, call: CallOptions): Promise<string> {
  const { state } = await connection.send(target, call, (ai) => ai.files.get({ name }), 'look');
  return String(state ?? 'ACTIVE').toUpperCase();
}

async function linkTo(context: ModelContext, { folder }: OmniHandle, uri: string): Promise<MediaRef | null> {
  if (uri.startsWith('gs://')) return storedVideo(context, folder, uri);
  return { url: uri, headers: await context.connection.headers(context.target.surface) };
}

async function outputOf(
  context: ModelContext,
  handle: OmniHandle,
  { uri = '', data = '' }: Content,
): Promise<MediaRef | null> {
  if (data !== '') return { bytes: Buffer.from(data, 'base64'), mediaType: 'video/mp4' };
  return uri === '' ? null : linkTo(context, handle, uri);
}

async function delivered(
  context: ModelContext,
  handle: OmniHandle,
  interaction: Interaction,
  videos: readonly Content[],
  call: CallOptions,
): Promise<OperationStatus> {
  for (const { uri = '', data = '' } of videos) {
    const name = data === '' && context.target.surface === 'developer' ? fileOf(uri) : null;
    const state = name === null ? 'ACTIVE' : await fileState(context, name, call);
    if (state === 'PROCESSING') return { state: 'running' };
    if (state === 'FAILED') return failed('empty', 'Google made a video and could not store it.', interaction, handle);
  }
  const taken = await Promise.all(videos.map((video) => outputOf(context, handle, video)));
  const outputs = taken.filter((output) => output !== null);
  if (outputs.length > 0)
    return { state: 'succeeded', outputs, usage: usageOf(interaction.usage, handle.seconds * videos.length) };
  const where = handle.folder ?? 'the reply itself';
  return failed('invalid-request', `Google wrote the video elsewhere than to ${where}.`, interaction, handle);
}

/** A refusal has words and no video; it is no error. */
function refused(interaction: Interaction, handle: OmniHandle): OperationStatus {
  if (chargedFor(interaction.usage) === 'yes')
    return failed('invalid-request', 'Google bills a video that its reply does not hold.', interaction, handle);
  const words = contentOf(interaction).flatMap(({ text = '' }) => (text.trim() === '' ? [] : [text]));
  const refusal = words.length > 0 ? blocked(words, interaction, handle, true) : null;
  return refusal ?? failed('empty', 'Google reports success without a video.', interaction, handle);
}

/** What a look at an interaction tells. */
export async function readInteraction(
  context: ModelContext,
  handle: OmniHandle,
  interaction: Interaction,
  call: CallOptions,
): Promise<OperationStatus> {
  const { status = '' } = interaction;
  if (status === 'queued' || status === 'in_progress') return { state: 'running' };
  const videos = contentOf(interaction).filter(({ type }) => type === 'video');
  if (videos.length > 0) return delivered(context, handle, interaction, videos, call);
  if (status === 'completed') return refused(interaction, handle);
  if (status === 'failed') return fault(interaction, handle);
  const end = ENDS.get(status);
  return end === undefined ? { state: 'running' } : failed(...end, interaction, handle);
}
