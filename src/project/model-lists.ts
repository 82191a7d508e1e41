import type { ModelId } from '../spec/index.ts';
import { wordsKey } from './applied-remedies.ts';
import { clipSeconds } from './lengths.ts';
import type { Settings } from './settings.ts';
import { type ProjectState, sceneOfStep } from './state.ts';

/** What a move is kept under: for steps of a scene its words too, so that other words begin again at the first model. */
function moveKey(state: ProjectState, stepId: string): string {
  const record = sceneOfStep(state, stepId);
  return record === undefined ? stepId : wordsKey(record, stepId);
}

/** The model that a step has come to; `first` before it was ever moved. */
export function modelOf(state: ProjectState, stepId: string, first: ModelId): ModelId {
  return state.moves.size === 0 ? first : (state.moves.get(moveKey(state, stepId)) ?? first);
}

/** Folds a move. Mutates. */
export function moveTo(state: ProjectState, stepId: string, to: ModelId): void {
  state.moves.set(moveKey(state, stepId), to);
}

/** Forgets moves to models that are in no list any more. Mutates. */
export function forgetMoves({ moves }: ProjectState, models: Settings['models']): void {
  const listed = new Set(Object.values(models).flat());
  for (const [key, model] of moves) if (!listed.has(model)) moves.delete(key);
}

/** The models of a step's list after the first, of those that can make the format of the film. */
function standInsOf({ settings, film }: ProjectState, stepId: string): readonly ModelId[] {
  if (stepId.startsWith('keyframe:')) return film.standIns.image;
  return stepId.startsWith('clip:') ? film.standIns.video : settings.models.text.slice(1);
}

/** The models after `now` in a step's list that can do it, in order. A step never moves up, so that it ends. */
export function laterModels(state: ProjectState, stepId: string, now: ModelId): readonly ModelId[] {
  const standIns = standInsOf(state, stepId);
  const later = standIns.slice(standIns.indexOf(now) + 1);
  const scene = sceneOfStep(state, stepId)?.scene;
  if (scene === undefined || !stepId.startsWith('clip:')) return later;
  const { durations, standInDurations } = state.film;
  const seconds = clipSeconds(durations, scene.seconds);
  return later.filter((id) => standInDurations[id]?.includes(seconds) === true);
}
