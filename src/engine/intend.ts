import type { PoolFullError } from '../errors/index.ts';
import type { EventBodies } from '../project/events.ts';
import { plannedScenes } from '../project/imagine.ts';
import type { PaidRecipe } from '../project/recipes.ts';
import type { KnownStep } from '../project/steps.ts';
import { knownStepAt, type ProjectState } from '../project/state.ts';
import { fitAsk } from '../stages/fit.ts';
import { askOf } from './ask.ts';
import type { EngineContext } from './context.ts';
import type { Decision, ProjectLog } from './log.ts';
import { budgetWarnings, cappedPools, capsFor, holdsOn, poolsFor } from './pools.ts';
import { pricedFor } from './request.ts';
import { readyStep, refOf } from './wanted.ts';

/** Why no call was intended. */
export type Refusal =
  | { readonly why: 'unwanted' }
  | { readonly why: 'owed' }
  | { readonly why: 'calls' }
  | { readonly why: 'unpriced' }
  | { readonly why: 'unapproved' }
  | { readonly why: 'full'; readonly error: PoolFullError };

/** Whether no more calls may be made: in all, or without a limit of the user's, since the last change (a text, two stills and the takes of a clip per scene, each three times). */
function isAtLimit(state: ProjectState): boolean {
  const { maxCalls, takes } = state.settings;
  if (maxCalls !== null) return state.calls.size >= maxCalls;
  return state.calls.size - state.callsBefore >= 3 * (1 + state.requests.size + (2 + takes) * plannedScenes(state));
}

/** A call that is about to be made, perhaps in place of one that was given up. */
export interface Intent {
  readonly run: string;
  readonly step: KnownStep;
  readonly recipe: PaidRecipe;
  readonly replaces: string | null;
}

function intentBody(
  context: EngineContext,
  state: ProjectState,
  callId: string,
  { run, step, recipe, replaces }: Intent,
): EventBodies['call.intended'] {
  const { model } = recipe;
  const usable = context.model(model);
  const ask = fitAsk(askOf(state, step, recipe), usable.entry);
  const priced = pricedFor(ask, usable, new Date(context.clock.now()).toISOString());
  const { submitWithinMs, requestDeadlineMs } = usable.entry.times;
  return {
    stepId: step.id,
    fingerprint: step.fingerprint,
    ordinal: step.ordinal,
    callId,
    run,
    owner: context.owner,
    model,
    kind: ask.kind,
    attempt: knownStepAt(state, step.id, step.fingerprint)?.calls.length ?? 0,
    remedy: 'remedy' in recipe ? recipe.remedy : null,
    request: { ...ask },
    priced,
    price: context.costs.quote(priced),
    pools: poolsFor(context, state),
    submitWithinMs,
    requestDeadlineMs,
    replaces,
  };
}

/** Whether a call could spend more than the plan last approved costs at most. */
function isAboveApproved({ settings, ceiling, ledger }: ProjectState, worst: number): boolean {
  const spent = ledger.charged + ledger.held + ledger.unknown;
  return settings.gates.includes('plan') && ceiling !== null && spent + worst > ceiling;
}

/** Tells of pools that are spent to a share of their caps. */
async function warnOfBudgets(context: EngineContext, log: ProjectLog): Promise<void> {
  const pools = await cappedPools(context, log.state);
  await log.decide((state) => ({ events: pools.flatMap((pool) => budgetWarnings(state, pool)) }));
}

/** Step 1 of a paid call: writes down that it is about to be made and holds its worst price. */
export async function intend(
  context: EngineContext,
  log: ProjectLog,
  intent: Intent,
): Promise<{ readonly callId: string } | Refusal> {
  const callId = `${log.projectId}.${context.newId()}`;
  const capped = (await cappedPools(context, log.state)).length > 0;
  let refusal: Refusal = { why: 'unwanted' };
  const decided = await log.decide((state): Decision | null => {
    refusal = { why: 'unwanted' };
    const step = state.stopRequested ? undefined : readyStep(state, intent.run, refOf(intent.step));
    if (step === undefined) return null;
    if (log.owed.isAny) return ((refusal = { why: 'owed' }), null);
    if (isAtLimit(state)) return ((refusal = { why: 'calls' }), null);
    const body = intentBody(context, state, callId, { ...intent, step });
    if (body.price === null && capped) return ((refusal = { why: 'unpriced' }), null);
    if (isAboveApproved(state, body.price?.worst ?? 0)) return ((refusal = { why: 'unapproved' }), null);
    const holds = holdsOn(poolsFor(context, state), callId, body.price?.worst ?? null);
    return { events: [{ type: 'call.intended', body }], holds: [...capsFor(context, state), ...holds] };
  });
  if (decided.outcome === 'appended') {
    if (capped) await warnOfBudgets(context, log);
    return { callId };
  }
  return decided.outcome === 'full' ? { why: 'full', error: decided.error } : refusal;
}
