import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  type CallOptions,
  download,
  type Found,
  type MediaRef,
  type Model,
  type ModelEntry,
  type Provider,
  type Reply,
} from 'vidpipe/provider';

/** A model as a case gets it: a fresh provider over a service that nobody has asked yet. */
export interface ModelSubject {
  readonly provider: Provider;
  /** Id of the model within its provider. */
  readonly modelId: string;
  /** Requests that the service has received so far, of every sort. Best counted by the (fake) service itself. */
  requests(): number;
  /** The `fetch` that calls are given. @default the global one */
  readonly fetch?: typeof fetch;
  /** Calls that the service has billed so far. Without it the cases on billing are skipped (`billed`). */
  billed?(): number;
  /** Another instance of the provider over the same service, as after a restart. Without it its cases are skipped (`reopen`). */
  reopen?(): Provider;
}

/** A video model as a case gets it. */
export interface VideoSubject extends ModelSubject {
  /** Lets running operations come to their end: moves the service's clock, or waits for them. */
  finish(): Promise<void> | void;
}

/** Where calls go: a provider, and a model of it. */
export type Source = Pick<ModelSubject, 'provider' | 'modelId' | 'fetch'>;

/** What a model, or its harness, may leave out. */
export type ModelCapability = 'idempotent' | 'lookUp' | 'billed' | 'reopen';

/** What a video model, or its harness, may leave out; `handle`: it answers `start` with a handle, not with the finished clip. */
export type VideoCapability = ModelCapability | 'cancel' | 'handle';

export type KindOf = Model['kind'];
export type EntryOf<K extends KindOf> = Extract<ModelEntry, { readonly kind: K }>;
export type ModelOf<K extends KindOf> = Extract<Model, { readonly kind: K }>;

/** The model and its entry in the catalogue, both of the kind that the suite is for. */
export function tested<K extends KindOf>(
  { provider, modelId }: Source,
  kind: K,
): { readonly model: ModelOf<K>; readonly entry: EntryOf<K> } {
  const entry = provider.catalogue.find(({ id }) => id === modelId);
  const model = provider.model(modelId);
  assert.equal(entry?.kind, kind, `the catalogue lists no ${kind} model ${modelId}`);
  assert.equal(model.kind, kind, `${modelId} is listed as a ${kind} model`);
  return { model: model as ModelOf<K>, entry: entry as EntryOf<K> };
}

/** The same model of another instance of its provider. */
export function reopened(subject: ModelSubject): Source {
  const { modelId, fetch = globalThis.fetch } = subject;
  return {
    modelId,
    fetch,
    provider: subject.reopen?.() ?? assert.fail('the harness has no reopen: name it in `lacks`'),
  };
}

/** Options of a call of its own; any of them replaced. */
export function callTo({ fetch }: Pick<Source, 'fetch'>, given: Partial<CallOptions> = {}): CallOptions {
  const { signal } = new AbortController();
  return { callId: `case/${randomUUID()}`, signal, fetch: fetch ?? globalThis.fetch, ...given };
}

function assertSucceeded(reply: Reply): asserts reply is Extract<Reply, { readonly state: 'succeeded' }> {
  assert.equal(reply.state, 'succeeded', `a good request was answered ${JSON.stringify(reply).slice(0, 500)}`);
}

async function bytesOf(subject: Source, ref: MediaRef): Promise<Uint8Array> {
  if ('bytes' in ref) return ref.bytes;
  const { fetch, signal } = callTo(subject);
  const { downloads } = subject.provider;
  const stream = (await download(ref, { downloads, fetch, signal })) as ReadableStream<Uint8Array<ArrayBuffer>>;
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The outputs of a reply that must have succeeded, in memory. Links are followed as the core does it, under the provider's `downloads`. */
export async function outputsOf(subject: Source, reply: Reply): Promise<readonly Uint8Array[]> {
  assertSucceeded(reply);
  assert.ok(reply.outputs.length > 0, 'it succeeded without any output');
  return Promise.all(reply.outputs.map((ref) => bytesOf(subject, ref)));
}

/** What a reply that must have succeeded says that it used. */
export function usageOf(reply: Reply): NonNullable<Extract<Reply, { readonly state: 'succeeded' }>['usage']> {
  assertSucceeded(reply);
  return reply.usage ?? {};
}

/** What a call found, which must be an operation. */
export function handleOf(found: Found): Extract<Found, { readonly handle: unknown }>['handle'] {
  assert.ok('handle' in found, 'it answered with the finished clip: name `handle` in `lacks`');
  return found.handle;
}

/** The media type by the first bytes, of those that the core takes. */
export function sniffed(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^RIFF.{4}WEBP/s.test(head)) return 'image/webp';
  return head.slice(4, 8) === 'ftyp' ? 'video/mp4' : `unknown: ${JSON.stringify(head)}`;
}
