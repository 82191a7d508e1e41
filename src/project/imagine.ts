import type { ProjectEvent } from './events.ts';
import { applyEvent } from './fold.ts';
import type { ProjectState } from './state.ts';
import type { Scene, SceneWords, StyleGuide } from './storyboard.ts';

/** As long as writers usually are; only prices rest on it. */
const words = (characters: number): string => 'some words '.repeat(Math.ceil(characters / 11)).slice(0, characters);

const GUIDE: StyleGuide = { visualStyle: words(200), colorPalette: words(100), cameraStyle: words(100) };
const SCENE: SceneWords = {
  description: words(400),
  keyDetails: Array.from({ length: 4 }, () => words(40)),
  startPrompt: words(600),
  endPrompt: words(600),
  motionPrompt: words(300),
  transitionNotes: words(100),
  cast: [],
  enters: 'continue',
};

/** Lengths of the scenes that nobody has written yet, seconds. */
export function unwrittenLengths(state: ProjectState): readonly number[] {
  const first = state.styleGuide === null ? state.created.body.lengths : [];
  const owed = [...state.requests.values()].filter(
    ({ asked, fulfilled }) => !fulfilled && asked.rewrites === undefined,
  );
  return [...first, ...owed.flatMap(({ asked }) => asked.lengths)];
}

/** Scenes that a project has or is about to get. */
export function plannedScenes(state: ProjectState): number {
  return state.scenes.length + unwrittenLengths(state).length;
}

/**
 * A project with words of usual length in place of those that are still to be written, what the user holds, on the models that its steps have come to,
 * and nothing made. `unwritten` counts such scenes. Pure.
 */
export function imagined(state: ProjectState): { readonly state: ProjectState; readonly unwritten: number } {
  const missing = unwrittenLengths(state).map((seconds, index): Scene => ({
    ...SCENE,
    id: `unwritten${index}`,
    seconds,
  }));
  const { created, settings, film, characters } = state;
  const scenes = [...state.scenes.map(({ scene }) => scene), ...missing];
  const supplied = { styleGuide: state.styleGuide ?? GUIDE, characters, scenes };
  const body = { ...created.body, settings: { ...settings, gates: [] }, film, supplied };
  const event: ProjectEvent = { ...created, seq: 1, body };
  const whole = applyEvent(null, event);
  for (const [key, held] of state.held) whole.held.set(key, held);
  for (const [key, model] of state.moves) whole.moves.set(key, model);
  return { state: whole, unwritten: missing.length };
}
