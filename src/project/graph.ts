import {
  borderStep,
  clipStep,
  type FilmClip,
  filmStep,
  keyframeStep,
  requestSteps,
  rewriteSteps,
  type KnownStep,
  type Step,
  storyboardStep,
} from './steps.ts';
import { type Artifact, type ProjectState, type SceneRecord, sceneOfStep } from './state.ts';
import { STEP } from './status.ts';
import type { StyleGuide } from './storyboard.ts';

/** What a scene has made that the next one goes on from. */
interface Before {
  readonly end: Artifact | null;
  readonly clip: Artifact | null;
}

/** One scene of a plan. One that is left out of the film hands on what it was handed. */
interface PlannedScene {
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

/** Steps that make one scene, given what the scene before has made. The shared border frame belongs to the scene before. */
function sceneSteps(state: ProjectState, record: SceneRecord, guide: StyleGuide, before: Before | null): Step[] {
  const continues = before !== null && record.scene.enters === 'continue';
  if (state.film.seams === 'from-clip') {
    const start = continues
      ? borderStep(state, record, before.clip)
      : keyframeStep(state, record, guide, 'start', undefined);
    return [start, clipStep(state, record, guide, start.artifact, undefined)];
  }
  const start = continues ? null : keyframeStep(state, record, guide, 'start', undefined);
  const first = start === null ? (before?.end ?? null) : start.artifact;
  const end = keyframeStep(state, record, guide, 'end', state.film.conditionedBy === null ? undefined : first);
  const clip = clipStep(state, record, guide, first, end.artifact);
  return start === null ? [end, clip] : [start, end, clip];
}

/** A step of a scene that is left out: nothing more is begun for it. */
function leftOut(step: Step): Step {
  return { ...step, skipped: true, status: step.status === STEP.ready ? STEP.pending : step.status };
}

function planScene(state: ProjectState, record: SceneRecord, guide: StyleGuide, before: Before | null): PlannedScene {
  const making = sceneSteps(state, record, guide, before);
  const steps = [...rewriteSteps(state, record, making), ...making];
  const { onRefused } = state.settings.safety;
  if (onRefused === 'skip' && steps.some(({ status }) => status === STEP.refused))
    return { steps: steps.map(leftOut), skipped: true, handsOn: before };
  const end = making.at(-2)?.artifact ?? null;
  return { steps, skipped: false, handsOn: { end, clip: making.at(-1)?.artifact ?? null } };
}

function allScenes(state: ProjectState, guide: StyleGuide | null): ScenePlan {
  const records = guide === null ? [] : state.scenes;
  const scenes: PlannedScene[] = [];
  for (const record of records)
    scenes.push(planScene(state, record, guide as StyleGuide, scenes.at(-1)?.handsOn ?? null));
  return { seen: state.touched.length, scenes, index: new Map(records.map((record, at) => [record, at])) };
}

/** Plans a scene anew, and the ones after it for as long as what they go on from has changed. */
function mend(state: ProjectState, guide: StyleGuide, scenes: ScenePlan['scenes'], from: number): void {
  for (let at = from; at < scenes.length; at += 1) {
    const was = scenes[at]?.handsOn;
    const scene = planScene(state, state.scenes[at] as SceneRecord, guide, scenes[at - 1]?.handsOn ?? null);
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
    if (!scene.skipped) clips.push({ artifact: scene.steps.at(-1)?.artifact ?? null, seconds });
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
