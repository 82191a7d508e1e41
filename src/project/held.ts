import { isBlockedTake } from './blocks.ts';
import { fingerprintOf } from './fingerprint.ts';
import { placeOf } from './scene-recipes.ts';
import type { Artifact, Held, ProjectState, SceneRecord } from './state.ts';
import type { Scene, SceneWords } from './storyboard.ts';

/** The fingerprint of takes that no recipe has made. */
export const SUPPLIED = 'supplied';

/** A part of a scene that users name. */
export type Part = 'start' | 'end' | 'clip';

/** The step that makes a part of a scene. */
export function stepIdOf(sceneId: string, part: Part): string {
  return part === 'clip' ? `clip:${sceneId}` : `keyframe:${sceneId}:${part}`;
}

const FRAME = ['description', 'keyDetails', 'transitionNotes', 'cast'] as const;

/** The words that each part is made from: those that its recipe reads. */
const WORDS: Readonly<Record<Part, readonly (keyof SceneWords)[]>> = {
  start: [...FRAME, 'startPrompt'],
  end: [...FRAME, 'endPrompt'],
  clip: ['keyDetails', 'transitionNotes', 'cast', 'motionPrompt', 'audio'],
};

function wordsOf(scene: Scene, part: Part): string {
  return fingerprintOf(WORDS[part].map((word) => scene[word] ?? null));
}

/** What is held for a step is kept under: other words have nothing held, and the first words have theirs again. */
function keyOf({ scene, memo }: SceneRecord, stepId: string): string {
  const part = placeOf(stepId);
  let words = memo.get(`words of ${part}`);
  if (words === undefined) memo.set(`words of ${part}`, (words = wordsOf(scene, part)));
  return `${stepId} ${words}`;
}

/** What the user keeps or has supplied for a step, with the words that its scene has now; not what is blocked. */
export function heldFor(state: ProjectState, record: SceneRecord, stepId: string): Held | undefined {
  const held = state.held.size === 0 ? undefined : state.held.get(keyOf(record, stepId));
  return held === undefined || isBlockedTake(state, held.artifact) ? undefined : held;
}

/** The user's own clip of a scene. */
export function ownClip(state: ProjectState, record: SceneRecord | undefined): Artifact | null {
  const held = record && heldFor(state, record, stepIdOf(record.scene.id, 'clip'));
  return held?.how === 'supplied' ? held.artifact : null;
}

/** Whether what is held for a clip stands with the frames that it would be made from. */
export function holdsWith({ clip }: Held, scene: Scene, start: Artifact | null, end: Artifact | null): boolean {
  if (clip === null) return true;
  const has = (digest: string | null, frame: Artifact | null): boolean =>
    digest === null || digest === frame?.asset.digest;
  return has(clip.start, start) && has(clip.end, end) && clip.seconds === scene.seconds;
}

/** Holds an artifact for a step. Mutates. */
export function hold(state: ProjectState, record: SceneRecord, stepId: string, held: Held): void {
  state.held.set(keyOf(record, stepId), held);
}

/** Lets go what is held for a step. Mutates. */
export function letGo(state: ProjectState, record: SceneRecord, stepId: string): void {
  state.held.delete(keyOf(record, stepId));
}
