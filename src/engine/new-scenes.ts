import { itemAt } from '../project/item-at.ts';
import type { Scene, SceneWords } from '../project/storyboard.ts';
import type { EngineContext } from './context.ts';

/** Scenes of written words, each with a new id and its length in seconds. */
export function newScenes(
  context: EngineContext,
  words: readonly SceneWords[],
  lengths: readonly number[],
): readonly Scene[] {
  return words.map((scene, index) => ({
    ...scene,
    id: `s${context.newId().replaceAll('-', '').slice(0, 12)}`,
    seconds: itemAt(lengths, index),
  }));
}
