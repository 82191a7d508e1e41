import { ProviderError } from '../errors/index.ts';
import { type CallRecord, callOf } from '../project/state.ts';
import type { Found } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { keptReply } from './deliver.ts';
import { releases } from './pools.ts';
import type { ProjectLog } from './log.ts';
import { loseCall } from './lose.ts';
import { isProvenDead } from './owner.ts';
import { POLICY } from './policy.ts';
import { settle } from './settle.ts';
import { answerWithin, callOptions, type Moment, recordFound, submit } from './submit.ts';

/** The provider can not tell yet what became of a call. */
interface NotYet {
  readonly againInMs: number;
}

/** Whether it is known what became of a call: `known` (a fact says so now), nobody can tell yet, or nobody can tell and the policy decides. */
export type Recovered = 'known' | 'unknown' | 'detached' | NotYet;

/** What a failed look-up means: one that may pass says nothing yet while the model's deadline runs (`againInMs` is given), any other is no answer. */
function unanswered(error: unknown, againInMs: number | null): NotYet | 'no-answer' {
  const passing = error instanceof ProviderError && (error.kind === 'transient' || error.kind === 'rate-limited');
  return passing && againInMs !== null ? { againInMs: error.retryAfterMs ?? againInMs } : 'no-answer';
}

/** Looks a submission up. */
async function find(
  context: EngineContext,
  call: CallRecord,
  firstRead: Moment,
  signal: AbortSignal,
): Promise<Found | NotYet | 'not-there' | 'no-answer'> {
  const { model, entry } = context.model(call.intended.body.model);
  const { callId, requestDeadlineMs } = call.intended.body;
  if (model.lookUp === undefined) return 'no-answer';
  const { deadlineMs, pollMs } = entry.times;
  // Its age at the first sight, and from then on by the monotonic clock: one on the wall may be set.
  const age =
    Math.max(0, firstRead.wall - Date.parse(call.intended.at)) + context.clock.monotonic() - firstRead.monotonic;
  try {
    const options = callOptions(context, callId, requestDeadlineMs, signal);
    const answer = model.lookUp({ callId, at: call.intended.at }, options);
    return (await answerWithin(context, answer, requestDeadlineMs, signal)) ?? 'not-there';
  } catch (error) {
    if (signal.aborted) throw error;
    const answer = unanswered(error, age <= deadlineMs ? pollMs : null);
    const level = answer === 'no-answer' ? 'warn' : 'debug';
    context.logger[level]({ callId, error: String(error) }, 'a look-up brought no answer');
    return answer;
  }
}

/** Whether a look-up found the submission. */
function isFound(found: Awaited<ReturnType<typeof find>>): found is Found {
  return typeof found === 'object' && !('againInMs' in found);
}

/** Whether a fact has come meanwhile that says what became of a call. */
function isKnown(log: ProjectLog, callId: string): boolean {
  const { state } = callOf(log.state, callId);
  return state !== 'unknown' && state !== 'intended';
}

/** Waits until the sender of an intended call can not send it any more, or has told what became of it. */
async function outwait(
  context: EngineContext,
  log: ProjectLog,
  call: CallRecord,
  firstRead: Moment,
  signal: AbortSignal,
): Promise<void> {
  const { callId, owner, submitWithinMs, requestDeadlineMs } = call.intended.body;
  if (call.state !== 'intended' || (owner !== context.owner && isProvenDead(owner))) return;
  while (!isKnown(log, callId)) {
    // By the monotonic clock alone: one on the wall that is set forward makes nobody unable to send.
    const left = submitWithinMs + requestDeadlineMs - (context.clock.monotonic() - firstRead.monotonic);
    if (left <= 0) return;
    await context.clock.sleep(Math.min(left, POLICY.followMs), signal);
    await log.refresh();
  }
}

/** A job that was lost is not found again by its own name: only an end that it has come to is an answer. */
function aboutLostJob(found: Awaited<ReturnType<typeof find>>): Awaited<ReturnType<typeof find>> {
  return found === 'not-there' || (isFound(found) && 'handle' in found) ? 'no-answer' : found;
}

/** Asks the provider for a lost submission. A positive answer counts at once, a negative one only when nothing can be under way. */
async function ask(
  context: EngineContext,
  log: ProjectLog,
  call: CallRecord,
  firstRead: Moment,
  signal: AbortSignal,
): Promise<Recovered> {
  const { callId } = call.intended.body;
  let found = await find(context, call, firstRead, signal);
  if (!isFound(found) && call.state === 'intended') {
    await outwait(context, log, call, firstRead, signal);
    if (isKnown(log, callId)) return 'known';
    found = await find(context, call, firstRead, signal);
  }
  if (call.handle !== null) found = aboutLostJob(found);
  if (isFound(found)) await recordFound(context, log, call, found);
  else if (found === 'not-there')
    await log.fact(
      callId,
      { type: 'call.rejected', body: { callId, reason: 'the provider does not know it', kind: 'not-found' } },
      releases(log.state, callId),
    );
  else {
    await loseCall(log, callId, 'intended', 'its sender is gone, and nobody tells what became of it');
    if (isKnown(log, callId)) return 'known';
    return found === 'no-answer' ? 'unknown' : found;
  }
  return 'known';
}

/** Sends a call again under its key. That it is unknown is written down before: its first sender can not say any more that it was never sent. */
async function sendAgain(
  context: EngineContext,
  log: ProjectLog,
  call: CallRecord,
  ending: AbortSignal,
): Promise<void> {
  const { callId } = call.intended.body;
  await loseCall(log, callId, 'intended', 'its sender is gone; it is sent again under its key');
  if (!isKnown(log, callId)) await submit(context, log, call, null, ending);
}

/** Finds out what became of a call whose sender did not record it, or whose job was lost: sends again where that bills once (not any more when the run is `ending`), else looks up. An answer that was kept is taken up first. `signal` ends the waiting. */
export async function recover(
  context: EngineContext,
  log: ProjectLog,
  call: CallRecord,
  firstRead: Moment,
  { signal, ending }: { readonly signal: AbortSignal; readonly ending: AbortSignal },
): Promise<Recovered> {
  const { callId, model: id } = call.intended.body;
  const { model } = context.model(id);
  try {
    const kept = await keptReply(context, call);
    if (kept !== null) return (await settle(context, log, call, kept, signal), 'known');
    if (call.delivered !== null)
      await loseCall(log, callId, 'submitted', 'what it delivered is not in the store any more');
    if (model.idempotent === true && call.handle === null) await sendAgain(context, log, call, ending);
    if (isKnown(log, callId)) return 'known';
    return await ask(context, log, call, firstRead, signal);
  } catch (error) {
    if (signal.aborted) return 'detached';
    if (!(error instanceof ProviderError)) throw error;
    await loseCall(log, callId, 'intended', `its result could not be fetched: ${error.message}`);
    return isKnown(log, callId) ? 'known' : 'unknown';
  }
}
