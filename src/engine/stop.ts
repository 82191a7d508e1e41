import type { StoppedOperation } from '../project/events.ts';
import type { CallRecord } from '../project/state.ts';
import type { EngineContext } from './context.ts';
import type { ProjectLog } from './log.ts';
import { checkOnce } from './poll.ts';
import { callOptions } from './submit.ts';

const CANCEL_DEADLINE_MS = 10_000;

/** Cancels one running operation upstream where its model can, else leaves it for `collect`. */
async function endOne(context: EngineContext, log: ProjectLog, call: CallRecord): Promise<StoppedOperation> {
  const { callId } = call.intended.body;
  const detached: StoppedOperation = {
    callId,
    outcome: call.state === 'submitted' ? 'detached' : 'unknown',
    charged: 'unknown',
    heldUntil: null,
  };
  const { model } = context.model(call.intended.body.model);
  if (call.state !== 'submitted' || model.kind !== 'video' || model.cancel === undefined) return detached;
  try {
    const { outcome, charged } = await model.cancel(
      call.handle ?? {},
      callOptions(context, callId, CANCEL_DEADLINE_MS),
    );
    await checkOnce(context, log, call, AbortSignal.timeout(CANCEL_DEADLINE_MS));
    return outcome === 'cancelled' ? { callId, outcome, charged, heldUntil: null } : { ...detached, charged };
  } catch (error) {
    context.logger.warn({ callId, error: String(error) }, 'an operation could not be cancelled');
    return detached;
  }
}

/** Ends the waiting for all running operations of a stopped project, and says what became of each. */
export async function endOperations(
  context: EngineContext,
  log: ProjectLog,
  waiting: AbortController,
): Promise<readonly StoppedOperation[]> {
  waiting.abort();
  const open = [...log.state.open].flatMap((callId) => log.state.calls.get(callId) ?? []);
  return Promise.all(open.map((call) => endOne(context, log, call)));
}
