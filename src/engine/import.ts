import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { InvalidArchiveError } from '../errors/index.ts';
import type { ArchivedAsset } from '../project/archive.ts';
import { firstBatchSchema } from '../project/archive-schema.ts';
import { bequest } from '../project/bequest.ts';
import type { EventDraft } from '../project/events.ts';
import { planSteps } from '../project/graph.ts';
import type { EngineContext } from './context.ts';
import { appendFirst, foldFirst } from './first-batch.ts';
import { store } from './intake.ts';
import { judging, openArchive, type OpenedArchive } from './open-archive.ts';

/** Options of `Pipeline.import`. */
export interface ImportOptions {
  /** Account that the project draws on from now on; `null` for none. @default that of the archive */
  readonly account?: string | null;
}

/** The first batch of the project that an archive becomes. Throws for anything in it that no project of this version has. */
function draftsOf(
  { state, manifest }: OpenedArchive,
  { account = state.settings.account }: ImportOptions,
): EventDraft[] {
  const held = new Set(manifest.assets.map(({ digest }) => digest));
  const settings = { ...state.settings, account };
  const drafts = bequest({ ...state, settings }, { openCalls: 'buy', has: (digest) => held.has(digest) });
  const { error } = firstBatchSchema().safeParse(drafts);
  const [issue] = error?.issues ?? [];
  if (issue !== undefined) throw new Error(`${issue.path.join('.')}: ${issue.message}`);
  return drafts;
}

/** Pictures and clips must be what they are said to be, and can be decoded. */
async function checkMedia({ media }: EngineContext, path: string, { digest, mediaType }: ArchivedAsset): Promise<void> {
  if (mediaType === 'application/json') return;
  const probe = await media.probe(path);
  if (probe.mediaType !== mediaType) throw new Error(`${digest} is ${probe.mediaType}, not ${mediaType}`);
  await media.verify(path);
}

/** Takes bytes over that are hashed once more on the way: the archive may change while it is read. */
async function takeOver(context: EngineContext, archive: OpenedArchive, asset: ArchivedAsset): Promise<void> {
  const { digest, mediaType } = asset;
  const body = createReadStream(archive.pathOf(digest));
  const spooled = await context.spool.write(Readable.toWeb(body) as ReadableStream<Uint8Array>);
  try {
    if (spooled.digest !== digest)
      throw new InvalidArchiveError({ path: archive.path, reason: `the bytes of ${digest} were changed meanwhile` });
    await store(context, spooled, { mediaType });
  } finally {
    await context.spool.remove(spooled.path);
  }
}

/** Makes a new project of an archive; answers its id. Everything is checked before anything is stored. Throws `InvalidArchiveError`, `NewerFormatError`, `AssetStoreError`. */
export async function importArchive(context: EngineContext, path: string, options: ImportOptions): Promise<string> {
  await context.media.preflight();
  const archive = await openArchive(path);
  const { assets } = archive.manifest;
  const drafts = await judging(path, () => draftsOf(archive, options));
  const id = context.newId();
  await judging(path, () => planSteps(foldFirst(context, id, drafts)));
  for (const asset of assets) await judging(path, () => checkMedia(context, archive.pathOf(asset.digest), asset));
  for (const asset of assets) await takeOver(context, archive, asset);
  await appendFirst(context, id, drafts);
  return id;
}
