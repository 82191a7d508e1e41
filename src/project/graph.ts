import {
  borderStep,
  clipStep,
  filmStep,
  keyframeStep,
  requestSteps,
  type KnownStep,
  type Step,
  storyboardStep,
} from './steps.ts';
import { type Artifact, type ProjectState, type SceneRecord, sceneOfStep } from './state.ts';
import type { StyleGuide } from './storyboard.ts';

/** What a scene has made that the next one goes on from. */
interface Before {
  readonly end: Artifact | null;
  readonly clip: Artifact | null;
}

/** The scenes of a plan, and how much of the log's touches they know of. */
interface ScenePlan {
  readonly seen: number;
  readonly scenes: (readonly Step[])[];
  readonly index: ReadonlyMap<SceneRecord, number>;
}

const scenePlans = new WeakMap<ProjectState, ScenePlan>();
const plans = new WeakMap<ProjectState, { readonly seq: number; readonly steps: readonly Step[] }>();

/** Steps of one scene, given what the scene before has made. The shared border frame belongs to the scene before. */
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

function madeBy(steps: readonly Step[] | undefined): Before | null {
  return steps === undefined ? null : { end: steps.at(-2)?.artifact ?? null, clip: steps.at(-1)?.artifact ?? null };
}

function allScenes(state: ProjectState, guide: StyleGuide | null): ScenePlan {
  const records = guide === null ? [] : state.scenes;
  const scenes: (readonly Step[])[] = [];
  for (const record of records) scenes.push(sceneSteps(state, record, guide as StyleGuide, madeBy(scenes.at(-1))));
  return { seen: state.touched.length, scenes, index: new Map(records.map((record, at) => [record, at])) };
}

/** Plans a scene anew, and the ones after it for as long as what they go on from has changed. */
function mend(state: ProjectState, guide: StyleGuide, scenes: ScenePlan['scenes'], from: number): void {
  for (let at = from; at < scenes.length; at += 1) {
    const was = madeBy(scenes[at]);
    const steps = sceneSteps(state, state.scenes[at] as SceneRecord, guide, madeBy(scenes[at - 1]));
    scenes[at] = steps;
    const is = madeBy(steps);
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
  const clips: (Artifact | null)[] = [];
  for (const scene of planScenes(state).scenes) {
    for (const step of scene) steps.push(step);
    clips.push(scene.at(-1)?.artifact ?? null);
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
  const near = at === undefined ? planSteps(state) : (scenes[at] ?? []);
  return near.find((step): step is KnownStep => step.id === id && step.fingerprint === fingerprint);
}

/** The chosen film of a project that is complete, or the last one made, or `null`. */
export function filmArtifact(state: ProjectState): Artifact | null {
  return planSteps(state).at(-1)?.artifact ?? null;
}
