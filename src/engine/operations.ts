import type { StoppedOperation } from '../project/events.ts';
import { type CallRecord, callOf, isSubmitted, openCalls, type SubmittedCall } from '../project/state.ts';
import type { CancelOutcome, Charged } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import type { ProjectLog } from './log.ts';
import { POLICY } from './policy.ts';
import { checkOnce } from './poll.ts';
import { answerWithin, callOptions } from './submit.ts';

const UNSUPPORTED: CancelOutcome = { outcome: 'unsupported', charged: 'unknown' };

/** Asks for the end of a job, and looks what has become of it: what it may have delivered is taken. What goes wrong leaves it as it is. */
async function cancel(context: EngineContext, log: ProjectLog, call: SubmittedCall): Promise<CancelOutcome> {
  const { callId, model: id } = call.intended.body;
  let said = UNSUPPORTED;
  try {
    const { model } = context.model(id);
    if (model.kind !== 'video' || model.cancel === undefined) return UNSUPPORTED;
    const answer = model.cancel(call.handle, callOptions(context, callId, POLICY.cancelDeadlineMs));
    said = await answerWithin(context, answer, POLICY.cancelDeadlineMs);
    const over = new AbortController();
    const looked = checkOnce(context, log, call, over.signal);
    await answerWithin(context, looked, POLICY.cancelDeadlineMs).finally(() => over.abort());
  } catch (error) {
    context.logger.warn({ callId, error: String(error) }, 'an operation could not be cancelled, or looked at after it');
  }
  return said;
}

/** Whether a call that has ended was billed. */
function chargedOf({ settled }: CallRecord): Charged {
  if (settled?.charged === null || settled?.charged === undefined) return 'unknown';
  return settled.charged > 0 ? 'yes' : 'no';
}

/** Until when a result that is on its way is kept at least, where its model says so. */
function heldUntil(context: EngineContext, { intended: { at, body } }: CallRecord): string | null {
  const keptMs = context.catalogue.get(body.model)?.times.keptMs;
  return keptMs === undefined ? null : new Date(Date.parse(at) + keptMs).toISOString();
}

/** Cancels one open call upstream where its model can, else leaves it for `collect`. `null`: it came to its end by itself meanwhile. */
async function endOne(
  context: EngineContext,
  log: ProjectLog,
  call: CallRecord,
  letRun: boolean,
): Promise<StoppedOperation | null> {
  const { callId } = call.intended.body;
  const said = letRun || !isSubmitted(call) ? UNSUPPORTED : await cancel(context, log, call);
  const now = callOf(log.state, callId);
  const isOver = now.settled !== null;
  if (said.outcome === 'cancelled')
    return { callId, outcome: 'cancelled', charged: isOver ? chargedOf(now) : said.charged, heldUntil: null };
  if (isOver) return null;
  return isSubmitted(now) || now.delivered !== null
    ? { callId, outcome: 'detached', charged: said.charged, heldUntil: heldUntil(context, call) }
    : { callId, outcome: 'unknown', charged: 'unknown', heldUntil: null };
}

/** Ends all open calls that can be ended, if they are not to be let run on, and says what became of each. Nothing waits for them any more. */
export async function endOperations(
  context: EngineContext,
  log: ProjectLog,
  letRun = false,
): Promise<readonly StoppedOperation[]> {
  const ended = await Promise.all(openCalls(log.state).map((call) => endOne(context, log, call, letRun)));
  return ended.filter((operation) => operation !== null);
}
