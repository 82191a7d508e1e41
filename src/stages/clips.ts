import { seedFor } from '../project/fingerprint.ts';
import type { ClipRecipe } from '../project/recipes.ts';
import type { SceneAudio } from '../project/storyboard.ts';
import type { ClipAsk } from './requests.ts';
import { castWords, lines, referencePictures, referenceWords, remediedSeed, styleWords } from './wording.ts';

function soundWords(sound: SceneAudio | null): string {
  const dialogue = (sound?.dialogue ?? []).map(
    ({ speaker, line, delivery }) => `${speaker}${delivery === undefined ? '' : ` (${delivery})`} says: "${line}"`,
  );
  return lines(...dialogue, sound?.ambience && `Ambience: ${sound.ambience}`, sound?.music && `Music: ${sound.music}`);
}

/** What the video model is asked. */
export function clipAsk(
  recipe: ClipRecipe,
  given: { readonly seed: number; readonly ordinal: number; readonly takes: number },
): ClipAsk {
  const { remedy } = recipe;
  const rewritten = remedy?.rewritten === true;
  const prompt = lines(
    remedy?.prefix,
    remedy?.prompt ?? recipe.motionPrompt,
    styleWords(recipe.style, recipe.styleGuide),
    recipe.cast.length > 0 && `Characters:\n${castWords(recipe.cast)}`,
    !rewritten && recipe.keyDetails.length > 0 && `Stays visible: ${recipe.keyDetails.join('; ')}`,
    !rewritten && recipe.transitionNotes !== '' && `Transition: ${recipe.transitionNotes}`,
    referenceWords(recipe.references),
    recipe.audio && soundWords(recipe.sound),
    'Keep the look of the given frames.',
  );
  const { seconds, ratio, width, height, resolution, audio, start, end, negativePrompt, options } = recipe;
  const seed = remedy?.seed ?? seedFor(given.seed, remediedSeed(`clip:${recipe.sceneId}`, remedy), given.ordinal);
  const references = referencePictures(recipe.references);
  const asked = { seconds, ratio, width, height, resolution, audio, seed, start, references, takes: given.takes };
  return {
    kind: 'video',
    prompt,
    ...asked,
    ...(end === null ? {} : { end }),
    ...(negativePrompt === null ? {} : { negativePrompt }),
    ...(options === null ? {} : { options }),
  };
}
