import { seedFor } from '../project/fingerprint.ts';
import type { ClipRecipe } from '../project/recipes.ts';
import type { SceneAudio } from '../project/storyboard.ts';
import type { ClipAsk } from './requests.ts';
import { castWords, lines, styleWords } from './wording.ts';

function soundWords(sound: SceneAudio | null): string {
  const dialogue = (sound?.dialogue ?? []).map(
    ({ speaker, line, delivery }) => `${speaker}${delivery === undefined ? '' : ` (${delivery})`} says: "${line}"`,
  );
  return lines(...dialogue, sound?.ambience && `Ambience: ${sound.ambience}`, sound?.music && `Music: ${sound.music}`);
}

/** What the video model is asked. */
export function clipAsk(recipe: ClipRecipe, given: { readonly seed: number; readonly ordinal: number }): ClipAsk {
  const prompt = lines(
    recipe.motionPrompt,
    styleWords(recipe.style, recipe.styleGuide),
    recipe.cast.length > 0 && `Characters:\n${castWords(recipe.cast)}`,
    recipe.keyDetails.length > 0 && `Stays visible: ${recipe.keyDetails.join('; ')}`,
    recipe.transitionNotes !== '' && `Transition: ${recipe.transitionNotes}`,
    recipe.audio && soundWords(recipe.sound),
    'Keep the look of the given frames.',
  );
  const { seconds, ratio, width, height, audio, start, end, negativePrompt } = recipe;
  const seed = seedFor(given.seed, `clip:${recipe.sceneId}`, given.ordinal);
  const optional = { ...(end === null ? {} : { end }), ...(negativePrompt === null ? {} : { negativePrompt }) };
  return { kind: 'video', prompt, seconds, ratio, width, height, audio, seed, start, takes: 1, ...optional };
}
