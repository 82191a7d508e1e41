import type { EngineContext } from './context.ts';
import { isDriven } from './interrupted.ts';
import type { ProjectLog } from './log.ts';
import { isSubmitted, openCalls } from '../project/state.ts';
import { checkOnce } from './poll.ts';
import { recover } from './recover.ts';
import { moment } from './submit.ts';

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
    if (isSubmitted(call)) await checkOnce(context, log, call, signal);
    else await recover(context, log, call, moment(context), signal);
  }
  return { settled: before - log.state.open.size, open: log.state.open.size };
}
