import { z } from 'zod';
import { wellFormed } from './text-schema.ts';

/** How every picture of the film looks. */
export interface StyleGuide {
  readonly visualStyle: string;
  readonly colorPalette: string;
  readonly cameraStyle: string;
}

/** One entry of the character bible; its words enter every prompt of a scene that casts it. */
export interface Character {
  readonly name: string;
  readonly physicalDescription: string;
  readonly clothingDescription: string;
}

/** What is heard in a scene. */
export interface SceneAudio {
  readonly dialogue?: readonly { readonly speaker: string; readonly line: string; readonly delivery?: string }[];
  readonly ambience?: string;
  readonly music?: string;
}

/** The words of a scene. `cast` names characters; `enters` says whether it goes on from the scene before or cuts. */
export interface SceneWords {
  readonly description: string;
  readonly keyDetails: readonly string[];
  readonly startPrompt: string;
  readonly endPrompt: string;
  readonly motionPrompt: string;
  readonly transitionNotes: string;
  readonly cast: readonly string[];
  readonly enters: 'continue' | 'cut';
  readonly audio?: SceneAudio;
}

/** A scene: one clip. `seconds` is its length in the film; its index is its place in the list. */
export interface Scene extends SceneWords {
  readonly id: string;
  readonly seconds: number;
}

/** A whole storyboard, as a writer gives it. */
export interface Storyboard {
  readonly styleGuide: StyleGuide;
  readonly characters: readonly Character[];
  readonly scenes: readonly SceneWords[];
}

const text = (most: number) => wellFormed.trim().min(1).max(most);
const loose = (most: number) => wellFormed.trim().max(most);

const styleGuideSchema = z.object({ visualStyle: text(2000), colorPalette: text(2000), cameraStyle: text(2000) });
const characterSchema = z.object({
  name: text(200),
  physicalDescription: text(4000),
  clothingDescription: loose(4000),
});
const lineSchema = z.object({ speaker: text(200), line: text(2000), delivery: loose(500).optional() });
const audioSchema = z.object({
  dialogue: z.array(lineSchema).max(50).optional(),
  ambience: loose(2000).optional(),
  music: loose(2000).optional(),
});
const sceneSchema = z.object({
  description: text(8000),
  keyDetails: z.array(text(500)).max(20).default([]),
  startPrompt: text(8000),
  endPrompt: text(8000),
  motionPrompt: text(8000),
  transitionNotes: loose(4000).default(''),
  cast: z.array(text(200)).max(50).default([]),
  enters: z.enum(['continue', 'cut']).default('continue'),
  audio: audioSchema.optional(),
});

/** Schema of a reply that writes the whole storyboard. @internal */
export const storyboardSchema = z.object({
  styleGuide: styleGuideSchema,
  characters: z.array(characterSchema).max(50),
  scenes: z.array(sceneSchema),
});

/** Schema of a reply that adds scenes. @internal */
export const addedScenesSchema = z.object({ scenes: z.array(sceneSchema) });

/** A storyboard without keys that are present and undefined, as JSON has none. */
export function plainStoryboard(parsed: object): Storyboard {
  return JSON.parse(JSON.stringify(parsed)) as Storyboard;
}
