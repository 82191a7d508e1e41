import type { PoolFullError } from '../errors/index.ts';
import { plannedScenes } from '../project/changes.ts';
import type { EventBodies } from '../project/events.ts';
import type { PaidRecipe } from '../project/recipes.ts';
import type { KnownStep } from '../project/steps.ts';
import { knownStepAt, type ProjectState } from '../project/state.ts';
import type { HoldChange, MicroUsd } from '../spec/index.ts';
import { fitAsk } from '../stages/fit.ts';
import { askOf } from './ask.ts';
import type { EngineContext } from './context.ts';
import type { Decision, ProjectLog } from './log.ts';
import { pricedFor } from './request.ts';
import { readyStep, refOf } from './wanted.ts';

/** The pools that a project's calls draw on. */
function poolsOf(state: ProjectState): readonly string[] {
  const { account } = state.settings;
  return [`project/${state.id}`, ...(account === null ? [] : [`account/${account}`])];
}

/** Holds of a call, or what ends them. */
export function holdsFor(
  state: ProjectState,
  callId: string,
  kind: 'hold' | 'charge',
  amount: MicroUsd | null,
): HoldChange[] {
  return amount === null ? [] : poolsOf(state).map((pool) => ({ kind, pool, callId, amount }));
}

/** Ends the holds of a call at no cost. */
export function releases(state: ProjectState, callId: string): HoldChange[] {
  return poolsOf(state).map((pool) => ({ kind: 'release', pool, callId }));
}

/** Why no call was intended. */
export type Refusal =
  | { readonly why: 'unwanted' }
  | { readonly why: 'calls' }
  | { readonly why: 'unpriced' }
  | { readonly why: 'unapproved' }
  | { readonly why: 'full'; readonly error: PoolFullError };

/** A text, two stills and a clip per scene at most, each three times. */
function mostCalls(state: ProjectState): number {
  return state.settings.maxCalls ?? 3 * (1 + state.requests.size + 3 * plannedScenes(state));
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

/** Step 1 of a paid call: writes down that it is about to be made and holds its worst price. */
export async function intend(
  context: EngineContext,
  log: ProjectLog,
  intent: Intent,
): Promise<{ readonly callId: string } | Refusal> {
  const callId = `${log.projectId}.${context.newId()}`;
  let refusal: Refusal = { why: 'unwanted' };
  const decided = await log.decide((state): Decision | null => {
    refusal = { why: 'unwanted' };
    const step = state.stopRequested ? undefined : readyStep(state, intent.run, refOf(intent.step));
    if (step === undefined) return null;
    if (state.calls.size >= mostCalls(state)) return ((refusal = { why: 'calls' }), null);
    const body = intentBody(context, state, callId, { ...intent, step });
    if (body.price === null && state.settings.budget !== null) return ((refusal = { why: 'unpriced' }), null);
    if (isAboveApproved(state, body.price?.worst ?? 0)) return ((refusal = { why: 'unapproved' }), null);
    return {
      events: [{ type: 'call.intended', body }],
      holds: holdsFor(state, callId, 'hold', body.price?.worst ?? null),
    };
  });
  if (decided.outcome === 'appended') return { callId };
  return decided.outcome === 'full' ? { why: 'full', error: decided.error } : refusal;
}
