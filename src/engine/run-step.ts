import {
  AssetStoreError,
  DownloadRefusedError,
  EventStoreError,
  isVidpipeError,
  MediaToolError,
} from '../errors/index.ts';
import type { EventDraft } from '../project/events.ts';
import { uninspected } from '../project/blocks.ts';
import { isFree, isWriting, type PaidRecipe } from '../project/recipes.ts';
import type { KnownStep } from '../project/steps.ts';
import { type CallRecord, callOf, isSubmitted, isUnderWay, knownStepAt, type ProjectState } from '../project/state.ts';
import type { MicroUsd, Task } from '../spec/index.ts';
import { isBlocked } from '../stages/remedies.ts';
import { afterCall } from './after-call.ts';
import type { EngineContext } from './context.ts';
import { decideBlock } from './decide-block.ts';
import { endStep } from './end-step.ts';
import { giveWay, retirement } from './give-way.ts';
import { runFreeStep } from './free-step.ts';
import { intend, type Refusal } from './intend.ts';
import { inspectTake } from './inspect.ts';
import { judge, unjudgedReply } from './judge.ts';
import type { ProjectLog } from './log.ts';
import { POLICY } from './policy.ts';
import { poll } from './poll.ts';
import { scoreTake, toScore } from './score.ts';
import type { StepRun } from './step-run.ts';
import { recover } from './recover.ts';
import { moment, submit } from './submit.ts';
import { stepNow } from './wanted.ts';

type Next = 'again' | 'rest';

/** The step of a task while it can go on. The next take of the same step is another task. */
function stepOf(state: ProjectState, task: Task): KnownStep | undefined {
  const step = stepNow(state, task.run, task);
  return step?.ordinal === task.ordinal ? step : undefined;
}

function openCall(state: ProjectState, id: string, fingerprint: string): CallRecord | undefined {
  const calls = knownStepAt(state, id, fingerprint)?.calls;
  return calls?.findLast(({ intended }) => state.open.has(intended.body.callId));
}

function lastCall(state: ProjectState, step: KnownStep): CallRecord | undefined {
  return knownStepAt(state, step.id, step.fingerprint)?.calls.at(-1);
}

async function refused(log: ProjectLog, stepRun: StepRun, step: KnownStep, refusal: Refusal): Promise<Next> {
  const { run } = stepRun.task;
  if (refusal.why === 'full')
    stepRun.waits({
      reason: 'budget',
      pool: String(refusal.error.details['pool']),
      missing: Number(refusal.error.details['missing']) as MicroUsd,
    });
  if (refusal.why === 'unapproved') stepRun.waits({ reason: 'gate', gate: 'plan' });
  const end = (code: string, message: string): Promise<Next> =>
    endStep(log, run, step, (ref) => ({ type: 'step.failed', body: { ...ref, run, code, message } }));
  if (refusal.why === 'calls') return end('max-calls', 'maxCalls is reached; Pipeline.revise() can set a larger one');
  if (refusal.why === 'unpriced')
    return end(
      'unpriced-model',
      `${step.model} has no price, so it can not be bought under a budget; give a CostModel`,
    );
  return 'rest';
}

/** Nobody can tell what became of a call: asks the user, resubmits or fails, as the settings say. */
async function applyPolicy(log: ProjectLog, stepRun: StepRun, call: CallRecord): Promise<Next> {
  const { callId, kind } = call.intended.body;
  const policy = log.state.settings.onUnknown[kind];
  if (policy === 'ask') return 'rest';
  const { run } = stepRun.task;
  await log.decide((state) => {
    if (!isUnderWay(state, run) || callOf(state, callId).state !== 'unknown') return null;
    const { stepId, fingerprint, ordinal } = call.intended.body;
    const outcome = policy === 'resubmit' ? 'resubmit' : 'abandon';
    const resolved: EventDraft = { type: 'call.resolved', body: { callId, outcome } };
    const message = `The outcome of ${callId} is unknown: ${call.unknownReason}`;
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
  if (isSubmitted(call)) {
    const polled = await poll(context, log, call, stepRun.signal);
    if (polled === 'overdue') stepRun.waits({ reason: 'overdue', calls: [callId] });
    return polled === 'settled' ? 'again' : 'rest';
  }
  const { signal, ending } = stepRun;
  const recovered = await recover(context, log, call, stepRun.firstRead(callId), { signal, ending });
  if (recovered === 'detached') return 'rest';
  if (typeof recovered === 'object') {
    await context.clock.sleep(recovered.againInMs, signal);
    return 'again';
  }
  return recovered === 'known' ? 'again' : applyPolicy(log, stepRun, callOf(log.state, callId));
}

/** Sees the calls of a step to their end that is not wanted any more: what they bring is kept as a take. */
async function seeOut(context: EngineContext, log: ProjectLog, stepRun: StepRun): Promise<void> {
  const { task, signal } = stepRun;
  for (;;) {
    const isOver = signal.aborted || !isUnderWay(log.state, task.run);
    const call = isOver ? undefined : openCall(log.state, task.stepId, task.fingerprint);
    if (call === undefined || (await goOn(context, log, stepRun, call)) === 'rest') return;
  }
}

/** What one run of a step that is bought carries along: `tries` are the calls that it has seen through. */
interface Course extends StepRun {
  readonly recipe: PaidRecipe;
  readonly tries: Set<string>;
}

async function buy(context: EngineContext, log: ProjectLog, course: Course, step: KnownStep): Promise<Next> {
  const full = await context.lacksRoom(log.state.settings.account);
  if (full !== null) return (course.waits({ reason: 'storage', message: full }), 'rest');
  const { recipe, ending } = course;
  const gone = retirement(context, recipe.model);
  if (gone !== null) return giveWay(context, log, course, { step, recipe }, gone);
  const pass = await context.breakers.enter(recipe.model, ending);
  if ('reason' in pass) return giveWay(context, log, course, { step, recipe }, pass);
  try {
    return await send(context, log, course, step);
  } finally {
    pass.leave();
  }
}

async function send(context: EngineContext, log: ProjectLog, course: Course, step: KnownStep): Promise<Next> {
  const { task, recipe, tries, ending } = course;
  await log.owed.none(ending);
  const since = moment(context);
  if (ending.aborted) return 'rest';
  const last = lastCall(log.state, step);
  const replaces = last?.state === 'abandoned' ? last.intended.body.callId : null;
  const intended = await intend(context, log, { run: task.run, step, recipe, replaces });
  if ('why' in intended) return intended.why === 'owed' ? 'again' : refused(log, course, step, intended);
  tries.add(intended.callId);
  await submit(context, log, callOf(log.state, intended.callId), since, ending);
  return 'again';
}

/** One move of a step: judge a reply, go on with an open call, answer a filter, mend a failed call, or buy. */
async function move(context: EngineContext, log: ProjectLog, course: Course, step: KnownStep): Promise<Next> {
  const { task, recipe, tries } = course;
  const { run } = task;
  const reply = unjudgedReply(log.state, step);
  if (isWriting(recipe) && reply !== undefined) {
    await judge(context, log, run, { step, recipe, reply });
    return 'again';
  }
  const open = openCall(log.state, step.id, step.fingerprint);
  if (open !== undefined) {
    tries.add(open.intended.body.callId);
    return goOn(context, log, course, open);
  }
  const take = uninspected(log.state, step.kind, knownStepAt(log.state, step.id, step.fingerprint));
  if (take !== undefined) {
    await inspectTake(context, log, { step, recipe, take }, course.signal);
    return 'again';
  }
  const candidate = toScore(log.state, step);
  if (candidate !== undefined) {
    await scoreTake(context, log, { step, recipe, take: candidate }, course.signal);
    return 'again';
  }
  if (isBlocked(log.state, step)) return decideBlock(context, log, run, step);
  const last = lastCall(log.state, step);
  const seen = last !== undefined && tries.has(last.intended.body.callId);
  if (seen && (await afterCall(context, log, course, { step, recipe }, last, tries.size)) === 'rest') return 'rest';
  return buy(context, log, course, step);
}

async function paidStep(context: EngineContext, log: ProjectLog, course: Course): Promise<void> {
  for (;;) {
    const step = course.signal.aborted ? undefined : stepOf(log.state, course.task);
    if (step === undefined) return seeOut(context, log, course);
    const { seq } = log.state;
    if ((await move(context, log, course, step)) === 'rest') return;
    // A move that has changed nothing is not made again at once: nothing else would ever have its turn.
    if (log.state.seq === seq) await context.clock.sleep(POLICY.driverLookMs, course.signal).catch(() => undefined);
  }
}

/** What was made can not be kept or looked at here yet, and is still to be had. */
function isKeptElsewhere(error: unknown): error is Error {
  return [AssetStoreError, DownloadRefusedError, MediaToolError].some((type) => error instanceof type);
}

/** Runs one step to its end in this run. Rejects for defects, and with `EventStoreError`; what providers and ffmpeg do becomes events. */
export async function runStep(context: EngineContext, log: ProjectLog, stepRun: StepRun): Promise<void> {
  const { task, signal, ending } = stepRun;
  const step = stepOf(log.state, task);
  try {
    if (step === undefined) return await seeOut(context, log, stepRun);
    const recipe = step.recipe();
    if (!isFree(recipe)) await paidStep(context, log, { ...stepRun, recipe, tries: new Set() });
    else if (ending.aborted) return;
    else if (isBlocked(log.state, step)) await decideBlock(context, log, task.run, step);
    else await runFreeStep(context, log, task.run, step, recipe, signal);
  } catch (error) {
    if (ending.aborted) return;
    if (isKeptElsewhere(error)) return stepRun.waits({ reason: 'storage', message: error.message });
    if (!isVidpipeError(error) || error instanceof EventStoreError) throw error;
    if (step === undefined)
      return context.logger.error(
        { stepId: task.stepId, error: String(error) },
        'a call of a step that is gone could not be ended',
      );
    await endStep(log, task.run, step, (ref) => ({
      type: 'step.failed',
      body: { ...ref, run: task.run, code: error.code, message: error.message },
    }));
  }
}
