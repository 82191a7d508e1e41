import { usable } from '../project/blocks.ts';
import { unscored } from '../project/candidates.ts';
import { provenanceOf } from '../project/provenance.ts';
import type { PaidRecipe } from '../project/recipes.ts';
import { type Artifact, knownStepAt, type ProjectState } from '../project/state.ts';
import type { KnownStep } from '../project/steps.ts';
import { hideSecrets } from '../provider-kit/index.ts';
import type { ScoreContext } from '../spec/index.ts';
import { asError } from './as-error.ts';
import type { EngineContext } from './context.ts';
import { localFile } from './intake.ts';
import type { ProjectLog } from './log.ts';
import { refOf } from './wanted.ts';
import { withinTime } from './within-time.ts';

/** The next candidate of a step that has to be scored: none as long as others are still to come. */
export function toScore(state: ProjectState, step: KnownStep): Artifact | undefined {
  if (step.owed > 0) return undefined;
  return unscored(state, step.id, usable(state, step.kind, knownStepAt(state, step.id, step.fingerprint)));
}

/** One question to the hook, within its time. Throws for what is no score. */
async function ask(
  { clock, score, scoreTimeoutMs }: EngineContext,
  { asset }: Artifact,
  about: Omit<ScoreContext, 'signal'>,
  stopped: AbortSignal,
): Promise<number | null> {
  if (score === undefined) throw new Error('this process has no score hook');
  const said: unknown = await withinTime(clock, scoreTimeoutMs, stopped, (signal) =>
    score(asset, { ...about, signal }),
  );
  if (said === null || (typeof said === 'number' && Number.isFinite(said))) return said;
  throw new TypeError(`expected a finite number or null, got ${typeof said === 'number' ? said : typeof said}`);
}

/** Asks how good a candidate is, once, and records it as a fact; one that the hook throws for has no score. Throws what reading the bytes throws. */
export async function scoreTake(
  context: EngineContext,
  log: ProjectLog,
  { step, recipe, take }: { readonly step: KnownStep; readonly recipe: PaidRecipe; readonly take: Artifact },
  stopped: AbortSignal,
): Promise<void> {
  const { projectId } = log;
  const { digest } = take.asset;
  const { seconds, audio } = recipe.recipe === 'clip/1' ? recipe : { seconds: 0, audio: false };
  const asked = provenanceOf(log.state, take).request?.['prompt'];
  const prompt = typeof asked === 'string' ? asked : '';
  const file = await localFile(context, digest);
  let [score, error]: [number | null, string | null] = [null, null];
  try {
    const about = { projectId, stepId: step.id, sceneId: step.sceneId ?? '', path: file.path, seconds, audio, prompt };
    score = await ask(context, take, about, stopped);
  } catch (thrown) {
    if (stopped.aborted) throw thrown;
    error = hideSecrets(asError(thrown).message).slice(0, 2000).toWellFormed();
    context.logger.warn({ projectId, stepId: step.id, digest, error }, 'a take could not be scored');
  } finally {
    await file.dispose();
  }
  const ref = { ...refOf(step), ordinal: take.ordinal };
  await log.fact(`${projectId}/${step.id}/${step.fingerprint}/${take.ordinal}/${digest}`, {
    type: 'artifact.scored',
    body: { ...ref, digest, score, error },
  });
}
