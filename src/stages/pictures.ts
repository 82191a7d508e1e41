import { seedFor } from '../project/fingerprint.ts';
import type { KeyframeRecipe } from '../project/recipes.ts';
import type { Digest } from '../spec/index.ts';
import type { ImageAsk, PictureRef } from './requests.ts';
import { castWords, lines, referencePictures, referenceWords, remediedSeed, styleWords } from './wording.ts';

/** What the image model is asked. `condition` is the still that this one goes on from. */
export function keyframeAsk(
  recipe: KeyframeRecipe,
  given: { readonly seed: number; readonly ordinal: number; readonly condition: Digest | null },
): ImageAsk {
  const { position, references, condition, remedy } = { ...recipe, ...given };
  const rewritten = remedy?.rewritten === true;
  const prompt = lines(
    remedy?.prefix,
    styleWords(recipe.style, recipe.styleGuide),
    `Frame: ${remedy?.prompt ?? recipe.prompt}`,
    !rewritten && `Scene: ${recipe.description}`,
    recipe.cast.length > 0 && `Characters:\n${castWords(recipe.cast)}`,
    !rewritten && recipe.keyDetails.length > 0 && `Must be seen: ${recipe.keyDetails.join('; ')}`,
    !rewritten && recipe.transitionNotes !== '' && `Transition: ${recipe.transitionNotes}`,
    referenceWords(references),
    condition !== null &&
      'The first picture is the frame before this one: keep faces, clothes, place and rendering, and show clearly what has changed.',
    `Frame ratio ${recipe.ratio}, ${position} of the scene.`,
  );
  const pictures: PictureRef[] = [
    ...(condition === null ? [] : [{ digest: condition, role: 'condition' as const }]),
    ...referencePictures(references),
  ];
  const { ratio, width, height, negativePrompt, options } = recipe;
  const seed =
    remedy?.seed ?? seedFor(given.seed, remediedSeed(`keyframe:${recipe.sceneId}:${position}`, remedy), given.ordinal);
  return {
    kind: 'image',
    prompt,
    ratio,
    width,
    height,
    seed,
    pictures,
    ...(negativePrompt === null ? {} : { negativePrompt }),
    ...(options === null ? {} : { options }),
  };
}
