import { isVidpipeError, ProviderError } from '../errors/index.ts';
import { type CallRecord, callOf } from '../project/state.ts';
import type { CallOptions, Found, ModelId } from '../spec/index.ts';
import type { Ask } from '../stages/requests.ts';
import { asError } from './as-error.ts';
import type { EngineContext } from './context.ts';
import { chargesAgain, releases } from './pools.ts';
import type { ProjectLog } from './log.ts';
import { loseCall } from './lose.ts';
import { loadRequest, type Loaded } from './request.ts';
import { POLICY } from './policy.ts';
import { retrying } from './retry.ts';
import { settle } from './settle.ts';

/** Both clocks at one moment. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/** Now, on both clocks. */
export function moment({ clock }: EngineContext): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() };
}

/** The longer of what both clocks say has passed. */
function elapsed(context: EngineContext, since: Moment): number {
  const now = moment(context);
  return Math.max(now.wall - since.wall, now.monotonic - since.monotonic);
}

/** Options of one request to a provider; a submission is ended by its own deadline and by nothing else, a look by `signal` too. */
export function callOptions(
  context: EngineContext,
  callId: string,
  deadlineMs: number,
  signal?: AbortSignal,
): CallOptions {
  const deadline = AbortSignal.timeout(deadlineMs);
  return { callId, signal: signal ? AbortSignal.any([deadline, signal]) : deadline, fetch: context.fetch };
}

/** Nothing has left this process. */
class NeverSent extends Error {
  readonly kind: string;

  constructor(message: string, kind: string) {
    super(message);
    this.kind = kind;
  }
}

async function send(context: EngineContext, call: CallRecord, loaded: Loaded): Promise<Found> {
  const { callId, model, requestDeadlineMs } = call.intended.body;
  const usable = context.model(model).model;
  const options = callOptions(context, callId, requestDeadlineMs);
  if (usable.kind === 'video' && loaded.kind === 'video') return usable.start(loaded.request, options);
  if (usable.kind === 'text' && loaded.kind === 'text')
    return { finished: await usable.generate(loaded.request, options) };
  if (usable.kind === 'image' && loaded.kind === 'image')
    return { finished: await usable.generate(loaded.request, options) };
  throw new NeverSent(`${model} makes ${usable.kind}, ${loaded.kind} was asked for`, 'invalid-request');
}

/** Whether a failed sending can say that the provider has not taken the call. Once it is unknown, an idempotent one may have been sent again by somebody else. */
function maySay(context: EngineContext, { intended, state }: CallRecord): boolean {
  return state === 'intended' || (state === 'unknown' && context.model(intended.body.model).model.idempotent !== true);
}

/**
 * Why nothing was sent, or may have been. A refused re-send proves nothing of the first sending: the call stays unknown.
 * A sender that slept may have been overtaken by one that sent the same call; its failure then says nothing, so it is a decision, not a fact.
 */
async function recordFailure(
  context: EngineContext,
  log: ProjectLog,
  callId: string,
  error: unknown,
  first: boolean,
): Promise<void> {
  const certain = first && (error instanceof NeverSent || (error instanceof ProviderError && error.accepted === 'no'));
  const reason = asError(error).message.slice(0, 2000);
  const now = await log.refresh().catch(() => log.state);
  const { state } = callOf(now, callId);
  if (state !== 'intended' && state !== 'unknown') return;
  if (!certain && state === 'unknown') return;
  if (!certain) return loseCall(log, callId, 'intended', reason);
  const { kind } = error;
  await log.insist(callId, (known) =>
    maySay(context, callOf(known, callId))
      ? { events: [{ type: 'call.rejected', body: { callId, reason, kind } }], holds: releases(known, callId) }
      : null,
  );
}

/** Given as the reason, it spares the making of an exception. */
const ANSWERED = 'answered';

/** Waits for an answer for `ms`, also where the model does not listen. Throws `ProviderError` then; rejects with its reason when `signal` ends the wait. */
export async function answerWithin<T>(
  { clock }: EngineContext,
  answer: Promise<T>,
  ms: number,
  signal?: AbortSignal,
): Promise<T> {
  const ended = new AbortController();
  const deadline = clock.sleep(ms, signal ? AbortSignal.any([ended.signal, signal]) : ended.signal).then(() => {
    throw new ProviderError({ kind: 'transient', accepted: 'unknown', message: `No answer came within ${ms} ms.` });
  });
  deadline.catch(() => undefined);
  answer.catch(() => undefined);
  return Promise.race([answer, deadline]).finally(() => ended.abort(ANSWERED));
}

/** Ends a submission at its deadline and by nothing else; a late answer is still recorded. */
async function withDeadline(
  context: EngineContext,
  answer: Promise<Found>,
  ms: number,
  late: (answer: Found) => Promise<void>,
): Promise<Found> {
  try {
    return await answerWithin(context, answer, ms);
  } catch (error) {
    void answer.then(late).catch((failure: unknown) => {
      if (failure === error) return;
      context.logger.warn({ error: String(failure) }, 'what came after the deadline of a request could not be used');
    });
    throw error;
  }
}

/** Whether a request may leave: not after a stop, also one of another process that this one has not read of yet. */
async function mayLeave(log: ProjectLog, ending: AbortSignal): Promise<boolean> {
  const { stopRequested } = await log.refresh().catch(() => log.state);
  return !stopRequested && !ending.aborted;
}

/** Notes each rate limit that a submission meets. */
async function watched(context: EngineContext, model: ModelId, answer: Promise<Found>): Promise<Found> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'rate-limited') context.breakers.limited(model);
    throw error;
  }
}

async function load(context: EngineContext, call: CallRecord): Promise<Loaded> {
  try {
    return await loadRequest(context, call.intended.body.request as unknown as Ask);
  } catch (error) {
    throw new NeverSent(asError(error).message, isVidpipeError(error) ? error.code : 'never-sent');
  }
}

/**
 * Steps 2 to 4 of a paid call: sends it, within `submitWithin` of the moment that its intent was begun, and records what came of it.
 * `since` is `null` for an idempotent re-send, which needs no hurry. `ending` or a stop keeps a request from being sent; one that has left is waited for.
 */
export async function submit(
  context: EngineContext,
  log: ProjectLog,
  call: CallRecord,
  since: Moment | null,
  ending: AbortSignal,
): Promise<void> {
  const { callId, model, submitWithinMs, requestDeadlineMs } = call.intended.body;
  const late = (answer: Found): Promise<void> => recordFound(context, log, call, answer);
  const left = (): number => (since === null ? submitWithinMs : submitWithinMs - elapsed(context, since));
  let found: Found;
  try {
    const loaded = await load(context, call);
    const once = async (): Promise<Found> => {
      if (!(await mayLeave(log, ending))) throw new NeverSent('the run was ended before it was sent', 'never-sent');
      if (left() <= 0) throw new NeverSent('the time to send it had passed', 'never-sent');
      return watched(context, model, withDeadline(context, send(context, call, loaded), requestDeadlineMs, late));
    };
    const isRetryable = (error: unknown): boolean => error instanceof ProviderError && error.retryable;
    found = await retrying(once, {
      ...context,
      tries: POLICY.submitTries,
      signal: ending,
      isRetryable,
      leftMs: left,
    });
  } catch (error) {
    if (error instanceof ProviderError)
      context.breakers.failed(model, Date.parse(call.intended.at), error.kind, error.retryAfterMs);
    return recordFailure(context, log, callId, error, since !== null);
  }
  try {
    await recordFound(context, log, call, found);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const reason = `its result could not be fetched: ${error.message}`;
    await loseCall(log, callId, 'intended', reason);
  }
}

/** Records an accepted submission: its handle, or its final outcome. */
export async function recordFound(
  context: EngineContext,
  log: ProjectLog,
  call: CallRecord,
  found: Found,
): Promise<void> {
  const { callId, model } = call.intended.body;
  if ('handle' in found) {
    context.breakers.answered(model);
    const submitted = { type: 'call.submitted', body: { callId, handle: found.handle } } as const;
    return log.fact(callId, submitted, chargesAgain(log.state, callId));
  }
  await settle(context, log, call, found.finished, AbortSignal.timeout(POLICY.intakeDeadlineMs));
}
