import { AssetCorruptError, AssetNotFoundError, BadOutputError } from '../errors/index.ts';
import type { FilterRefusal } from '../project/events.ts';
import type { CallRecord } from '../project/state.ts';
import type { Asset, Blocked, MediaRef, Reply } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { fetchOutput } from './fetch-output.ts';
import { bytesOf, store } from './intake.ts';
import type { ProjectLog } from './log.ts';
import { chargesAgain } from './pools.ts';

/** What of a filter's refusal is told in the log. */
export function refusalOf({ reasons, codes = [], input }: Blocked): FilterRefusal {
  return { reasons, codes, input };
}

async function kept(context: EngineContext, call: CallRecord, ref: MediaRef, signal: AbortSignal): Promise<Asset[]> {
  try {
    const spooled = await fetchOutput(context, context.model(call.intended.body.model), ref, signal);
    try {
      return [await store(context, spooled, { mediaType: 'application/octet-stream' })];
    } finally {
      await context.spool.remove(spooled.path);
    }
  } catch (error) {
    if (error instanceof BadOutputError) return [];
    throw error;
  }
}

/** Keeps what came with an answer and can not be looked at now, as it is. What a job holds is fetched again by its handle. */
export async function keepReply(
  context: EngineContext,
  log: ProjectLog,
  call: CallRecord,
  reply: Reply,
  signal: AbortSignal,
): Promise<void> {
  if (reply.state !== 'succeeded' || call.handle !== null || call.delivered !== null) return;
  const outputs: Asset[] = [];
  for (const ref of reply.outputs) outputs.push(...(await kept(context, call, ref, signal)));
  const { callId } = call.intended.body;
  const blocked = reply.blocked === undefined ? null : refusalOf(reply.blocked);
  const body = { callId, outputs, usage: reply.usage ?? null, blocked };
  await log.fact(callId, { type: 'call.delivered', body }, chargesAgain(log.state, callId));
}

/** The answer that was kept for a call; `null`: none was, or its bytes are gone. */
export async function keptReply(context: EngineContext, { delivered }: CallRecord): Promise<Reply | null> {
  if (delivered === null) return null;
  const { usage, blocked } = delivered;
  const outputs: MediaRef[] = [];
  try {
    for (const { digest } of delivered.outputs) outputs.push({ bytes: await bytesOf(context, digest) });
  } catch (error) {
    if (error instanceof AssetNotFoundError || error instanceof AssetCorruptError) return null;
    throw error;
  }
  return {
    state: 'succeeded',
    outputs,
    ...(usage === null ? {} : { usage }),
    ...(blocked === null ? {} : { blocked: { state: 'blocked', charged: 'unknown', ...blocked } }),
  };
}
