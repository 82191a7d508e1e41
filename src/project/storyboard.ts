import { z } from 'zod';
import { once } from './once.ts';
import { wellFormed } from './text-schema.ts';

// #region storyboard
/** How every picture of the film looks; each field 1 to 2,000 characters. */
export interface StyleGuide {
  readonly visualStyle: string;
  readonly colorPalette: string;
  readonly cameraStyle: string;
}

/** One entry of the character bible; its words enter every prompt of a scene that casts it. */
export interface Character {
  /** 1 to 200 characters, as `cast` spells it. */
  readonly name: string;
  /** 1 to 4,000 characters. */
  readonly physicalDescription: string;
  /** Up to 4,000 characters. */
  readonly clothingDescription: string;
}

/** What is heard in a scene. */
export interface SceneAudio {
  readonly dialogue?: readonly { readonly speaker: string; readonly line: string; readonly delivery?: string }[];
  readonly ambience?: string;
  readonly music?: string;
}

/** The words of a scene; `description` and the prompts 1 to 8,000 characters each. */
export interface SceneWords {
  readonly description: string;
  /** What must be seen: at most 20, up to 500 characters each. */
  readonly keyDetails: readonly string[];
  /** First frame, where the scene does not go on from the one before. */
  readonly startPrompt: string;
  /** Last frame, where the video model takes one. */
  readonly endPrompt: string;
  /** What moves, camera and subject. */
  readonly motionPrompt: string;
  /** Up to 4,000 characters. */
  readonly transitionNotes: string;
  /** Names of characters whose words enter the prompts: at most 50. */
  readonly cast: readonly string[];
  /** `continue`: its first frame is the last one of the scene before. */
  readonly enters: 'continue' | 'cut';
  /** Only asked for in a film with sound. */
  readonly audio?: SceneAudio;
}

/** A whole storyboard, as a writer gives it: at most 50 characters. */
export interface Storyboard {
  readonly styleGuide: StyleGuide;
  readonly characters: readonly Character[];
  readonly scenes: readonly SceneWords[];
}
// #endregion

/** A scene: one clip. `seconds` is its length in the film; its index is its place in the list. */
export interface Scene extends SceneWords {
  readonly id: string;
  readonly seconds: number;
}

const text = (most: number) => wellFormed().trim().min(1).max(most);
const loose = (most: number) => wellFormed().trim().max(most);

/** Schema of a style guide. @internal */
export const styleGuideSchema = () =>
  z.object({ visualStyle: text(2000), colorPalette: text(2000), cameraStyle: text(2000) });
/** Schema of a character. @internal */
export const characterSchema = () =>
  z.object({ name: text(200), physicalDescription: text(4000), clothingDescription: loose(4000) });
const lineSchema = () => z.object({ speaker: text(200), line: text(2000), delivery: loose(500).optional() });
const audioSchema = () =>
  z.object({
    dialogue: z.array(lineSchema()).max(50).optional(),
    ambience: loose(2000).optional(),
    music: loose(2000).optional(),
  });
const wordSchemas = () => ({
  description: text(8000),
  keyDetails: z.array(text(500)).max(20),
  startPrompt: text(8000),
  endPrompt: text(8000),
  motionPrompt: text(8000),
  transitionNotes: loose(4000),
  cast: z.array(text(200)).max(50),
  enters: z.enum(['continue', 'cut']),
  audio: audioSchema(),
});
const sceneSchemas = () => {
  const { keyDetails, transitionNotes, cast, enters, audio, ...needed } = wordSchemas();
  return {
    ...needed,
    keyDetails: keyDetails.default([]),
    transitionNotes: transitionNotes.default(''),
    cast: cast.default([]),
    enters: enters.default('continue'),
    audio: audio.optional(),
  };
};
/** Schema of the words of a scene. @internal */
export const sceneSchema = () => z.object(sceneSchemas());
const seconds = () => z.number().positive().max(60).optional();

/** Schema of a user's edit of a scene. @internal */
export const sceneEditSchema = () =>
  z.strictObject({ ...wordSchemas(), audio: audioSchema().nullable(), seconds: seconds() }).partial();

/** Schema of a scene of a user's own. @internal */
export const ownSceneSchema = () => z.strictObject({ ...sceneSchemas(), seconds: seconds() });

/** Schema of a reply that writes the whole storyboard. @internal */
export const storyboardSchema = once(() =>
  z.object({
    styleGuide: styleGuideSchema(),
    characters: z.array(characterSchema()).max(50),
    scenes: z.array(sceneSchema()),
  }),
);

/** Schema of a reply that adds scenes. @internal */
export const addedScenesSchema = once(() => z.object({ scenes: z.array(sceneSchema()) }));

/** Schema of a reply that writes a prompt anew. @internal */
export const rewrittenSchema = once(() => z.object({ prompt: text(4000) }));

/** Words without keys that are present and undefined, as JSON has none. */
export function plain<T extends object>(parsed: T): T {
  return JSON.parse(JSON.stringify(parsed)) as T;
}

/** A storyboard without keys that are present and undefined. */
export function plainStoryboard(parsed: object): Storyboard {
  return plain(parsed) as Storyboard;
}
