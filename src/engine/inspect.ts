import { InspectionFailedError } from '../errors/index.ts';
import type { EventDraft } from '../project/events.ts';
import type { PaidRecipe } from '../project/recipes.ts';
import type { Artifact } from '../project/state.ts';
import type { KnownStep } from '../project/steps.ts';
import type { Asset, Inspect, InspectContext, Verdict } from '../spec/index.ts';
import { asError } from './as-error.ts';
import type { EngineContext } from './context.ts';
import { localFile } from './intake.ts';
import type { ProjectLog } from './log.ts';
import { POLICY } from './policy.ts';
import { retrying } from './retry.ts';
import { withinTime } from './within-time.ts';

/** Refusals whose reasons pass this are cut: the log is no place for essays. */
const MOST_REASONS = 20;
const LONGEST_REASON = 2000;

const NO_VERDICT = "expected 'ok', { retake: true, reasons } or { blocked: true, reasons }";

/** A verdict in the words of the log. Throws for anything else. */
function readVerdict(verdict: unknown): {
  readonly kind: 'ok' | 'retake' | 'blocked';
  reasons: string[];
  codes: string[];
} {
  if (verdict === 'ok') return { kind: 'ok', reasons: [], codes: [] };
  const { retake, blocked, reasons, codes = [] } = (verdict ?? {}) as Record<string, unknown>;
  const texts = (list: unknown): string[] => {
    if (!Array.isArray(list) || !list.every((each) => typeof each === 'string')) throw new TypeError(NO_VERDICT);
    return list.slice(0, MOST_REASONS).map((text: string) => text.slice(0, LONGEST_REASON).toWellFormed());
  };
  if ((retake === true) === (blocked === true)) throw new TypeError(NO_VERDICT);
  const told = { reasons: texts(reasons), codes: texts(codes) };
  if (told.reasons.length === 0) throw new TypeError(`${NO_VERDICT}, with a reason at least`);
  return { kind: blocked === true ? 'blocked' : 'retake', ...told };
}

/** One question to the hook, within its time. */
async function ask(
  { clock, inspectTimeoutMs }: EngineContext,
  inspect: Inspect,
  asset: Asset,
  given: Omit<InspectContext, 'signal'>,
  stopped: AbortSignal,
): Promise<ReturnType<typeof readVerdict>> {
  const look = (signal: AbortSignal): Verdict | Promise<Verdict> => inspect(asset, { ...given, signal });
  return readVerdict(await withinTime(clock, inspectTimeoutMs, stopped, look));
}

/** What the hook says of an asset in the store. Throws `InspectionFailedError` when it gives no verdict again and again, and what reading the bytes throws. */
export async function verdictOn(
  context: EngineContext,
  asset: Asset,
  about: Omit<InspectContext, 'signal' | 'path'>,
  signal: AbortSignal,
): Promise<ReturnType<typeof readVerdict>> {
  const { inspect = () => Promise.reject(new Error('this process has no inspect hook')) } = context;
  const { digest } = asset;
  const file = await localFile(context, digest);
  try {
    return await retrying(() => ask(context, inspect, asset, { ...about, path: file.path }, signal), {
      ...context,
      tries: POLICY.inspectTries,
      signal,
      isRetryable: () => true,
    });
  } catch (cause) {
    throw new InspectionFailedError({ stepId: about.stepId, digest, reason: asError(cause).message }, { cause });
  } finally {
    await file.dispose();
  }
}

/** Has the hook look at a take, and records what it says as a fact: it is asked once for the same bytes at the same step, except where a process dies before that is durable. Throws as `verdictOn`. */
export async function inspectTake(
  context: EngineContext,
  log: ProjectLog,
  { step, recipe, take }: { readonly step: KnownStep; readonly recipe: PaidRecipe; readonly take: Artifact },
  signal: AbortSignal,
): Promise<void> {
  const { asset } = take;
  const { id: stepId, sceneId } = step;
  const clip = recipe.recipe === 'clip/1' ? recipe : null;
  const about = {
    projectId: log.projectId,
    stepId,
    sceneId: sceneId ?? '',
    kind: clip === null ? ('still' as const) : ('clip' as const),
    seconds: clip?.seconds ?? null,
    audio: clip?.audio ?? false,
  };
  const { kind, ...said } = await verdictOn(context, asset, about, signal);
  const body = { stepId, digest: asset.digest, ...said };
  const fact: EventDraft =
    kind === 'blocked'
      ? { type: 'artifact.blocked', body: { ...body, by: 'inspect' } }
      : { type: 'artifact.inspected', body: { ...body, verdict: kind } };
  await log.fact(`${log.projectId}/${stepId}/${asset.digest}`, fact);
}
