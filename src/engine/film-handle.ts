import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline as pump } from 'node:stream/promises';
import { AssetBlockedError } from '../errors/index.ts';
import { isBlocked } from '../project/bars.ts';
import type { EngineContext } from './context.ts';
import { localFile } from './intake.ts';
import type { ProjectLog } from './log.ts';
import { itemAt } from '../project/item-at.ts';
import type { ProjectView } from '../project/project.ts';
import type { Asset } from '../spec/index.ts';

/** A finished film: facts, and its bytes on demand. Each function throws `AssetBlockedError` once the film, a clip of it or a frame of those is blocked. */
export interface FilmHandle {
  readonly asset: Asset;
  /** Length in seconds, probed. */
  readonly seconds: number;
  /** Writes the MP4 to `path`, whole or not at all. */
  saveTo(path: string): Promise<void>;
  /** The bytes of the MP4. */
  stream(): Promise<ReadableStream<Uint8Array>>;
  /** Writes a JPEG of a representative frame. */
  savePoster(path: string): Promise<void>;
  /** Writes a JPEG with one frame per scene. */
  saveContactSheet(path: string): Promise<void>;
}

async function saveAsset(context: EngineContext, asset: Asset, path: string): Promise<void> {
  const target = resolve(path);
  const temp = `${target}.${process.pid}.part`;
  await mkdir(dirname(target), { recursive: true });
  try {
    await pump(
      Readable.fromWeb((await context.assets.get(asset.digest)) as never),
      createWriteStream(temp, { flush: true }),
    );
    await rename(temp, target);
  } finally {
    await rm(temp, { force: true });
  }
}

async function withFiles(
  context: EngineContext,
  assets: readonly Asset[],
  use: (paths: string[]) => Promise<void>,
): Promise<void> {
  const files = await Promise.all(assets.map(({ digest }) => localFile(context, digest)));
  try {
    await use(files.map(({ path }) => path));
  } finally {
    await Promise.all(files.map((file) => file.dispose()));
  }
}

/** Throws `AssetBlockedError` where one of them is blocked by now. A closed pipeline goes by what it last read. */
async function assertServable(context: EngineContext, log: ProjectLog, assets: readonly Asset[]): Promise<void> {
  const state = context.closing.signal.aborted ? log.state : await log.refresh();
  const blocked = assets.find(({ digest }) => isBlocked(state, digest));
  if (blocked === undefined) return;
  const { digest } = blocked;
  throw new AssetBlockedError({ projectId: state.id, digest, reasons: state.bars.blocked.get(digest)?.reasons ?? [] });
}

/** The handle of a project's film; `undefined` while there is none. */
export function filmOf(
  context: EngineContext,
  log: ProjectLog,
  { filmAsset, scenes }: ProjectView,
): FilmHandle | undefined {
  if (filmAsset === null) return undefined;
  const used = scenes.filter(({ skipped }) => !skipped);
  const clips = used.flatMap(({ clip }) => clip ?? []);
  const shown = [filmAsset, ...clips, ...used.flatMap(({ start, end }) => [start ?? [], end ?? []].flat())];
  const serving = async <T>(serve: () => Promise<T>): Promise<T> => {
    await assertServable(context, log, shown);
    return serve();
  };
  return {
    asset: filmAsset,
    seconds: filmAsset.seconds ?? 0,
    saveTo: (path) => serving(() => saveAsset(context, filmAsset, path)),
    stream: () => serving(() => context.assets.get(filmAsset.digest)),
    savePoster: (path) =>
      serving(() => withFiles(context, [filmAsset], (paths) => context.media.poster(itemAt(paths, 0), resolve(path)))),
    saveContactSheet: (path) =>
      serving(() => withFiles(context, clips, (paths) => context.media.contactSheet(paths, resolve(path)))),
  };
}
