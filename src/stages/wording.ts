import type { RecipeReference } from '../project/recipes.ts';
import type { RemedyRecipe } from '../project/remedies.ts';
import type { Character, StyleGuide } from '../project/storyboard.ts';
import type { PictureRef } from './requests.ts';

/** Parts that are there, one to a line. */
export function lines(...parts: readonly (string | null | undefined | false)[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join('\n');
}

/** What seeds of a step derive from: each remedy brings another one. */
export function remediedSeed(stepId: string, remedy: RemedyRecipe | null): string {
  return remedy === null ? stepId : `${stepId}/${remedy.nth}`;
}

/** The style guide as every prompt carries it. */
export function styleWords(style: string, guide: StyleGuide): string {
  const medium = style.replaceAll('_', ' ');
  return lines(
    `Medium and style: ${medium}. ${guide.visualStyle}`,
    `Palette: ${guide.colorPalette}`,
    `Camera: ${guide.cameraStyle}`,
  );
}

/** The bible entries of a cast, word for word. */
export function castWords(cast: readonly Character[]): string {
  return cast
    .map(
      ({ name, physicalDescription, clothingDescription }) =>
        `${name}: ${physicalDescription} Wears: ${clothingDescription}`,
    )
    .join('\n');
}

/** References by name, a line each. */
export function referenceWords(references: readonly RecipeReference[]): string {
  return references
    .map(
      ({ kind, name, description }) => `Reference (${kind}): ${name}${description === null ? '' : `, ${description}`}`,
    )
    .join('\n');
}

/** References as pictures of a request. */
export function referencePictures(references: readonly RecipeReference[]): PictureRef[] {
  return references.map(({ image, name }) => ({ digest: image, role: 'reference', name }));
}
