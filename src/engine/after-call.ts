import type { KnownStep } from '../project/steps.ts';
import type { CallRecord, ProjectState } from '../project/state.ts';
import type { EngineContext } from './context.ts';
import { endStep } from './end-step.ts';
import type { ProjectLog } from './log.ts';
import { backoff } from './retry.ts';

/** How often a step may be bought anew after failures that may pass. */
export const STEP_TRIES = 4;

/** Failures after which the same request may be sent again at once: nothing was under way. */
const AT_ONCE = ['not-found', 'never-sent'];
const PASSING = [...AT_ONCE, 'transient', 'rate-limited', 'empty', 'bad-output', 'lost', 'unknown-outcome'];

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

/** Failures of a step in this run before its recipe changed: a remedy brings no new tries. */
function earlierFaults({ steps }: ProjectState, run: string, { id, fingerprint }: KnownStep): number {
  const before = [...(steps.get(id) ?? [])].flatMap(([known, { calls }]) => (known === fingerprint ? [] : calls));
  return before.filter((call) => call.intended.body.run === run && faultOf(call) !== null).length;
}

/** What the end of the last of the tries that were `seen` means: it is bought anew, after a wait, or ends in this run. */
export async function afterCall(
  context: EngineContext,
  log: ProjectLog,
  { run, signal }: { readonly run: string; readonly signal: AbortSignal },
  step: KnownStep,
  call: CallRecord,
  seen: number,
): Promise<'again' | 'rest'> {
  const fault = faultOf(call);
  if (fault === null) return 'again';
  const tries = seen + earlierFaults(log.state, run, step);
  const { kind, message } = fault;
  if (!PASSING.includes(kind) || tries >= STEP_TRIES)
    return endStep(log, run, step, (ref) => ({ type: 'step.failed', body: { ...ref, run, code: kind, message } }));
  if (!AT_ONCE.includes(kind)) await context.clock.sleep(backoff(context, tries), signal);
  return 'again';
}
