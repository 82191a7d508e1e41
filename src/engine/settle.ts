import { BadOutputError, DownloadRefusedError, MediaToolError, ProviderError } from '../errors/index.ts';
import type { EventBodies, MadeAsset } from '../project/events.ts';
import type { CallRecord } from '../project/state.ts';
import type { Blocked, Charged, Digest, HoldChange, MediaRef, MicroUsd, Reply, Usage } from '../spec/index.ts';
import type { EngineContext, UsableModel } from './context.ts';
import { keepReply, refusalOf } from './deliver.ts';
import { fetchOutput } from './fetch-output.ts';
import { type Expected, intake } from './intake.ts';
import type { ProjectLog } from './log.ts';
import { loseCall } from './lose.ts';
import { POLICY } from './policy.ts';
import { charges, chargesAgain, releases } from './pools.ts';
import { retrying } from './retry.ts';

type Settled = EventBodies['call.settled'];

function expectedOf(call: CallRecord): Expected {
  const { kind, request } = call.intended.body;
  return kind === 'image'
    ? { kind, size: { width: Number(request['width']), height: Number(request['height']) } }
    : { kind };
}

/** What the provider bills for an outcome; `null` when nobody can say. */
function chargeFor(
  context: EngineContext,
  call: CallRecord,
  charged: Charged,
  usage: Usage | undefined,
): MicroUsd | null {
  if (charged === 'no') return 0 as MicroUsd;
  if (charged === 'unknown' && usage === undefined) return null;
  try {
    return context.costs.charge({ request: call.intended.body.priced, usage: usage ?? {} });
  } catch (error) {
    const { callId } = call.intended.body;
    context.logger.error({ callId, error: String(error) }, 'the cost model threw; the charge is taken as unknown');
    return null;
  }
}

/** Whether no further try can bring the output. A refused link of a job is to be had again under its handle, once the list of hosts is right. */
function isFinal(error: unknown, { handle }: CallRecord): error is Error {
  if (error instanceof ProviderError) return error.kind === 'lost';
  if (error instanceof DownloadRefusedError) return handle === null;
  return error instanceof BadOutputError;
}

/** Fetches an output and takes it in. What came by a link and is no good may have been cut on its way: it is fetched again before it is given up. */
function takeOutput(
  context: EngineContext,
  usable: UsableModel,
  call: CallRecord,
  ref: MediaRef,
  signal: AbortSignal,
): Promise<MadeAsset> {
  let isFetched = false;
  const once = async (): Promise<MadeAsset> => {
    isFetched = false;
    const spooled = await fetchOutput(context, usable, ref, signal);
    isFetched = true;
    return intake(context, spooled, expectedOf(call));
  };
  const isRetryable = (error: unknown): boolean => isFetched && 'url' in ref && error instanceof BadOutputError;
  return retrying(once, { ...context, signal, tries: POLICY.badOutputTries, isRetryable });
}

/** Throws what may pass: the outputs are then still to be had. */
async function takeOutputs(
  context: EngineContext,
  usable: UsableModel,
  call: CallRecord,
  refs: readonly MediaRef[],
  signal: AbortSignal,
): Promise<{ readonly made: MadeAsset[]; readonly bad: NonNullable<Settled['failure']> }> {
  const made: MadeAsset[] = [];
  let bad: NonNullable<Settled['failure']> = {
    kind: 'bad-output',
    message: 'the provider reported success without an output',
  };
  for (const ref of refs) {
    try {
      made.push(await takeOutput(context, usable, call, ref, signal));
    } catch (error) {
      if (!isFinal(error, call)) throw error;
      const kind = error instanceof DownloadRefusedError ? 'download-refused' : 'bad-output';
      bad = { kind, message: error.message };
    }
  }
  return { made, bad };
}

type Outcome = Omit<Settled, 'callId'>;

const nothing = { made: [], failure: null, blocked: null };

/** Digests of bytes that a filter took and that came all the same. They are not kept; those that do not come are not waited for. */
async function flaggedIn(
  context: EngineContext,
  usable: UsableModel,
  { outputs = [] }: Blocked,
  signal: AbortSignal,
): Promise<{ readonly flagged?: readonly Digest[] }> {
  const flagged: Digest[] = [];
  for (const ref of outputs) {
    try {
      const { digest, path } = await fetchOutput(context, usable, ref, signal);
      await context.spool.remove(path);
      flagged.push(digest);
    } catch (error) {
      if (signal.aborted) throw error;
      context.logger.warn({ model: usable.id, error: String(error) }, 'flagged bytes could not be hashed');
    }
  }
  return flagged.length === 0 ? {} : { flagged };
}

function blockedOutcome(
  context: EngineContext,
  call: CallRecord,
  reply: Blocked,
  more: Pick<Outcome, 'flagged'>,
): Outcome {
  const charged = chargeFor(context, call, reply.charged, reply.usage);
  return { ...nothing, ...more, outcome: 'blocked', charged, usage: reply.usage ?? null, blocked: refusalOf(reply) };
}

async function outcomeOf(
  context: EngineContext,
  usable: UsableModel,
  call: CallRecord,
  reply: Reply,
  signal: AbortSignal,
): Promise<Outcome> {
  const block = reply.state === 'blocked' ? reply : reply.state === 'succeeded' ? reply.blocked : undefined;
  const more = block === undefined ? {} : await flaggedIn(context, usable, block, signal);
  if (reply.state === 'blocked') return blockedOutcome(context, call, reply, more);
  const usage = reply.usage ?? null;
  if (reply.state === 'failed') {
    const charged = chargeFor(context, call, reply.charged ?? 'no', reply.usage);
    return { ...nothing, outcome: 'failed', charged, usage, failure: { kind: reply.kind, message: reply.message } };
  }
  if (reply.outputs.length === 0 && reply.blocked !== undefined)
    return blockedOutcome(context, call, reply.blocked, more);
  const blocked = reply.blocked === undefined ? null : refusalOf(reply.blocked);
  const { made, bad } = await takeOutputs(context, usable, call, reply.outputs, signal);
  const charged = chargeFor(context, call, 'yes', reply.usage);
  if (made.length > 0) return { ...nothing, ...more, outcome: 'succeeded', charged, usage, made, blocked };
  return { ...nothing, ...more, outcome: 'failed', charged, usage, failure: bad, blocked };
}

/** Whether a job is lost, and nobody can tell what became of it or what it cost. */
function isLost(reply: Reply): reply is Extract<Reply, { state: 'failed' }> {
  return reply.state === 'failed' && reply.kind === 'lost' && (reply.charged ?? 'unknown') === 'unknown';
}

/** Step 6 of a paid call: bytes into the store, then the fact, with what it costs. Throws storage errors and `MediaToolError`; the call then stays open and is asked again. */
export async function settle(
  context: EngineContext,
  log: ProjectLog,
  call: CallRecord,
  reply: Reply,
  signal: AbortSignal,
): Promise<void> {
  const { callId, model } = call.intended.body;
  if (reply.state !== 'failed') context.breakers.answered(model);
  else context.breakers.failed(model, Date.parse(call.intended.at), reply);
  if (isLost(reply)) return loseCall(log, callId, call.handle === null ? 'intended' : 'submitted', reply.message);
  const usable = context.model(model);
  const outcome = await outcomeOf(context, usable, call, reply, signal).catch(async (error: unknown) => {
    if (error instanceof MediaToolError) await keepReply(context, log, call, reply, signal);
    throw error;
  });
  const holds: HoldChange[] =
    outcome.charged === null
      ? chargesAgain(log.state, callId)
      : outcome.charged === 0
        ? releases(log.state, callId)
        : charges(log.state, callId, outcome.charged);
  await log.fact(callId, { type: 'call.settled', body: { callId, ...outcome } }, holds);
}
