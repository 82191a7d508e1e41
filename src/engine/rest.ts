import type { EventBodies, StoppedOperation, Waiting } from '../project/events.ts';
import { planSteps } from '../project/graph.ts';
import type { Step } from '../project/steps.ts';
import { knownStepAt, openCalls, type ProjectState } from '../project/state.ts';

type Ended = EventBodies['run.ended'];

const GIVEN_UP = { code: 'unknown-outcome', message: 'its call was given up; answer it anew with Pipeline.resolve()' };

function faultOf(state: ProjectState, steps: readonly Step[]): Ended['error'] | null {
  const bad = steps.find(({ status }) => status === 'failed' || status === 'refused');
  if (bad === undefined) return null;
  const at = knownStepAt(state, bad.id, bad.fingerprint ?? '');
  const fault = bad.status === 'refused' ? at?.refused : (at?.failed ?? GIVEN_UP);
  return { code: fault?.code ?? bad.status, message: `${bad.id}: ${fault?.message ?? bad.status}` };
}

/** How a run ends that has nothing left to do: pure. `waits` holds what its steps are waiting for. */
export function restOf(
  state: ProjectState,
  run: string,
  waits: readonly Waiting[],
  operations: readonly StoppedOperation[],
): Ended {
  if (state.stopRequested) return { run, status: 'stopped', operations };
  const steps = planSteps(state);
  if (steps.every(({ status }) => status === 'completed')) return { run, status: 'completed' };
  const unknown = openCalls(state).flatMap((call) => (call.state === 'unknown' ? [call.intended.body.callId] : []));
  const waiting: Waiting | undefined = unknown.length > 0 ? { reason: 'unknown-charge', calls: unknown } : waits[0];
  if (waiting !== undefined) return { run, status: 'waiting', waiting };
  const error = faultOf(state, steps) ?? { code: 'stuck', message: 'no step can go on' };
  return { run, status: 'failed', error };
}
