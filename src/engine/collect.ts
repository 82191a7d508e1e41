import type { EngineContext } from './context.ts';
import { isDriven } from './interrupted.ts';
import type { ProjectLog } from './log.ts';
import type { Waiting } from '../project/events.ts';
import { type CallRecord, isSubmitted, openCalls } from '../project/state.ts';
import { checkOnce } from './poll.ts';
import { recover } from './recover.ts';
import { moment } from './submit.ts';

/** One look at an open call; what goes wrong leaves it open. */
async function lookAt(context: EngineContext, log: ProjectLog, call: CallRecord, signal: AbortSignal): Promise<void> {
  try {
    if (isSubmitted(call)) await checkOnce(context, log, call, signal);
    else await recover(context, log, call, moment(context), { signal, ending: signal });
  } catch (error) {
    const { callId } = call.intended.body;
    context.logger.warn({ callId, error: String(error) }, 'an open call could not be settled yet');
  }
}

/** Looks once more at what was overdue when its step came to rest: other steps have taken their time since. */
export async function lookAtOverdue(
  context: EngineContext,
  log: ProjectLog,
  waits: readonly Waiting[],
  signal: AbortSignal,
): Promise<void> {
  const overdue = new Set(waits.flatMap((waiting) => (waiting.reason === 'overdue' ? waiting.calls : [])));
  for (const call of openCalls(log.state))
    if (overdue.has(call.intended.body.callId)) await lookAt(context, log, call, signal);
}

/** Looks once at every open call of a project that nobody drives, and settles what is over. Writes facts only. */
export async function collectProject(
  context: EngineContext,
  log: ProjectLog,
  signal: AbortSignal,
): Promise<{ settled: number; open: number }> {
  await log.refresh();
  if (await isDriven(context, log.projectId)) return { settled: 0, open: 0 };
  const before = log.state.open.size;
  for (const call of openCalls(log.state)) {
    if (signal.aborted) break;
    await lookAt(context, log, call, signal);
  }
  if (log.state.open.size < before) await log.summarise();
  return { settled: before - log.state.open.size, open: log.state.open.size };
}
