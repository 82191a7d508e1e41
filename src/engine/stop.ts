import type { StoppedOperation } from '../project/events.ts';
import { type CallRecord, isSubmitted, isUnderWay, openCalls } from '../project/state.ts';
import type { EngineContext } from './context.ts';
import { isDriven } from './interrupted.ts';
import type { ProjectLog } from './log.ts';
import { POLICY } from './policy.ts';
import { checkOnce } from './poll.ts';
import { callOptions } from './submit.ts';
import { takeLease } from './take-lease.ts';
import { STATUS } from '../project/status.ts';

/** Cancels one running operation upstream where its model can, else leaves it for `collect`. */
async function endOne(context: EngineContext, log: ProjectLog, call: CallRecord): Promise<StoppedOperation> {
  const { callId } = call.intended.body;
  const detached: StoppedOperation = {
    callId,
    outcome: isSubmitted(call) ? 'detached' : 'unknown',
    charged: 'unknown',
    heldUntil: null,
  };
  const { model } = context.model(call.intended.body.model);
  if (!isSubmitted(call) || model.kind !== 'video' || model.cancel === undefined) return detached;
  try {
    const { outcome, charged } = await model.cancel(call.handle, callOptions(context, callId, POLICY.cancelDeadlineMs));
    await checkOnce(context, log, call, AbortSignal.timeout(POLICY.cancelDeadlineMs));
    return outcome === 'cancelled' ? { callId, outcome, charged, heldUntil: null } : { ...detached, charged };
  } catch (error) {
    context.logger.warn({ callId, error: String(error) }, 'an operation could not be cancelled');
    return detached;
  }
}

/** Ends all running operations of a stopped project, and says what became of each. Nothing waits for them any more. */
export async function endOperations(context: EngineContext, log: ProjectLog): Promise<readonly StoppedOperation[]> {
  return Promise.all(openCalls(log.state).map((call) => endOne(context, log, call)));
}

/** Waits until a stopped run has written its end, or takes over where nobody drives. */
async function awaitEnd(context: EngineContext, log: ProjectLog, run: string): Promise<readonly StoppedOperation[]> {
  for (;;) {
    const state = await log.refresh();
    if (state.run?.run !== run) return [];
    if (state.run.ended !== null) return state.run.ended.body.operations ?? [];
    if (!(await isDriven(context, log.projectId))) return endInterrupted(context, log, run);
    await context.clock.sleep(100);
  }
}

async function endInterrupted(
  context: EngineContext,
  log: ProjectLog,
  run: string,
): Promise<readonly StoppedOperation[]> {
  const lease = await takeLease(context, log.projectId);
  try {
    const operations = await endOperations(context, log);
    await log.decide((state) =>
      isUnderWay(state, run)
        ? { events: [{ type: 'run.ended', body: { run, status: STATUS.stopped, operations } }] }
        : null,
    );
    return operations;
  } finally {
    await lease.release();
  }
}

/** Appends `stop.requested` and resolves when the project rests. A project at rest is left as it is. */
export async function stopProject(context: EngineContext, log: ProjectLog): Promise<readonly StoppedOperation[]> {
  const { run } = await log.refresh();
  if (run === null || run.ended !== null) return [];
  await log.decide((state) =>
    isUnderWay(state, run.run) && !state.stopRequested ? { events: [{ type: 'stop.requested', body: {} }] } : null,
  );
  return awaitEnd(context, log, run.run);
}
