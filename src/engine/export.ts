import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline as pump } from 'node:stream/promises';
import { AssetCorruptError, AssetNotFoundError, InvalidArchiveError, ProjectNotFoundError } from '../errors/index.ts';
import { archivedArtifacts, type ArchivedAsset, type ArchiveManifest } from '../project/archive.ts';
import { assetsOf } from '../project/bequest.ts';
import { applyEvent } from '../project/fold.ts';
import { upcast } from '../project/formats.ts';
import type { ProjectState } from '../project/state.ts';
import type { Digest, StoredEvent } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { redacted } from './redact.ts';

/** An event as archives have it: a handle may hold a signed link. */
function archivedEvent(event: StoredEvent): StoredEvent {
  if (event.type !== 'call.submitted') return event;
  return { ...event, body: redacted(event.body) };
}

interface Measured {
  readonly digest: Digest;
  readonly size: number;
}

/** Passes bytes on, counting and hashing them. */
async function* measuring(
  body: AsyncIterable<Uint8Array>,
  hash: Hash,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    hash.update(chunk);
    count(chunk.byteLength);
    yield chunk;
  }
}

async function writeMeasured(path: string, body: AsyncIterable<Uint8Array>): Promise<Measured> {
  const hash = createHash('sha256');
  let size = 0;
  const counted = measuring(body, hash, (bytes) => (size += bytes));
  await pump(Readable.from(counted), createWriteStream(path, { flags: 'wx', flush: true }));
  return { digest: `sha256-${hash.digest('hex')}`, size };
}

/** Writes the log as it is now; answers its fold. */
async function writeEvents(
  { events }: EngineContext,
  id: string,
  path: string,
): Promise<Measured & { readonly state: ProjectState }> {
  let state: ProjectState | null = null;
  const lines = async function* (): AsyncGenerator<Uint8Array> {
    for await (const stored of events.read(id)) {
      const event = archivedEvent(stored);
      state = applyEvent(state, upcast(event));
      yield Buffer.from(`${JSON.stringify(event)}\n`);
    }
  };
  const measured = await writeMeasured(path, lines());
  if (state === null) throw new ProjectNotFoundError({ projectId: id });
  return { ...measured, state };
}

/** Writes the bytes of an asset; `null` where the store has none. */
async function writeAsset({ assets }: EngineContext, digest: Digest, path: string): Promise<number | null> {
  try {
    const written = await writeMeasured(path, await assets.get(digest));
    if (written.digest !== digest) throw new AssetCorruptError({ digest, reason: 'its bytes have changed' });
    return written.size;
  } catch (error) {
    if (!(error instanceof AssetNotFoundError)) throw error;
    await rm(path, { force: true });
    return null;
  }
}

async function writeArchive(context: EngineContext, id: string, folder: string): Promise<ArchiveManifest> {
  await mkdir(join(folder, 'assets'), { recursive: true });
  const { state, ...events } = await writeEvents(context, id, join(folder, 'events.jsonl'));
  const assets: ArchivedAsset[] = [];
  const missing: Digest[] = [];
  for (const [digest, mediaType] of assetsOf(state)) {
    const size = await writeAsset(context, digest, join(folder, 'assets', digest));
    if (size === null) missing.push(digest);
    else assets.push({ digest, size, mediaType });
  }
  const manifest: ArchiveManifest = {
    archive: 'vidpipe',
    format: 1,
    projectId: id,
    seq: state.seq,
    prompt: state.settings.prompt,
    exportedAt: new Date(context.clock.now()).toISOString(),
    events,
    assets,
    missing,
    artifacts: archivedArtifacts(state),
  };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx', flush: true });
  return manifest;
}

/** Makes what was written to folders durable, where the system can. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Writes a project as it stands to a new folder, whole or not at all. Throws `ProjectNotFoundError`, `InvalidArchiveError` where something is at `path`, `AssetCorruptError`. */
export async function exportProject(context: EngineContext, id: string, path: string): Promise<ArchiveManifest> {
  const target = resolve(path);
  if (await lstat(target).catch(() => null))
    throw new InvalidArchiveError({ path, reason: 'something is there already; name a new folder' });
  const part = `${target}.${randomUUID().slice(0, 8)}.part`;
  try {
    const manifest = await writeArchive(context, id, part);
    for (const folder of [join(part, 'assets'), part]) await flushFolder(folder);
    await rename(part, target);
    await flushFolder(dirname(target));
    return manifest;
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}
