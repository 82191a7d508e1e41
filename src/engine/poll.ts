import { ProviderError } from '../errors/index.ts';
import type { SubmittedCall } from '../project/state.ts';
import type { Reply, VideoModel } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import type { ProjectLog } from './log.ts';
import { POLICY } from './policy.ts';
import { settle } from './settle.ts';
import { callOptions } from './submit.ts';

/** How waiting for an operation ended. */
export type Polled = 'settled' | 'overdue' | 'detached';

async function look(context: EngineContext, model: VideoModel, call: SubmittedCall): Promise<Reply | number | null> {
  const { callId } = call.intended.body;
  try {
    const status = await model.check(call.handle, callOptions(context, callId, POLICY.lookDeadlineMs));
    return status.state === 'running' ? (status.progress ?? null) : status;
  } catch (error) {
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
  const seen = await look(context, model, call);
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

/** Step 5 of a paid call: looks first when such operations are typically done, then often, until it is over or overdue or `signal` ends the waiting. */
export async function poll(
  context: EngineContext,
  log: ProjectLog,
  call: SubmittedCall,
  signal: AbortSignal,
): Promise<Polled> {
  const { typicalMs, pollMs, deadlineMs } = context.model(call.intended.body.model).entry.times;
  const began = Date.parse(call.intended.at);
  const first = began + typicalMs - context.clock.now();
  try {
    if (first > 0) await context.clock.sleep(first, signal);
    for (;;) {
      if (await checkOnce(context, log, call, signal)) return 'settled';
      if (context.clock.now() - began > deadlineMs) return 'overdue';
      await context.clock.sleep(pollMs, signal);
    }
  } catch (error) {
    if (signal.aborted) return 'detached';
    throw error;
  }
}
