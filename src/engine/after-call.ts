import type { PaidRecipe } from '../project/recipes.ts';
import type { KnownStep } from '../project/steps.ts';
import type { CallRecord, ProjectState } from '../project/state.ts';
import { isOutage } from './breakers.ts';
import type { EngineContext } from './context.ts';
import { endStep } from './end-step.ts';
import { giveWay, type StepEnd } from './give-way.ts';
import type { ProjectLog } from './log.ts';
import { backoff } from './retry.ts';
import type { StepRun } from './step-run.ts';

/** Failures after which the same request may be sent again at once: nothing was under way, or the model's pause is waited for anyway. */
const AT_ONCE = ['not-found', 'never-sent', 'rate-limited'];
const PASSING = [...AT_ONCE, 'transient', 'empty', 'bad-output', 'lost', 'unknown-outcome'];

/** Why a call brought nothing; `null` for one that did, or that the user has answered. What is resubmitted in a run is a failure as any other: it waits, and ends. */
function faultOf({
  settled,
  rejected,
  resolved,
  unknownReason,
}: CallRecord): { readonly kind: string; readonly message: string } | null {
  if (settled === null && resolved === 'resubmit')
    return { kind: 'unknown-outcome', message: unknownReason ?? 'nobody can tell what became of it' };
  if (rejected !== null) return { kind: rejected.kind, message: rejected.reason };
  return settled === null ? null : settled.failure;
}

/** Failures of a step in this run before its recipe changed: a remedy brings no new tries, another model does. */
function earlierFaults({ steps }: ProjectState, run: string, { id, fingerprint }: KnownStep, model: string): number {
  const before = [...(steps.get(id) ?? [])].flatMap(([known, { calls }]) => (known === fingerprint ? [] : calls));
  return before.filter(
    (call) => call.intended.body.run === run && call.intended.body.model === model && faultOf(call) !== null,
  ).length;
}

/** What a step fails with; a key that is not taken is no outage, and its owner alone can mend it. */
function endOf(kind: string, message: string, model: string): StepEnd {
  if (kind === 'auth')
    return { code: kind, message: `${message} Mend the key that ${model} is asked with, then run again.` };
  return kind === 'retired'
    ? { code: 'model-retired', message: `${model} is retired: ${message}` }
    : { code: kind, message };
}

/** What the end of the last of the tries that were `seen` means: the step is bought anew, after a wait, gives way to another model, or ends in this run. */
export async function afterCall(
  context: EngineContext,
  log: ProjectLog,
  stepRun: StepRun,
  { step, recipe }: { readonly step: KnownStep; readonly recipe: PaidRecipe },
  call: CallRecord,
  seen: number,
): Promise<'again' | 'rest'> {
  const fault = faultOf(call);
  if (fault === null) return 'again';
  const { kind, message } = fault;
  const { model } = call.intended.body;
  const { run } = stepRun.task;
  const tries = seen + earlierFaults(log.state, run, step, model);
  const end = endOf(kind, message, model);
  if (PASSING.includes(kind) && tries < context.retry.tries) {
    if (!AT_ONCE.includes(kind)) await context.clock.sleep(backoff(context, tries), stepRun.ending);
    return 'again';
  }
  const isSilence = kind === 'unknown-outcome' && call.handle === null;
  if (!isOutage(kind) && !isSilence)
    return endStep(log, run, step, (ref) => ({ type: 'step.failed', body: { ...ref, run, ...end } }));
  const barred = context.breakers.barred(model);
  const usedUp = { reason: kind === 'rate-limited' ? kind : ('failing' as const), retryAt: context.breakers.later() };
  return giveWay(context, log, stepRun, { step, recipe }, barred ?? usedUp, end);
}
