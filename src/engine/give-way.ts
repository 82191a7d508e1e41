import { isVidpipeError } from '../errors/index.ts';
import { isRetired, retiredText } from '../project/choose-models.ts';
import { laterModels } from '../project/model-lists.ts';
import type { PaidRecipe } from '../project/recipes.ts';
import type { KnownStep } from '../project/steps.ts';
import type { ProjectState } from '../project/state.ts';
import type { ModelId } from '../spec/index.ts';
import type { Barred } from './breakers.ts';
import type { EngineContext } from './context.ts';
import { endStep } from './end-step.ts';
import type { ProjectLog } from './log.ts';
import type { StepRun } from './step-run.ts';
import { quoteOf } from './step-cost.ts';
import { readyStep, refOf } from './wanted.ts';

/** Why a step fails. */
export interface StepEnd {
  readonly code: string;
  readonly message: string;
}

/** Why a model can not be asked any more, here or anywhere; `null` while it can. */
export function retirement(context: EngineContext, model: ModelId): StepEnd | null {
  try {
    const { entry } = context.model(model);
    const retired = isRetired(entry, new Date(context.clock.now()).toISOString());
    return retired ? { code: 'model-retired', message: retiredText(model, entry) } : null;
  } catch (error) {
    if (!isVidpipeError(error)) throw error;
    return { code: error.code, message: error.message };
  }
}

/** For ever. */
export const RETIRED: Barred = { reason: 'retired', retryAt: null };

/** What a step fails with whose provider has told that the model is retired. */
export function toldRetired(model: ModelId): StepEnd {
  return { code: 'model-retired', message: `${model} is retired, its provider says` };
}

/** Whether a model down the list can be asked for a step now; under a budget only one with a price can. */
function canStandIn(context: EngineContext, state: ProjectState, step: KnownStep, recipe: PaidRecipe): boolean {
  const { model } = recipe;
  if (retirement(context, model) !== null || context.breakers.barred(model) !== null) return false;
  return state.settings.budget === null || quoteOf(context, state, step, recipe) !== null;
}

/** When the first of some models may be asked again, milliseconds since 1970; `null` for none. */
function soonest({ breakers }: EngineContext, models: readonly ModelId[], own: number | null): number | null {
  const times = [own, ...models.map((model) => breakers.barred(model)?.retryAt ?? null)];
  const known = times.filter((at) => at !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/**
 * A step whose model can not be asked: it moves to the next one of its list that can do it and is asked. With none it waits for the provider; where its
 * model will never be asked again, it fails as `end` says.
 */
export async function giveWay(
  context: EngineContext,
  log: ProjectLog,
  { task: { run }, waits }: StepRun,
  { step, recipe }: { readonly step: KnownStep; readonly recipe: PaidRecipe },
  { reason, retryAt }: Barred,
  end: StepEnd,
): Promise<'rest'> {
  const { id, fingerprint } = step;
  const from = recipe.model;
  const later = laterModels(log.state, id, from);
  const move = { run, stepId: id, forFingerprint: fingerprint, from, reason };
  let wanted = false;
  const { outcome } = await log.decide((state) => {
    const now = readyStep(state, run, refOf(step));
    wanted = now !== undefined;
    const to = now && later.find((model) => canStandIn(context, state, now, { ...recipe, model }));
    return to === undefined ? null : { events: [{ type: 'model.replaced', body: { ...move, to } }] };
  });
  if (outcome === 'appended' || !wanted) return 'rest';
  const at = soonest(context, later, retryAt);
  if (at === null) return endStep(log, run, step, (ref) => ({ type: 'step.failed', body: { ...ref, run, ...end } }));
  waits({ reason: 'provider', model: from, retryAt: new Date(at).toISOString() });
  return 'rest';
}
