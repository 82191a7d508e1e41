import {
  AssetCorruptError,
  AssetNotFoundError,
  AssetStoreError,
  BadOutputError,
  FfmpegMissingError,
  MediaToolError,
} from '../errors/index.ts';
import type { MadeAsset } from '../project/events.ts';
import type { Asset, Digest, Probe } from '../spec/index.ts';
import { asError } from './as-error.ts';
import type { EngineContext } from './context.ts';
import { POLICY } from './policy.ts';
import { retrying } from './retry.ts';
import { digestOf, type Spooled } from './spool.ts';

/** What delivered bytes must be. `size` is given where stills must fit the film. */
export interface Expected {
  readonly kind: 'text' | 'image' | 'video';
  readonly size?: { readonly width: number; readonly height: number };
}

/** Puts spooled bytes into the store, again and again when that fails. Throws `AssetStoreError`. */
export async function store(
  context: EngineContext,
  spooled: Spooled,
  facts: Omit<Asset, 'digest' | 'size'>,
): Promise<Asset> {
  const { digest, size } = spooled;
  const put = (): Promise<void> =>
    context.assets.put(digest, () => context.spool.streamOf(spooled), { size, mediaType: facts.mediaType });
  try {
    await retrying(put, { ...context, tries: POLICY.storeTries, isRetryable: () => true });
  } catch (cause) {
    throw new AssetStoreError({ reason: asError(cause).message }, { cause });
  }
  return { digest, size, ...facts };
}

/** What the log has of probed bytes. */
export function factsOf({ mediaType, width, height, seconds, fps, hasAudio }: Probe): Omit<Asset, 'digest' | 'size'> {
  const known = { width, height, seconds, fps, hasAudio };
  return {
    mediaType,
    ...(Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as Partial<Asset>),
  };
}

async function storeImage(
  context: EngineContext,
  spooled: Spooled,
  probe: Probe,
  expected: Expected,
): Promise<MadeAsset> {
  const asset = await store(context, spooled, factsOf(probe));
  const { size } = expected;
  if (
    size === undefined ||
    (probe.mediaType === 'image/png' && probe.width === size.width && probe.height === size.height)
  )
    return { asset };
  const fitted = await context.spool.path('fitted.png');
  try {
    await inspected(context, () => context.media.fitImage(spooled.path, fitted, size));
    const facts = { mediaType: 'image/png', width: size.width, height: size.height };
    return { asset: await store(context, await context.spool.adopt(fitted), facts), original: asset };
  } finally {
    await context.spool.remove(fitted);
  }
}

/** Work of the tool on delivered bytes; only when it fails again and again are they to blame, and never for a tool that does not work. Throws `BadOutputError`, `MediaToolError`. */
async function inspected<T>(context: EngineContext, look: () => Promise<T>): Promise<T> {
  try {
    return await retrying(look, { ...context, tries: POLICY.inspectTries, isRetryable: () => true });
  } catch (cause) {
    if (cause instanceof MediaToolError) throw cause;
    if (cause instanceof FfmpegMissingError) throw new MediaToolError({ reason: cause.message }, { cause });
    throw new BadOutputError({ reason: asError(cause).message }, { cause });
  }
}

/** Probes, decodes and stores spooled bytes. Throws `BadOutputError` when they are not what was asked for, `AssetStoreError` when they can not be kept, `MediaToolError` when nobody can look at them. */
export async function intake(context: EngineContext, spooled: Spooled, expected: Expected): Promise<MadeAsset> {
  try {
    if (expected.kind === 'text') return { asset: await store(context, spooled, { mediaType: 'application/json' }) };
    const probe = await inspected(context, () => context.media.probe(spooled.path));
    if (probe.kind !== expected.kind)
      throw new BadOutputError({ reason: `${expected.kind} was asked for, ${probe.mediaType} came` });
    await inspected(context, () => context.media.verify(spooled.path));
    if (expected.kind === 'image') return await storeImage(context, spooled, probe, expected);
    return { asset: await store(context, spooled, factsOf(probe)) };
  } finally {
    await context.spool.remove(spooled.path);
  }
}

/** A read from the store, made again when it fails or breaks off: a step does not fail for a moment's fault. */
function reading<T>(context: EngineContext, read: () => Promise<T>): Promise<T> {
  const isRetryable = (error: unknown): boolean => !(error instanceof AssetNotFoundError);
  return retrying(read, { ...context, tries: POLICY.readTries, isRetryable });
}

function assertSame(digest: Digest, found: string): void {
  if (found !== digest) throw new AssetCorruptError({ digest, reason: 'its bytes have changed' });
}

/** All bytes of an asset, checked. Throws `AssetCorruptError`. */
export async function bytesOf(context: EngineContext, digest: Digest): Promise<Uint8Array> {
  const chunks = await reading(context, async () => Array.fromAsync(await context.assets.get(digest)));
  const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  assertSame(digest, digestOf(bytes));
  return bytes;
}

/** A file that the caller disposes of. */
export interface LocalFile {
  readonly path: string;
  dispose(): Promise<void>;
}

/** A local file of an asset, its bytes checked: the store's own, or a copy in the work folder that the caller removes. Throws `AssetCorruptError`. */
export async function localFile(context: EngineContext, digest: Digest): Promise<LocalFile> {
  if (context.assets.path !== undefined) {
    const path = await context.assets.path(digest);
    assertSame(digest, (await context.spool.adopt(path)).digest);
    return { path, dispose: () => Promise.resolve() };
  }
  const read = async (): Promise<Spooled> => context.spool.write(await context.assets.get(digest));
  const { path, digest: found } = await reading(context, read);
  const dispose = (): Promise<void> => context.spool.remove(path);
  if (found !== digest) await dispose();
  assertSame(digest, found);
  return { path, dispose };
}

/** A text asset. */
export async function textOf(context: EngineContext, digest: Digest): Promise<string> {
  return new TextDecoder().decode(await bytesOf(context, digest));
}
