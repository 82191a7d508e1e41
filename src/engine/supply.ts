import { AssetStoreError, InvalidChangeError, MediaToolError } from '../errors/index.ts';
import type { Changes } from '../project/changes/types.ts';
import type { MadeAsset } from '../project/events.ts';
import { type Part, stepIdOf } from '../project/held.ts';
import type { ProjectState } from '../project/state.ts';
import { asError } from './as-error.ts';
import type { EngineContext } from './context.ts';
import { verdictOn } from './inspect.ts';
import { factsOf, intake } from './intake.ts';
import { bytesFrom } from './references.ts';
import type { Spooled } from './spool.ts';

/** Supplied bytes in the work folder, known to be what they are given for. */
export interface OpenedMedia {
  readonly sceneId: string;
  readonly stepId: string;
  readonly spooled: Spooled;
  readonly kind: 'image' | 'video';
  /** What the log would have of them, before they are fitted and stored. */
  readonly made: MadeAsset;
}

/** Far more than any clip that is given. */
const MOST_BYTES = 4 * 1024 ** 3;

async function open(context: EngineContext, sceneId: string, part: Part, media: unknown): Promise<OpenedMedia> {
  let spooled: Spooled | null = null;
  try {
    spooled = await context.spool.write(await bytesFrom(media as string, MOST_BYTES));
    const probe = await context.media.probe(spooled.path);
    const kind = part === 'clip' ? 'video' : 'image';
    if (probe.kind !== kind) throw new Error(`it is ${probe.mediaType}`);
    const { digest, size } = spooled;
    return {
      sceneId,
      stepId: stepIdOf(sceneId, part),
      spooled,
      kind,
      made: { asset: { digest, size, ...factsOf(probe) } },
    };
  } catch (cause) {
    if (spooled !== null) await context.spool.remove(spooled.path);
    if (cause instanceof AssetStoreError || cause instanceof MediaToolError) throw cause;
    const reason = asError(cause).message;
    const wanted = part === 'clip' ? 'a video' : 'a picture (PNG, JPEG or WebP)';
    throw new InvalidChangeError(
      { issues: [`supply.${sceneId}.${part}: it can not be read as ${wanted}: ${reason}`] },
      { cause },
    );
  }
}

/** Removes what was opened and is not stored. */
export async function discard({ spool }: EngineContext, opened: readonly OpenedMedia[]): Promise<void> {
  await Promise.all(opened.map(({ spooled }) => spool.remove(spooled.path)));
}

/** Brings supplied frames and clips into the work folder and looks at them; all, or none. Throws `InvalidChangeError`, `AssetStoreError`, `MediaToolError`. */
export async function openSupplied(context: EngineContext, { supply = {} }: Changes): Promise<readonly OpenedMedia[]> {
  const wanted = Object.entries(supply).flatMap(([sceneId, media]) =>
    Object.entries(media).flatMap(([part, given]) =>
      given === undefined ? [] : [{ sceneId, part: part as Part, given }],
    ),
  );
  const tries = await Promise.allSettled(wanted.map(({ sceneId, part, given }) => open(context, sceneId, part, given)));
  const opened = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const errors = tries.flatMap((each) => (each.status === 'rejected' ? [asError(each.reason)] : []));
  const [first] = errors;
  if (first === undefined) return opened;
  await discard(context, opened);
  const issues = errors.flatMap((error) =>
    error instanceof InvalidChangeError ? (error.details['issues'] as string[]) : [],
  );
  throw (
    errors.find((error) => !(error instanceof InvalidChangeError)) ??
    new InvalidChangeError({ issues }, { cause: first })
  );
}

/** The hook's look at bytes of the user's own: nothing is bought in their place, they are refused. Throws `InvalidChangeError`. */
async function assertTaken(
  context: EngineContext,
  projectId: string,
  { sceneId, stepId, kind }: OpenedMedia,
  { asset }: MadeAsset,
): Promise<void> {
  if (context.inspect === undefined) return;
  const about = {
    projectId,
    stepId,
    sceneId,
    kind: kind === 'image' ? ('still' as const) : ('clip' as const),
    seconds: null,
    audio: false,
  };
  const verdict = await verdictOn(context, asset, about, context.closing.signal);
  if (verdict.kind !== 'ok') throw new Error(`inspect did not take it: ${verdict.reasons.join(' ')}`);
}

/** Stores what was opened, pictures in the size of the film, and has it inspected. Throws `AssetStoreError`, `InvalidChangeError` for bytes that can not be decoded or were not taken. */
export async function storeSupplied(
  context: EngineContext,
  opened: readonly OpenedMedia[],
  { id, film: { width, height } }: Pick<ProjectState, 'id' | 'film'>,
): Promise<ReadonlyMap<string, MadeAsset>> {
  const stored = new Map<string, MadeAsset>();
  try {
    for (const media of opened) {
      const { stepId, spooled, kind } = media;
      const made = await intake(context, spooled, kind === 'image' ? { kind, size: { width, height } } : { kind });
      await assertTaken(context, id, media, made);
      stored.set(stepId, made);
    }
  } catch (cause) {
    if (cause instanceof AssetStoreError || cause instanceof MediaToolError) throw cause;
    throw new InvalidChangeError({ issues: [`supply: ${asError(cause).message}`] }, { cause });
  } finally {
    await discard(context, opened);
  }
  return stored;
}
