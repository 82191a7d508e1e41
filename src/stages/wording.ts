import type { Character, StyleGuide } from '../project/storyboard.ts';

/** Parts that are there, one to a line. */
export function lines(...parts: readonly (string | null | undefined | false)[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join('\n');
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
