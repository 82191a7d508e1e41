import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { FfmpegMissingError, InvalidArchiveError, NewerFormatError } from '../errors/index.ts';
import { formatSchema, lineSchema, manifestSchema } from '../project/archive-schema.ts';
import type { ArchivedAsset, ArchiveManifest } from '../project/archive.ts';
import { assetsOf, passedOn } from '../project/bequest.ts';
import { applyEvent } from '../project/fold.ts';
import { upcast } from '../project/formats.ts';
import type { ProjectState } from '../project/state.ts';
import type { Digest, StoredEvent } from '../spec/index.ts';
import { asError } from './as-error.ts';
import { digestOf } from './spool.ts';

/** Far more than the log of a film of a thousand scenes. */
const MOST_TEXT = 512 * 1024 ** 2;
const MANIFEST = 'manifest.json';
const EVENTS = 'events.jsonl';

/** An archive that was checked. */
export interface OpenedArchive {
  readonly manifest: ArchiveManifest;
  readonly state: ProjectState;
  readonly path: string;
  readonly pathOf: (digest: Digest) => string;
}

function refuse(reason: string): never {
  throw new Error(reason);
}

/** Bytes of a plain file of a known size. */
async function sizeOf(path: string, called: string): Promise<number> {
  const found = await lstat(path);
  return found.isFile() ? found.size : refuse(`${called} is not a file`);
}

async function textOf(folder: string, name: string): Promise<Buffer> {
  const path = join(folder, name);
  const size = await sizeOf(path, name);
  if (size > MOST_TEXT) refuse(`${name} has ${size} bytes; ${MOST_TEXT} are allowed`);
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function parsed<T>(what: string, schema: z.ZodType, text: string): T {
  const result = schema.safeParse(JSON.parse(text));
  if (result.success) return result.data as T;
  const [issue] = result.error.issues;
  return refuse(`${what}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function* linesOf(bytes: Buffer): Generator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(10, from);
    if (end < 0) refuse(`${EVENTS} ends in the middle of a line`);
    yield decoder.decode(bytes.subarray(from, end));
    from = end + 1;
  }
}

function foldEvents(bytes: Buffer, { projectId, seq }: ArchiveManifest): ProjectState {
  let state: ProjectState | null = null;
  for (const line of linesOf(bytes)) {
    const event = parsed<StoredEvent>(`event ${(state?.seq ?? 0) + 1}`, lineSchema(), line);
    if (event.projectId !== projectId) refuse(`it holds an event of ${event.projectId}`);
    if (event.seq !== (state?.seq ?? 0) + 1) refuse(`event ${event.seq} follows ${state?.seq ?? 0}`);
    state = applyEvent(state, upcast(event));
  }
  if (state === null) return refuse('it has no events');
  return state.seq === seq ? state : refuse(`the manifest names event ${seq} as the last one, it is ${state.seq}`);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
  for await (const chunk of createReadStream(path, { flags } as never) as AsyncIterable<Buffer>) hash.update(chunk);
  return `sha256-${hash.digest('hex')}`;
}

async function checkNames(folder: string, allowed: ReadonlySet<string>, called: string): Promise<void> {
  if (!(await lstat(folder)).isDirectory()) refuse(`${called} is not a folder`);
  const names = new Set(await readdir(folder));
  const foreign = [...names].find((name) => !allowed.has(name));
  if (foreign !== undefined) refuse(`${called} holds ${JSON.stringify(foreign)}, which does not belong to it`);
  const lacking = [...allowed].find((name) => !names.has(name));
  if (lacking !== undefined) refuse(`${called} lacks ${lacking}`);
}

/** Every digest that the log needs is there, as it says, or named as missing, and nothing else. */
function checkLists({ assets, missing }: ArchiveManifest, state: ProjectState): void {
  const needed = assetsOf(state);
  const listed = new Set([...assets.map(({ digest }) => digest), ...missing]);
  if (listed.size !== assets.length + missing.length) refuse('the manifest lists bytes twice');
  const lacking = [...needed.keys()].find((digest) => !listed.has(digest));
  if (lacking !== undefined) refuse(`its log names ${lacking}, which it does not hold`);
  const foreign = [...listed].find((digest) => !needed.has(digest));
  if (foreign !== undefined) refuse(`it holds ${foreign}, which its log does not name`);
  const other = assets.find(({ digest, mediaType }) => needed.get(digest) !== mediaType);
  if (other !== undefined) refuse(`${other.digest} is ${needed.get(other.digest)} in its log, not ${other.mediaType}`);
  const sizes = new Map(assets.map(({ digest, size }) => [digest, size]));
  const wrong = passedOn(state).find(({ asset }) => (sizes.get(asset.digest) ?? asset.size) !== asset.size);
  if (wrong !== undefined) refuse(`${wrong.asset.digest} has ${wrong.asset.size} bytes in its log`);
}

async function checkAsset(folder: string, { digest, size }: ArchivedAsset): Promise<void> {
  const path = join(folder, 'assets', digest);
  const found = await sizeOf(path, digest);
  if (found !== size) refuse(`${digest} has ${found} bytes, not ${size}`);
  if ((await hashOf(path)) !== digest) refuse(`the bytes of ${digest} were changed`);
}

async function opened(folder: string): Promise<OpenedArchive> {
  await checkNames(folder, new Set([MANIFEST, EVENTS, 'assets']), 'it');
  const text = String(await textOf(folder, MANIFEST));
  const { format } = parsed<{ format: number }>(MANIFEST, formatSchema(), text);
  if (format > 1) throw new NewerFormatError({ what: `The archive ${folder}`, found: format, known: 1 });
  const manifest = parsed<ArchiveManifest>(MANIFEST, manifestSchema(), text);
  const events = await textOf(folder, EVENTS);
  if (events.byteLength !== manifest.events.size || digestOf(events) !== manifest.events.digest)
    refuse(`${EVENTS} is not the one that the manifest names`);
  const state = foldEvents(events, manifest);
  checkLists(manifest, state);
  await checkNames(join(folder, 'assets'), new Set(manifest.assets.map(({ digest }) => digest)), 'its folder assets');
  for (const asset of manifest.assets) await checkAsset(folder, asset);
  return { manifest, state, path: folder, pathOf: (digest) => join(folder, 'assets', digest) };
}

/** Work on an archive, where whatever goes wrong is the archive's. Throws `InvalidArchiveError`, `NewerFormatError`, `FfmpegMissingError`. */
export async function judging<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof NewerFormatError || cause instanceof FfmpegMissingError) throw cause;
    throw new InvalidArchiveError({ path, reason: asError(cause).message.slice(0, 500) }, { cause });
  }
}

/** Reads an archive and checks all of it: shapes, sizes, hashes, and that the log can be folded. Throws `InvalidArchiveError`, `NewerFormatError`. */
export function openArchive(path: string): Promise<OpenedArchive> {
  return judging(path, () => opened(resolve(path)));
}

/** Checks an archive that `Pipeline.export` has written, whole: every byte is hashed. Throws `InvalidArchiveError`, `NewerFormatError`. */
export async function verifyArchive(path: string): Promise<ArchiveManifest> {
  return (await openArchive(path)).manifest;
}
