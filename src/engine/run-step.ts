import { isVidpipeError } from '../errors/index.ts';
import type { EventDraft, Waiting } from '../project/events.ts';
import { wantedStep } from '../project/graph.ts';
import type { KnownStep } from '../project/steps.ts';
import { type CallRecord, knownStepAt, type ProjectState } from '../project/state.ts';
import type { MicroUsd, Task } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { runFreeStep } from './free-step.ts';
import { intend, type Refusal } from './intend.ts';
import { judge, unjudgedReply } from './judge.ts';
import type { ProjectLog } from './log.ts';
import { poll } from './poll.ts';
import { recover } from './recover.ts';
import { backoff } from './retry.ts';
import { moment, type Moment, submit } from './submit.ts';

/** How often a step may be bought anew after failures that may pass. */
const STEP_TRIES = 4;

/** One run of one step. `firstRead` tells when this process first saw an open call. */
export interface StepRun {
  readonly task: Task;
  readonly signal: AbortSignal;
  firstRead(callId: string): Moment;
  waits(waiting: Waiting): void;
}

type Next = 'again' | 'rest';

function stepNow(state: ProjectState, task: Task): KnownStep | undefined {
  const step = wantedStep(state, task.stepId, task.fingerprint);
  return step !== undefined && (step.status === 'ready' || step.status === 'running') ? step : undefined;
}

function openCall(state: ProjectState, step: KnownStep): CallRecord | undefined {
  const calls = knownStepAt(state, step.id, step.fingerprint)?.calls;
  return calls?.findLast(({ intended }) => state.open.has(intended.body.callId));
}

function lastCall(state: ProjectState, step: KnownStep): CallRecord | undefined {
  return knownStepAt(state, step.id, step.fingerprint)?.calls.at(-1);
}

/** Appends the end of a step in this run, unless something has overtaken it. */
async function endStep(
  log: ProjectLog,
  run: string,
  step: KnownStep,
  draft: (ref: { stepId: string; fingerprint: string; ordinal: number }) => EventDraft,
): Promise<Next> {
  const ref = { stepId: step.id, fingerprint: step.fingerprint, ordinal: step.ordinal };
  await log.decide((state) => {
    if (
      state.run?.run !== run ||
      state.run.ended !== null ||
      wantedStep(state, ref.stepId, ref.fingerprint)?.status !== 'ready'
    )
      return null;
    return { events: [draft(ref)] };
  });
  return 'rest';
}

async function refused(log: ProjectLog, stepRun: StepRun, step: KnownStep, refusal: Refusal): Promise<Next> {
  const { run } = stepRun.task;
  if (refusal.why === 'full')
    stepRun.waits({
      reason: 'budget',
      pool: String(refusal.error.details['pool']),
      missing: Number(refusal.error.details['missing']) as MicroUsd,
    });
  if (refusal.why === 'calls' || refusal.why === 'unpriced') {
    const code = refusal.why === 'calls' ? 'max-calls' : 'unpriced-model';
    const message =
      refusal.why === 'calls'
        ? 'maxCalls is reached; raise it to go on'
        : `${step.model} has no price, so it can not be bought under a budget; give a CostModel`;
    return endStep(log, run, step, (ref) => ({
      type: 'step.failed',
      body: { ...ref, run, code, message },
    }));
  }
  return 'rest';
}

/** Nobody can tell what became of a call: asks the user, resubmits or fails, as the settings say. */
async function applyPolicy(log: ProjectLog, stepRun: StepRun, call: CallRecord): Promise<Next> {
  const { callId, kind } = call.intended.body;
  const policy = log.state.settings.onUnknown[kind];
  if (policy === 'ask') return 'rest';
  const { run } = stepRun.task;
  await log.decide((state) => {
    if (state.run?.run !== run || state.calls.get(callId)?.state !== 'unknown') return null;
    const { stepId, fingerprint, ordinal } = call.intended.body;
    const outcome = policy === 'resubmit' ? 'resubmit' : 'abandon';
    const resolved: EventDraft = { type: 'call.resolved', body: { callId, outcome } };
    const message = `The outcome of ${callId} is unknown: ${call.unknownReason ?? ''}`;
    return {
      events:
        policy === 'resubmit'
          ? [resolved]
          : [
              resolved,
              { type: 'step.failed', body: { stepId, fingerprint, ordinal, run, code: 'unknown-outcome', message } },
            ],
    };
  });
  return policy === 'resubmit' ? 'again' : 'rest';
}

/** Goes on with a call that is open: waits for it, or finds out what became of it. */
async function goOn(context: EngineContext, log: ProjectLog, stepRun: StepRun, call: CallRecord): Promise<Next> {
  const { callId } = call.intended.body;
  if (call.state === 'submitted') {
    const polled = await poll(context, log, call, stepRun.signal);
    if (polled === 'overdue') stepRun.waits({ reason: 'overdue', calls: [callId] });
    return polled === 'settled' ? 'again' : 'rest';
  }
  const recovered = await recover(context, log, call, stepRun.firstRead(callId), stepRun.signal);
  if (recovered === 'detached') return 'rest';
  const now = log.state.calls.get(callId);
  return recovered === 'known' || now === undefined ? 'again' : applyPolicy(log, stepRun, now);
}

/** What the end of the last call means for its step. */
async function afterCall(
  context: EngineContext,
  log: ProjectLog,
  { task, signal }: StepRun,
  step: KnownStep,
  call: CallRecord,
  tries: number,
): Promise<Next> {
  const { run } = task;
  const { settled, rejected } = call;
  if (settled?.blocked) {
    const { reasons, codes, input } = settled.blocked;
    return endStep(log, run, step, (ref) => ({ type: 'step.refused', body: { ...ref, run, reasons, codes, input } }));
  }
  const kind = settled?.failure?.kind ?? rejected?.kind ?? 'transient';
  const message = settled?.failure?.message ?? rejected?.reason ?? '';
  const passing = ['transient', 'rate-limited', 'empty', 'bad-output', 'lost', 'not-found', 'never-sent'].includes(
    kind,
  );
  if (!passing || tries >= STEP_TRIES)
    return endStep(log, run, step, (ref) => ({ type: 'step.failed', body: { ...ref, run, code: kind, message } }));
  if (kind !== 'not-found' && kind !== 'never-sent') await context.clock.sleep(backoff(tries), signal);
  return 'again';
}

async function buy(
  context: EngineContext,
  log: ProjectLog,
  stepRun: StepRun,
  step: KnownStep,
  tries: Set<string>,
): Promise<Next> {
  const since = moment(context);
  const last = lastCall(log.state, step);
  const replaces = last?.state === 'abandoned' ? last.intended.body.callId : null;
  const intended = await intend(context, log, stepRun.task.run, step, replaces);
  if ('why' in intended) return refused(log, stepRun, step, intended);
  const call = log.state.calls.get(intended.callId);
  if (call === undefined) return 'rest';
  tries.add(intended.callId);
  await submit(context, log, call, since, stepRun.signal);
  return 'again';
}

/** One move of a step: judge a reply, go on with an open call, mend a failed one, or buy. `tries` holds the calls that this run has seen through. */
async function move(
  context: EngineContext,
  log: ProjectLog,
  stepRun: StepRun,
  step: KnownStep,
  tries: Set<string>,
): Promise<Next> {
  const reply = unjudgedReply(log.state, step);
  const writing = step.kind === 'storyboard' || step.kind === 'scenes';
  if (writing && reply !== undefined) return judge(context, log, stepRun.task.run, step, reply).then(() => 'again');
  const open = openCall(log.state, step);
  if (open !== undefined) {
    tries.add(open.intended.body.callId);
    return goOn(context, log, stepRun, open);
  }
  const last = lastCall(log.state, step);
  const seen = last !== undefined && tries.has(last.intended.body.callId);
  const unsuccessful =
    seen && (last.state === 'rejected' || (last.state === 'settled' && last.settled?.outcome !== 'succeeded'));
  if (unsuccessful && (await afterCall(context, log, stepRun, step, last, tries.size)) === 'rest') return 'rest';
  return buy(context, log, stepRun, step, tries);
}

async function paidStep(context: EngineContext, log: ProjectLog, stepRun: StepRun): Promise<void> {
  const { task, signal } = stepRun;
  const tries = new Set<string>();
  for (;;) {
    const step = signal.aborted ? undefined : stepNow(log.state, task);
    if (step === undefined || (await move(context, log, stepRun, step, tries)) === 'rest') return;
  }
}

/** Runs one step to its end in this run. Rejects only for defects; what providers and ffmpeg do becomes events. */
export async function runStep(context: EngineContext, log: ProjectLog, stepRun: StepRun): Promise<void> {
  const { task, signal } = stepRun;
  const step = stepNow(log.state, task);
  if (step === undefined) return;
  try {
    if (step.kind === 'film' || step.kind === 'border') await runFreeStep(context, log, task.run, step, signal);
    else await paidStep(context, log, stepRun);
  } catch (error) {
    if (signal.aborted) return;
    if (!isVidpipeError(error)) throw error;
    await endStep(log, task.run, step, (ref) => ({
      type: 'step.failed',
      body: { ...ref, run: task.run, code: error.code, message: error.message },
    }));
  }
}
