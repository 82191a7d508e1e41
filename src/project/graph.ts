import {
  borderStep,
  clipStep,
  heldStep,
  keyframeStep,
  requestSteps,
  rewriteSteps,
  type KnownStep,
  type Step,
  storyboardStep,
} from './steps.ts';
import { type Artifact, type ProjectState, type SceneRecord, sceneOfStep } from './state.ts';
import { type FilmClip, filmStep } from './film-step.ts';
import { heldFor, holdsWith, ownClip, stepIdOf } from './held.ts';
import { itemAt } from './item-at.ts';
import { STEP, type StepStatus } from './status.ts';
import type { StyleGuide } from './storyboard.ts';

/** What a scene has made that the next one goes on from. */
interface Before {
  readonly end: Artifact | null;
  readonly clip: Artifact | null;
}

/** What a scene's clip is made from, and the clip, as far as they are there and stay as they are. */
export interface SceneParts extends Before {
  readonly start: Artifact | null;
}

const NOTHING: SceneParts = { start: null, end: null, clip: null };

/** One scene of a plan. One that is left out of the film hands on what it was handed. */
interface PlannedScene extends SceneParts {
  readonly steps: readonly Step[];
  readonly skipped: boolean;
  readonly handsOn: Before | null;
}

/** The scenes of a plan, and how much of the log's touches they know of. */
interface ScenePlan {
  readonly seen: number;
  readonly scenes: PlannedScene[];
  readonly index: ReadonlyMap<SceneRecord, number>;
}

const scenePlans = new WeakMap<ProjectState, ScenePlan>();
const plans = new WeakMap<ProjectState, { readonly seq: number; readonly steps: readonly Step[] }>();

/** What is handed on of a step: nothing while another take of it is to come. */
function made(step: Step | null): Artifact | null {
  return step?.status === STEP.completed ? step.artifact : null;
}

/** A scene with its neighbours. `before` is `null` for the first one. */
interface Place {
  readonly record: SceneRecord;
  readonly guide: StyleGuide;
  readonly before: Before | null;
  readonly next: SceneRecord | undefined;
}

function heldFrame(state: ProjectState, { record, before }: Place, part: 'start' | 'end'): Step | null {
  const id = stepIdOf(record.scene.id, part);
  const held = heldFor(state, record, id);
  if (held === undefined || (held.first && before !== null)) return null;
  return heldStep(id, 'keyframe', record.scene.id, held);
}

/** The step of a scene's first frame; `null` where that is the last one of the scene before. */
function startStep(state: ProjectState, place: Place): Step | null {
  const { record, guide, before } = place;
  const held = heldFrame(state, place, 'start');
  if (held !== null) return held;
  const continues = before !== null && record.scene.enters === 'continue';
  if (continues && state.film.seams === 'frames') return null;
  const own = ownClip(state, record);
  if (own !== null) return borderStep(state, record, 'start', own, 'first');
  return continues
    ? borderStep(state, record, 'start', before.clip)
    : keyframeStep(state, record, guide, 'start', undefined);
}

/** The clip of the next scene, where this one has to end with its first frame. */
function nextClip(state: ProjectState, next: SceneRecord | undefined): Artifact | null {
  const joins = next?.scene.enters === 'continue';
  const isFree = joins && heldFor(state, next, stepIdOf(next.scene.id, 'start'))?.first !== false;
  return isFree ? ownClip(state, next) : null;
}

/** The step of a scene's last frame; `null` where the model takes none. */
function endStep(state: ProjectState, place: Place, start: Artifact | null): Step | null {
  const { record, guide, next } = place;
  if (state.film.seams === 'from-clip') return null;
  const held = heldFrame(state, place, 'end');
  if (held !== null) return held;
  const own = ownClip(state, record);
  if (own !== null) return borderStep(state, record, 'end', own);
  const after = nextClip(state, next);
  if (after !== null) return borderStep(state, record, 'end', after, 'first');
  return keyframeStep(state, record, guide, 'end', state.film.conditionedBy === null ? undefined : start);
}

function clipStepOf(state: ProjectState, { record, guide }: Place, start: Artifact | null, end: Step | null): Step {
  const { scene } = record;
  const id = stepIdOf(scene.id, 'clip');
  const held = heldFor(state, record, id);
  if (held !== undefined && holdsWith(held, scene, start, made(end))) return heldStep(id, 'clip', scene.id, held);
  return clipStep(state, record, guide, start, end === null ? undefined : made(end));
}

/** A step that nothing is begun for: its scene is left out, or is to be written anew. */
function resting(step: Step, ...stopped: readonly StepStatus[]): Step {
  return stopped.includes(step.status) ? { ...step, status: STEP.pending } : step;
}

/** Steps that make one scene. The shared border frame belongs to the scene before. */
function planScene(state: ProjectState, place: Place): PlannedScene {
  const { record, before } = place;
  const first = startStep(state, place);
  const start = first === null ? (before?.end ?? null) : made(first);
  const last = endStep(state, place, start);
  const clip = clipStepOf(state, place, start, last);
  const making = [first, last, clip].filter((step) => step !== null);
  const steps = [...rewriteSteps(state, record, making), ...making];
  if (state.rewriting.has(record.scene.id)) {
    const waiting = steps.map((step) => resting(step, STEP.ready, STEP.completed));
    return { steps: waiting, skipped: false, handsOn: NOTHING, ...NOTHING };
  }
  const parts = { start, end: made(last), clip: made(clip) };
  const { onRefused } = state.settings.safety;
  if (onRefused === 'skip' && steps.some(({ status }) => status === STEP.refused)) {
    const left = steps.map((step) => ({ ...resting(step, STEP.ready), skipped: true }));
    return { steps: left, skipped: true, handsOn: before, ...parts };
  }
  return { steps, skipped: false, handsOn: { end: parts.end, clip: parts.clip }, ...parts };
}

/** Whether scenes are still to be written that come right before one: nobody knows then what it goes on from. */
function isCutOff({ requests }: ProjectState, record: SceneRecord | undefined): boolean {
  return [...requests.values()].some(({ asked, fulfilled }) => !fulfilled && asked.before === record?.scene.id);
}

/** A scene with its neighbours, of which those before it are planned. */
function placeAt(state: ProjectState, guide: StyleGuide, planned: readonly PlannedScene[], at: number): Place {
  const [record, next] = [itemAt(state.scenes, at), state.scenes[at + 1]];
  const before = isCutOff(state, record) ? NOTHING : (planned[at - 1]?.handsOn ?? null);
  return { record, guide, before, next: isCutOff(state, next) ? undefined : next };
}

function allScenes(state: ProjectState, guide: StyleGuide | null): ScenePlan {
  const records = guide === null ? [] : state.scenes;
  const scenes: PlannedScene[] = [];
  for (const at of records.keys()) scenes.push(planScene(state, placeAt(state, guide as StyleGuide, scenes, at)));
  return { seen: state.touched.length, scenes, index: new Map(records.map((record, at) => [record, at])) };
}

/** Plans a scene anew, and the ones after it for as long as what they go on from has changed. */
function mend(state: ProjectState, guide: StyleGuide, scenes: ScenePlan['scenes'], from: number): void {
  for (let at = from; at < scenes.length; at += 1) {
    const was = scenes[at]?.handsOn;
    const scene = planScene(state, placeAt(state, guide, scenes, at));
    scenes[at] = scene;
    const is = scene.handsOn;
    if (was?.end === is?.end && was?.clip === is?.clip) return;
  }
}

/** Plans those scenes anew that events have touched since the last look. */
function planScenes(state: ProjectState): ScenePlan {
  const known = scenePlans.get(state);
  if (known?.seen === state.touched.length) return known;
  const touched = new Set(state.touched.slice(known?.seen ?? 0));
  const guide = state.styleGuide;
  let plan: ScenePlan;
  if (known === undefined || guide === null || touched.has(null)) plan = allScenes(state, guide);
  else {
    for (const record of touched) mend(state, guide, known.scenes, known.index.get(record as SceneRecord) ?? Infinity);
    plan = { ...known, seen: state.touched.length };
  }
  scenePlans.set(state, plan);
  return plan;
}

function joined(state: ProjectState): readonly Step[] {
  const steps: Step[] = state.created.body.supplied === null ? [storyboardStep(state)] : [];
  const clips: FilmClip[] = [];
  for (const [at, scene] of planScenes(state).scenes.entries()) {
    for (const step of scene.steps) steps.push(step);
    const { seconds } = (state.scenes[at] as SceneRecord).scene;
    if (!scene.skipped) clips.push({ artifact: scene.clip, seconds });
  }
  steps.push(...requestSteps(state), filmStep(state, clips));
  return steps;
}

/** The whole plan: every step that the project wants now, in the order of the film. A rescan; scenes that no event has touched stay as they were planned. */
export function planSteps(state: ProjectState): readonly Step[] {
  const known = plans.get(state);
  if (known?.seq === state.seq) return known.steps;
  const steps = joined(state);
  plans.set(state, { seq: state.seq, steps });
  return steps;
}

/** The frames and clips of all scenes, by id. */
export function scenePartsOf(state: ProjectState): ReadonlyMap<string, SceneParts> {
  const { scenes } = planScenes(state);
  return new Map(scenes.map((parts, at) => [itemAt(state.scenes, at).scene.id, parts]));
}

/** A step of the plan by its id and fingerprint; `undefined` when it is not wanted (any more). */
export function wantedStep(state: ProjectState, id: string, fingerprint: string): KnownStep | undefined {
  const record = sceneOfStep(state, id);
  const { scenes, index } = planScenes(state);
  const at = record === undefined ? undefined : index.get(record);
  const near = at === undefined ? planSteps(state) : (scenes[at]?.steps ?? []);
  return near.find((step): step is KnownStep => step.id === id && step.fingerprint === fingerprint);
}

/** The chosen film of a project that is complete, or the last one made, or `null`. */
export function filmArtifact(state: ProjectState): Artifact | null {
  return planSteps(state).at(-1)?.artifact ?? null;
}
