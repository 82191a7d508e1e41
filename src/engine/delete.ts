import {
  LeaseHeldError,
  OpenCallsError,
  ProjectDeletedError,
  ProjectNotFoundError,
  SeqConflictError,
} from '../errors/index.ts';
import type { EventDraft } from '../project/events.ts';
import { type CallRecord, heldBy, openCalls, type ProjectState } from '../project/state.ts';
import { STATUS } from '../project/status.ts';
import type { EngineContext } from './context.ts';
import { isDriven } from './interrupted.ts';
import type { Decision, ProjectLog } from './log.ts';
import { charges } from './pools.ts';
import { takeLease } from './take-lease.ts';

/** Options of `Pipeline.delete`. */
export interface DeleteOptions {
  /** Deletes also while calls are open: each then counts as charged at its worst price, unless its sender is still told what it was. @default false */
  readonly force?: boolean;
}

function givenUp({ state, intended }: CallRecord): EventDraft[] {
  const { callId } = intended.body;
  const lost: EventDraft = { type: 'call.unknown', body: { callId, reason: 'the project is deleted' } };
  return [...(state === 'unknown' ? [] : [lost]), { type: 'call.resolved', body: { callId, outcome: 'charged' } }];
}

/** Ends what is under way, so that a driver that comes back to life sends nothing more, and charges what is open. */
function lastDecision(state: ProjectState, force: boolean): Decision {
  const open = openCalls(state);
  if (open.length > 0 && !force) throw new OpenCallsError({ projectId: state.id, calls: [...state.open] });
  const stops = state.status === STATUS.running && !state.stopRequested;
  return {
    events: [...(stops ? [{ type: 'stop.requested' as const, body: {} }] : []), ...open.flatMap(givenUp)],
    holds: open.flatMap((call) => charges(state, call.intended.body.callId, heldBy(call))),
  };
}

async function assertUndriven(context: EngineContext, projectId: string): Promise<void> {
  const lease = (await isDriven(context, projectId)) ? await context.events.leaseOf(projectId) : null;
  if (lease !== null) throw new LeaseHeldError({ projectId, ...lease });
}

async function isThere(log: ProjectLog): Promise<boolean> {
  try {
    await log.refresh();
    return true;
  } catch (error) {
    if (error instanceof ProjectNotFoundError || error instanceof ProjectDeletedError) return false;
    throw error;
  }
}

/**
 * Removes a project's log, after `before` is done with what it ends as; its bytes are left to sweeps. Answers false for one that is not there (any more), so
 * it can be repeated after a crash. Throws `LeaseHeldError` while somebody drives the project, `OpenCallsError` while calls are open, unless `force`d.
 */
export async function deleteProject(
  context: EngineContext,
  log: ProjectLog,
  { force = false }: DeleteOptions,
  before: (state: ProjectState) => Promise<unknown> = () => Promise.resolve(),
): Promise<boolean> {
  const { projectId } = log;
  await assertUndriven(context, projectId);
  // A name of its own, so that also a run of this process has to wait.
  const lease = await takeLease({ ...context, owner: `${context.owner}/deleting` }, projectId);
  try {
    if (!(await isThere(log))) return false;
    await log.decide((state) => lastDecision(state, force));
    const expected = log.state.seq;
    await before(log.state);
    const { seq: actual } = await log.refresh();
    if (actual !== expected) throw new SeqConflictError({ projectId, expected, actual });
    await context.events.delete(projectId);
    return true;
  } finally {
    await lease.release();
  }
}
