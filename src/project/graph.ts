import { borderStep, clipStep, filmStep, keyframeStep, requestSteps, type Step, storyboardStep } from './steps.ts';
import { type Artifact, type ProjectState, type SceneRecord, sceneOfStep } from './state.ts';
import type { StyleGuide } from './storyboard.ts';

/** What a scene has made that the next one goes on from. */
interface Before {
  readonly end: Artifact | null;
  readonly clip: Artifact | null;
}

/** Steps of one scene, and what they were planned on. */
interface PlannedScene {
  readonly touched: number;
  readonly before: Before | null;
  readonly steps: readonly Step[];
}

const scenePlans = new WeakMap<SceneRecord, PlannedScene>();
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
  const end = keyframeStep(state, record, guide, 'end', first);
  const clip = clipStep(state, record, guide, first, end.artifact);
  return start === null ? [end, clip] : [start, end, clip];
}

function isCurrent(plan: PlannedScene, { touched }: SceneRecord, before: Before | null): boolean {
  if (plan.touched !== touched || (plan.before === null) !== (before === null)) return false;
  return plan.before?.end === before?.end && plan.before?.clip === before?.clip;
}

function plannedScene(
  state: ProjectState,
  record: SceneRecord,
  guide: StyleGuide,
  before: Before | null,
): PlannedScene {
  const known = scenePlans.get(record);
  if (known !== undefined && isCurrent(known, record, before)) return known;
  const plan = { touched: record.touched, before, steps: sceneSteps(state, record, guide, before) };
  scenePlans.set(record, plan);
  return plan;
}

function planAnew(state: ProjectState): Step[] {
  const steps: Step[] = state.created.body.supplied === null ? [storyboardStep(state)] : [];
  const guide = state.styleGuide;
  const clips: (Artifact | null)[] = [];
  let before: Before | null = null;
  for (const record of guide === null ? [] : state.scenes) {
    const made: readonly Step[] = plannedScene(state, record, guide as StyleGuide, before).steps;
    const clip: Artifact | null = made.at(-1)?.artifact ?? null;
    before = { end: made.at(-2)?.artifact ?? null, clip };
    clips.push(clip);
    steps.push(...made);
  }
  steps.push(...requestSteps(state), filmStep(state, clips));
  return steps;
}

/** The whole plan: every step that the project wants now, in the order of the film. A rescan that plans anew only the scenes that an event has touched. */
export function planSteps(state: ProjectState): readonly Step[] {
  const known = plans.get(state);
  if (known?.seq === state.seq) return known.steps;
  const steps = planAnew(state);
  plans.set(state, { seq: state.seq, steps });
  return steps;
}

/** A step of the plan by its id and fingerprint; `undefined` when it is not wanted (any more). */
export function wantedStep(state: ProjectState, id: string, fingerprint: string): Step | undefined {
  const steps = planSteps(state);
  const record = sceneOfStep(state, id);
  const near = record === undefined ? steps : (scenePlans.get(record)?.steps ?? steps);
  return near.find((step) => step.id === id && step.fingerprint === fingerprint);
}

/** The chosen film of a project that is complete, or the last one made, or `null`. */
export function filmArtifact(state: ProjectState): Artifact | null {
  return planSteps(state).at(-1)?.artifact ?? null;
}
