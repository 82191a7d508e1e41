import { awaitedCalls } from '../project/awaited.ts';
import type { EventBodies, EventDraft, StoppedOperation, Waiting } from '../project/events.ts';
import { gateReached } from '../project/gates.ts';
import { planSteps } from '../project/graph.ts';
import type { GateName } from '../project/kinds.ts';
import type { KnownStep, Step } from '../project/steps.ts';
import { openCalls, stepAt, type ProjectState } from '../project/state.ts';
import { isUnsuccessful, STATUS, STEP } from '../project/status.ts';

type Ended = EventBodies['run.ended'];

const GIVEN_UP = { code: 'unknown-outcome', message: 'its call was given up; answer it anew with Pipeline.resolve()' };

/** Nothing can go on, and no step says why: a call is open that nobody here can ask for. */
function stuck(state: ProjectState): NonNullable<Ended['error']> {
  const open = openCalls(state).map(({ intended: { body } }) => `${body.callId} of ${body.model} is still open`);
  return { code: 'stuck', message: ['no step can go on', ...open].join('; ') };
}

/** A step that was given up may have failed in an earlier run: that is not why it rests now. */
function faultOf(state: ProjectState, steps: readonly Step[], run: string): NonNullable<Ended['error']> {
  const bad = steps.find((step): step is KnownStep => isUnsuccessful(step.status));
  if (bad === undefined) return stuck(state);
  const { failed, refused } = stepAt(state, bad.id, bad.fingerprint);
  const fault = failed?.run === run ? failed : null;
  const { code, message } = (bad.status === STEP.refused ? refused : fault) ?? GIVEN_UP;
  return { code, message: `${bad.id}: ${message}` };
}

/** What is (still) waited for: a deadline before all, overdue calls together and after what somebody can do something about. */
function waitOf(state: ProjectState, waits: readonly Waiting[], unknown: readonly string[]): Waiting | undefined {
  const deadline = waits.find(({ reason }) => reason === 'deadline');
  if (deadline !== undefined) return deadline;
  if (unknown.length > 0) return { reason: 'unknown-charge', calls: unknown };
  const late = waits.flatMap((waiting) => (waiting.reason === 'overdue' ? waiting.calls : []));
  const calls = [...new Set(late)].filter((callId) => state.open.has(callId));
  const other = waits.find(({ reason }) => reason !== 'overdue');
  return other ?? (calls.length > 0 ? { reason: 'overdue', calls } : undefined);
}

/** What a project waits for of which no step has told. */
function reasonOf(gate: GateName | null, calls: readonly string[]): Waiting | undefined {
  if (gate !== null) return { reason: 'gate', gate };
  return calls.length > 0 ? { reason: 'parent', calls } : undefined;
}

/** How a run ends that has nothing left to do: pure. `waits` holds what its steps are waiting for. */
export function restOf(
  state: ProjectState,
  run: string,
  waits: readonly Waiting[],
  operations: readonly StoppedOperation[],
): Ended {
  if (state.stopRequested) return { run, status: STATUS.stopped, operations };
  const steps = planSteps(state).filter(({ skipped }) => !skipped);
  if (steps.every(({ status }) => status === STEP.completed)) return { run, status: STATUS.completed };
  const unknown = openCalls(state).flatMap((call) => (call.state === 'unknown' ? [call.intended.body.callId] : []));
  const gate = gateReached(state, steps);
  const awaited = awaitedCalls(state).map(({ callId }) => callId);
  const waiting = waitOf(state, waits, unknown) ?? reasonOf(gate, awaited);
  if (waiting !== undefined) return { run, status: STATUS.waiting, waiting };
  return { run, status: STATUS.failed, error: faultOf(state, planSteps(state), run) };
}

/** The events that end a run: as it has come to rest, or by a defect. */
export function endOf(run: string, how: Ended | Error): EventDraft[] {
  if (!(how instanceof Error)) return [{ type: 'run.ended', body: how }];
  const error = { code: 'defect', message: how.message.slice(0, 500) };
  return [
    { type: 'run.crashed', body: { run, ...error } },
    { type: 'run.ended', body: { run, status: STATUS.failed, error } },
  ];
}
