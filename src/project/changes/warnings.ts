import { planSteps } from '../graph.ts';
import type { Warning } from '../settings.ts';
import type { ProjectState } from '../state.ts';
import type { Step } from '../steps.ts';
import { placeOf } from '../scene-recipes.ts';
import type { Changes } from './types.ts';

function named({ id, sceneId }: Step): string {
  return `the ${placeOf(id)} of scene ${sceneId}`;
}

function heldSteps(state: ProjectState): ReadonlyMap<string, Step> {
  return new Map(planSteps(state).flatMap((step) => (step.held === null ? [] : [[step.id, step] as const])));
}

/** What is told of changes before they are made: what they let go, what they leave as it is, and lengths that became others. */
export function changeWarnings(before: ProjectState, after: ProjectState, { edit, settings }: Changes): Warning[] {
  const holds = heldSteps(after);
  const gone = [...heldSteps(before).values()].filter(({ id, sceneId }) => {
    return !holds.has(id) && after.sceneIndex.has(sceneId ?? '');
  });
  const stays = settings === undefined ? [] : [...holds.values()];
  const lengths = Object.entries(edit ?? {}).flatMap(([id, { seconds }]): Warning[] => {
    const has = after.sceneIndex.get(id)?.scene.seconds;
    const message = `edit.${id}.seconds: the model makes clips of ${after.film.durations.join(', ')} s; ${has} s is used`;
    return seconds === undefined || has === undefined || has === seconds ? [] : [{ code: 'adapted', message }];
  });
  return [
    ...gone.map((step) => ({ code: 'let-go', message: `${named(step)} is ${step.held} and is let go` })),
    ...stays.map((step) => ({
      code: 'held',
      message: `${named(step)} is ${step.held} and does not follow the settings`,
    })),
    ...lengths,
  ];
}

/** Ids of the steps whose artifact the film had and has no more. */
export function supersededSteps(before: ProjectState, after: ProjectState): string[] {
  const done = new Map(
    planSteps(after).map((step) => [step.id, step.owed > 0 ? undefined : step.artifact?.asset.digest]),
  );
  return planSteps(before).flatMap(({ id, sceneId, artifact }) =>
    sceneId !== null && artifact !== null && done.get(id) !== artifact.asset.digest ? [id] : [],
  );
}
