import { ProviderError } from '../errors/index.ts';
import { type CallRecord, isSubmitted, openCalls, type ProjectState, type SubmittedCall } from '../project/state.ts';
import type { Reply, VideoModel } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import type { ProjectLog } from './log.ts';
import { POLICY } from './policy.ts';
import { settle } from './settle.ts';
import { answerWithin, callOptions } from './submit.ts';

/** How waiting for an operation ended. */
export type Polled = 'settled' | 'overdue' | 'detached';

async function look(
  context: EngineContext,
  model: VideoModel,
  call: SubmittedCall,
  signal: AbortSignal,
): Promise<Reply | number | null> {
  const { callId } = call.intended.body;
  try {
    const answer = model.check(call.handle, callOptions(context, callId, POLICY.lookDeadlineMs, signal));
    const status = await answerWithin(context, answer, POLICY.lookDeadlineMs, signal);
    return status.state === 'running' ? (status.progress ?? null) : status;
  } catch (error) {
    if (signal.aborted) throw error;
    context.logger.warn({ callId, error: String(error) }, 'a look at an operation failed; it is repeated');
    return null;
  }
}

/** One look at a submitted call; settles it when it is over. */
export async function checkOnce(
  context: EngineContext,
  log: ProjectLog,
  call: SubmittedCall,
  signal: AbortSignal,
): Promise<boolean> {
  const { model } = context.model(call.intended.body.model);
  if (model.kind !== 'video') return false;
  const seen = await look(context, model, call, signal);
  if (seen === null || typeof seen === 'number') {
    context.tick(log.projectId, call.intended.body.stepId, seen);
    return false;
  }
  try {
    await settle(context, log, call, seen, signal);
    return true;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    context.logger.warn(
      { callId: call.intended.body.callId, error: String(error) },
      'a result could not be fetched yet',
    );
    return false;
  }
}

/** When such an operation is typically done, milliseconds since 1970: nobody looks before. */
function typicalEnd({ catalogue }: EngineContext, { intended: { at, body } }: CallRecord): number {
  return Date.parse(at) + (catalogue.get(body.model)?.times.typicalMs ?? 0);
}

/** When the first of the running operations is worth a look; now, where none runs. */
export function nextCheck(context: EngineContext, state: ProjectState): string {
  const ends = openCalls(state).flatMap((call) => (isSubmitted(call) ? [typicalEnd(context, call)] : []));
  const now = context.clock.now();
  return new Date(ends.length === 0 ? now : Math.max(now, Math.min(...ends))).toISOString();
}

/** Step 5 of a paid call: looks first when such operations are typically done, then often, until it is over or overdue or `signal` ends the waiting. */
export async function poll(
  context: EngineContext,
  log: ProjectLog,
  call: SubmittedCall,
  signal: AbortSignal,
): Promise<Polled> {
  const { typicalMs, pollMs, deadlineMs } = context.model(call.intended.body.model).entry.times;
  const { clock } = context;
  // From here on by the monotonic clock: one on the wall may be set.
  const began = clock.monotonic() - Math.max(0, clock.now() - Date.parse(call.intended.at));
  // A log never goes back: after the wall clock was set back, its calls are of the future.
  const first = Math.min(typicalMs, typicalEnd(context, call) - clock.now());
  try {
    if (first > 0) await clock.sleep(first, signal);
    for (;;) {
      if (await checkOnce(context, log, call, signal)) return 'settled';
      if (clock.monotonic() - began > deadlineMs) return 'overdue';
      await clock.sleep(pollMs, signal);
    }
  } catch (error) {
    if (signal.aborted) return 'detached';
    throw error;
  }
}
