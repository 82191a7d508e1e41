import { itemAt } from './item-at.ts';
import type { Scene, SceneWords } from './storyboard.ts';

/** Scenes of written words, each with a new id and its length in seconds. */
export function newScenes(
  ids: { newId(): string },
  words: readonly SceneWords[],
  lengths: readonly number[],
): readonly Scene[] {
  return words.map((scene, index) => ({
    ...scene,
    id: `s${ids.newId().replaceAll('-', '').slice(0, 12)}`,
    seconds: itemAt(lengths, index),
  }));
}
