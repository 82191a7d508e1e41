import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { AssetStoreError, InvalidSettingsError, isVidpipeError, MediaToolError } from '../errors/index.ts';
import type { Media } from '../project/changes/types.ts';
import type { Reference, StoredReference } from '../project/settings.ts';
import type { Digest } from '../spec/index.ts';
import { asError } from './as-error.ts';
import type { EngineContext } from './context.ts';
import { intake } from './intake.ts';
import { streamOf } from './stream-of.ts';
import type { Spooled } from './spool.ts';

/** Far more than any picture that a model takes. */
const MOST_BYTES = 50_000_000;

/** Bytes that a user gives, as a stream; files have at most `most` of them. */
export async function bytesFrom(media: Media, most: number): Promise<ReadableStream<Uint8Array>> {
  if (media instanceof ReadableStream) return media;
  if (typeof media !== 'string') return streamOf(media);
  const found = await stat(media);
  if (!found.isFile()) throw new Error(`${media} is not a file`);
  if (found.size > most) throw new Error(`${media} has ${found.size} bytes; ${most} are allowed`);
  return Readable.toWeb(createReadStream(media)) as ReadableStream<Uint8Array>;
}

/** A reference whose bytes are in the work folder and known to be a picture. */
interface Opened {
  readonly reference: Reference;
  readonly spooled: Spooled;
}

function unreadable(name: string, cause: unknown): InvalidSettingsError {
  const reason = isVidpipeError(cause) ? String(cause.details['reason']) : asError(cause).message;
  return new InvalidSettingsError(
    { issues: [`references: ${name} can not be read as a picture (PNG, JPEG or WebP): ${reason}`] },
    { cause },
  );
}

async function open(context: EngineContext, reference: Reference): Promise<Opened> {
  let spooled: Spooled | null = null;
  try {
    spooled = await context.spool.write(await bytesFrom(reference.image, MOST_BYTES));
    const { kind, mediaType } = await context.media.probe(spooled.path);
    if (kind !== 'image') throw new Error(`it is ${mediaType}`);
    return { reference, spooled };
  } catch (error) {
    if (spooled !== null) await context.spool.remove(spooled.path);
    throw error instanceof AssetStoreError || error instanceof MediaToolError
      ? error
      : unreadable(reference.name, error);
  }
}

async function openAll(context: EngineContext, references: readonly Reference[]): Promise<readonly Opened[]> {
  const tries = await Promise.allSettled(references.map((reference) => open(context, reference)));
  const opened = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const errors = tries.flatMap((each) => (each.status === 'rejected' ? [asError(each.reason)] : []));
  const [first] = errors;
  if (first === undefined) return opened;
  await Promise.all(opened.map(({ spooled }) => context.spool.remove(spooled.path)));
  const issues = errors.flatMap((error) => (isVidpipeError(error) ? (error.details['issues'] as string[]) : []));
  throw errors.find((error) => !(error instanceof InvalidSettingsError)) ?? new InvalidSettingsError({ issues }, first);
}

/** References as the log would have them, their pictures not read. */
export function imaginedReferences(references: readonly Reference[]): readonly StoredReference[] {
  const image: Digest = `sha256-${'0'.repeat(64)}`;
  return references.map(({ name, kind, description }) => ({
    name,
    kind,
    image,
    description: description ?? null,
    mediaType: 'image/png',
  }));
}

/** Stores all of them, or none: what can not be read is told before. Throws `InvalidSettingsError`, `AssetStoreError`. */
export async function storeReferences(
  context: EngineContext,
  references: readonly Reference[],
): Promise<readonly StoredReference[]> {
  const opened = await openAll(context, references);
  return Promise.all(
    opened.map(async ({ reference: { name, kind, description }, spooled }) => {
      const { asset } = await intake(context, spooled, { kind: 'image' });
      return { name, kind, description: description ?? null, image: asset.digest, mediaType: asset.mediaType };
    }),
  );
}
