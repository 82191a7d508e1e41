import type { ModelId } from '../spec/index.ts';
import { planSteps } from './graph.ts';
import { imagined, unwrittenLengths } from './imagine.ts';
import type { Duration } from './metrics.ts';
import { knownStepAt, type ProjectState } from './state.ts';
import { STEP } from './status.ts';
import type { Step } from './steps.ts';

/** How long a project is still going to take, seconds, if nothing fails: as half of such runs, and as nine of ten. */
export interface Eta {
  readonly p50: number;
  readonly p90: number;
}

/** What an estimate of time rests on. */
export interface Pace {
  readonly durations: Readonly<Record<ModelId, Duration>>;
  /** Calls that a model takes at once. */
  atOnce(model: ModelId): number;
  /** Calls, one after another, that bring so many takes. */
  callsFor(model: ModelId, takes: number): number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

type Quantile = 'p50' | 'p90';

/** The steps of the whole film, as far as they are known or can be imagined, with those that are real as they stand. */
function stepsOf(state: ProjectState): readonly Step[] {
  const real = planSteps(state);
  if (unwrittenLengths(state).length === 0) return real;
  const { state: whole } = imagined(state);
  const known = new Map(real.map((step) => [step.id, step]));
  const writing = real.filter(({ kind }) => kind === 'storyboard' || kind === 'scenes');
  return [...writing, ...planSteps(whole).map((step) => known.get(step.id) ?? step)];
}

/** Seconds that the call of a running step is under way. */
function elapsed(state: ProjectState, step: Step, now: number): number {
  const at = step.fingerprint === null ? undefined : knownStepAt(state, step.id, step.fingerprint);
  const open = at?.calls.findLast(({ intended }) => state.open.has(intended.body.callId));
  return open === undefined ? 0 : Math.max(0, (now - Date.parse(open.intended.at)) / 1000);
}

/** Seconds that a step still takes; `null` where its model has not been seen at work. What this machine does itself is not counted. */
function left(state: ProjectState, step: Step, pace: Pace, quantile: Quantile): number | null {
  const over = step.status !== STEP.pending && step.status !== STEP.ready && step.status !== STEP.running;
  if (over || step.skipped || step.model === null) return 0;
  const learned = pace.durations[step.model];
  if (learned === undefined) return null;
  const gone = step.status === STEP.running ? elapsed(state, step, pace.now) : 0;
  return Math.max(0, learned[quantile] * pace.callsFor(step.model, Math.max(1, step.owed)) - gone);
}

/** When the steps of a scene end, after those of the scene before it. */
interface SceneEnds {
  readonly frame: number;
  readonly clip: number;
}

/** What the longest chain is searched with. */
interface Search {
  /** Whether a last frame waits for the first, which it is drawn from. */
  readonly conditioned: boolean;
  readonly time: (step: Step) => number;
}

function sceneEnds(
  steps: readonly Step[],
  before: SceneEnds,
  written: number,
  { conditioned, time }: Search,
): SceneEnds {
  let from = written;
  let frame = before.frame;
  for (const step of steps) {
    if (step.kind === 'rewrite') from = Math.max(from, written + time(step));
    else if (step.kind === 'border') frame = before.clip;
    else if (step.kind === 'keyframe') {
      const waits = conditioned && step.id.endsWith(':end');
      frame = Math.max(from, waits ? frame : 0) + time(step);
    } else return { frame, clip: Math.max(from, frame) + time(step) };
  }
  return { frame, clip: before.clip };
}

/** The longest chain of steps that wait for one another. */
function criticalPath(steps: readonly Step[], search: Search): number {
  let written = 0;
  const scenes = new Map<string, Step[]>();
  for (const step of steps) {
    if (step.kind === 'storyboard' || step.kind === 'scenes') written += search.time(step);
    if (step.sceneId !== null) scenes.set(step.sceneId, [...(scenes.get(step.sceneId) ?? []), step]);
  }
  let before: SceneEnds = { frame: written, clip: written };
  let last = written;
  for (const ofScene of scenes.values()) {
    before = sceneEnds(ofScene, before, written, search);
    last = Math.max(last, before.clip);
  }
  return last;
}

/** No model does its steps faster than as many at once as it takes. */
function busiest(steps: readonly Step[], pace: Pace, time: (step: Step) => number): number {
  const work = new Map<ModelId, number>();
  for (const step of steps) if (step.model !== null) work.set(step.model, (work.get(step.model) ?? 0) + time(step));
  return Math.max(0, ...Array.from(work, ([model, seconds]) => seconds / pace.atOnce(model)));
}

/** How long a project is still going to take, along its critical path; `null` as long as one of its models has not been seen at work. Pure. */
export function etaOf(state: ProjectState, pace: Pace): Eta | null {
  const steps = stepsOf(state);
  const estimate = (quantile: Quantile): number | null => {
    const times = new Map(steps.map((step) => [step, left(state, step, pace, quantile)]));
    if ([...times.values()].includes(null)) return null;
    const time = (step: Step): number => times.get(step) ?? 0;
    const conditioned = state.film.conditionedBy !== null;
    return Math.max(criticalPath(steps, { conditioned, time }), busiest(steps, pace, time));
  };
  const p50 = estimate('p50');
  const p90 = estimate('p90');
  return p50 === null || p90 === null ? null : { p50, p90 };
}
