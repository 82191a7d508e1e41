import type { StoppedOperation } from '../project/events.ts';
import { type CallRecord, isSubmitted, isUnderWay, openCalls, type ProjectState } from '../project/state.ts';
import { STATUS } from '../project/status.ts';
import type { EngineContext } from './context.ts';
import { isDriven } from './interrupted.ts';
import type { Decision, ProjectLog } from './log.ts';
import { endOperations } from './operations.ts';
import { POLICY } from './policy.ts';
import { poll } from './poll.ts';
import { takeLease } from './take-lease.ts';

/** How a run is stopped. */
export interface StopOptions {
  /** Operations under way are let run to their end. @default false: they are cancelled where their model can, else left running */
  readonly drain?: boolean;
}

/** Calls `stop` when `signal` aborts, until what is returned is called. */
export function stopOn(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  return () => signal?.removeEventListener('abort', stop);
}

/** Waits for the jobs of a project that nobody drives, and keeps its lease meanwhile. */
async function drain(context: EngineContext, log: ProjectLog, renew: () => Promise<void>): Promise<void> {
  const over = new AbortController();
  const keeping = (async (): Promise<void> => {
    for (;;) {
      await context.clock.sleep(context.leaseMs / 3, over.signal);
      await renew();
    }
  })().catch(() => undefined);
  const wait = async (call: CallRecord): Promise<unknown> =>
    isSubmitted(call) ? poll(context, log, call, context.closing.signal) : null;
  await Promise.all(openCalls(log.state).map(wait)).finally(() => over.abort());
  await keeping;
}

async function endInterrupted(
  context: EngineContext,
  log: ProjectLog,
  run: string,
): Promise<readonly StoppedOperation[]> {
  const lease = await takeLease(context, log.projectId);
  try {
    if (log.state.draining) await drain(context, log, () => lease.renew());
    const operations = await endOperations(context, log, log.state.draining);
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

/** The operations that a run has ended with; `null` while it goes on. */
function endedWith({ run }: ProjectState, id: string): readonly StoppedOperation[] | null {
  if (run?.run !== id) return [];
  return run.ended === null ? null : (run.ended.body.operations ?? []);
}

/** Waits until a stopped run has written its end, or takes over where nobody drives. Throws `PipelineClosedError` when that comes first. */
async function awaitEnd(context: EngineContext, log: ProjectLog, run: string): Promise<readonly StoppedOperation[]> {
  for (;;) {
    const operations = endedWith(await log.refresh(), run);
    if (operations !== null) return operations;
    if (!(await isDriven(context, log.projectId))) return endInterrupted(context, log, run);
    try {
      await context.clock.sleep(POLICY.stopLookMs, context.closing.signal);
    } catch (closed) {
      const last = endedWith(log.state, run);
      if (last === null) throw closed;
      return last;
    }
  }
}

/** A stop that drains gives way to one that does not, never the other way round. */
function requestStop(state: ProjectState, run: string, isDrain: boolean): Decision | null {
  const isNews = !state.stopRequested || (state.draining && !isDrain);
  if (!isUnderWay(state, run) || !isNews) return null;
  return { events: [{ type: 'stop.requested', body: isDrain ? { drain: true } : {} }] };
}

/**
 * Appends `stop.requested` and resolves when the project rests. A project at rest buys nothing: what it still has running is ended
 * (not with `drain`), and its status stays.
 */
export async function stopProject(
  context: EngineContext,
  log: ProjectLog,
  { drain: isDrain = false }: StopOptions,
): Promise<readonly StoppedOperation[]> {
  const { run } = await log.refresh();
  if (run === null) return [];
  if (run.ended !== null) return isDrain ? [] : endOperations(context, log);
  await log.decide((state) => requestStop(state, run.run, isDrain));
  return awaitEnd(context, log, run.run);
}
