import type { ProjectEvent } from './events.ts';
import { applyEvent } from './fold.ts';
import type { ProjectState, SceneRequest } from './state.ts';
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

/** Requests for more scenes that are still to be written. */
function owedRequests({ requests }: ProjectState): readonly SceneRequest['asked'][] {
  return [...requests.values()].flatMap(({ asked, fulfilled }) =>
    fulfilled || asked.rewrites !== undefined ? [] : [asked],
  );
}

/** Lengths of the scenes that nobody has written yet, seconds. */
export function unwrittenLengths(state: ProjectState): readonly number[] {
  const first = state.styleGuide === null ? state.created.body.lengths : [];
  return [...first, ...owedRequests(state).flatMap(({ lengths }) => lengths)];
}

/** All scenes, those that are still to be written in their places. */
function allScenes(state: ProjectState): {
  readonly scenes: readonly Scene[];
  readonly unwritten: ReadonlySet<string>;
} {
  const scenes = state.scenes.map(({ scene }) => scene);
  const unwritten = new Set<string>();
  const add = (lengths: readonly number[], before: string | null): void => {
    const added = lengths.map((seconds, at): Scene => ({ ...SCENE, id: `unwritten${unwritten.size + at}`, seconds }));
    for (const { id } of added) unwritten.add(id);
    const place = before === null ? -1 : scenes.findIndex(({ id }) => id === before);
    scenes.splice(place < 0 ? scenes.length : place, 0, ...added);
  };
  if (state.styleGuide === null) add(state.created.body.lengths, null);
  for (const { lengths, before } of owedRequests(state)) add(lengths, before);
  return { scenes, unwritten };
}

/** Scenes that a project has or is about to get. */
export function plannedScenes(state: ProjectState): number {
  return state.scenes.length + unwrittenLengths(state).length;
}

/**
 * A project with words of usual length in place of those that are still to be written, what the user holds and what is blocked, on the models that its steps have come to,
 * and nothing made. `unwritten` are the ids of such scenes. Pure.
 */
export function imagined(state: ProjectState): {
  readonly state: ProjectState;
  readonly unwritten: ReadonlySet<string>;
} {
  const { created, settings, film, characters } = state;
  const { scenes, unwritten } = allScenes(state);
  const supplied = { styleGuide: state.styleGuide ?? GUIDE, characters, scenes };
  const body = { ...created.body, settings: { ...settings, gates: [] }, film, supplied };
  const event: ProjectEvent = { ...created, seq: 1, body };
  const whole = applyEvent(null, event);
  for (const [key, held] of state.held) whole.held.set(key, held);
  for (const [digest, blocking] of state.bars.blocked) whole.bars.blocked.set(digest, blocking);
  for (const [key, model] of state.moves) whole.moves.set(key, model);
  return { state: whole, unwritten };
}
