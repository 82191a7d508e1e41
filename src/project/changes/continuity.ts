import { planSteps, scenePartsOf, type SceneParts } from '../graph.ts';
import { stepIdOf } from '../held.ts';
import type { Artifact } from '../state.ts';
import { STEP } from '../status.ts';
import type { Draft } from './draft.ts';
import { keepEvent } from './keep.ts';

const differ = (one: Artifact | null | undefined, other: Artifact | null | undefined): boolean =>
  one?.asset.digest !== other?.asset.digest;

/** Scenes that go on from another one keep the first frame that they have. */
function leaveNeighbours(draft: Draft, isNamed: (stepId: string) => boolean): void {
  const [before, after] = [scenePartsOf(draft.before), scenePartsOf(draft.state)];
  for (const { scene } of draft.state.scenes.slice(1)) {
    const start = before.get(scene.id)?.start ?? null;
    const stays = start === null || !differ(start, after.get(scene.id)?.start);
    if (scene.enters === 'cut' || stays || isNamed(stepIdOf(scene.id, 'start'))) continue;
    draft.add(keepEvent(scene.id, 'start', start));
  }
}

/** Whether a frame of a scene that stood before is made anew. */
function isChanged(was: SceneParts | undefined, is: SceneParts | undefined): boolean {
  return was !== undefined && (differ(was.start, is?.start) || differ(was.end, is?.end));
}

/** The end frames after a changed one, to the end of its chain, are taken anew. */
function redrawChains(draft: Draft): void {
  const [before, after] = [scenePartsOf(draft.before), scenePartsOf(draft.state)];
  const steps = new Map(planSteps(draft.state).map((step) => [step.id, step]));
  let redraws = false;
  for (const { scene } of draft.state.scenes) {
    if (scene.enters === 'cut') redraws = false;
    const end = steps.get(stepIdOf(scene.id, 'end'));
    const mayRetake = end?.kind === 'keyframe' && end.held === null && end.status === STEP.completed;
    if (redraws && mayRetake && end.fingerprint !== null)
      draft.add({ type: 'take.requested', body: { stepId: end.id, fingerprint: end.fingerprint } });
    redraws ||= isChanged(before.get(scene.id), after.get(scene.id));
  }
}

/** What becomes of the scenes after those that are changed. */
export function carryOn(draft: Draft, how: 'repair' | 'redraw' | 'leave', isNamed: (stepId: string) => boolean): void {
  if (how === 'leave') leaveNeighbours(draft, isNamed);
  if (how === 'redraw') redrawChains(draft);
}
