import type { StoredReference, ProjectSettings } from '../settings.ts';
import type { SceneAudio, SceneWords } from '../storyboard.ts';
import type { Catalogue } from '../choose-models.ts';
import type { MadeAsset } from '../events.ts';
import type { Part } from '../held.ts';

/** Bytes of a picture or clip of your own: a path, the bytes, or a stream, which is read once. */
export type Media = string | Uint8Array | ReadableStream<Uint8Array>;

// #region changes
/** What is different in a scene; what is left out stays. `audio: null` takes its sound away; `seconds` is rounded to the nearest length of the video model. */
export interface SceneEdit extends Partial<Omit<SceneWords, 'audio'>> {
  readonly audio?: SceneAudio | null;
  readonly seconds?: number;
}

/** A scene of your own; what may be left out is empty, `enters` is `continue`, and `seconds` those of `clipDuration`. */
export type NewScene = Pick<SceneWords, 'description' | 'startPrompt' | 'endPrompt' | 'motionPrompt'> &
  Partial<SceneWords> & { readonly seconds?: number };

/** Scenes to be added. */
export interface Addition {
  /** How many are to be written, or scenes of your own. */
  readonly scenes: number | readonly NewScene[];
  /** The scene that they come before. @default they come at the end */
  readonly before?: string;
  /** What happens in those to be written, up to 2,000 characters. */
  readonly direction?: string;
}

/** Settings that are different. `apply`: all is made anew that they change, or what is there is kept and only what is missing follows them. @default 'all' */
export type SettingsChange = Partial<Omit<ProjectSettings, 'storyboard' | 'duration'>> & {
  readonly apply?: 'all' | 'missing';
};

/** Frames and clips by the scene that they belong to. The start of a scene that continues is the end of the scene before. */
export type Parts = Readonly<Record<string, readonly Part[]>>;

/** What is to be different in a film, by ids of scenes. Edits come first, then settings, then the rest. */
export interface Changes {
  readonly settings?: SettingsChange;
  readonly edit?: Readonly<Record<string, SceneEdit>>;
  readonly remove?: readonly string[];
  /** Puts scenes before another one; `null`: at the end. */
  readonly move?: Readonly<Record<string, { readonly before: string | null }>>;
  readonly add?: number | Addition;
  /** Makes one more take of each. */
  readonly retake?: Parts;
  /** Takes to be used, by their ids (`project.scenes[…].takes`). */
  readonly select?: Readonly<Record<string, string | readonly string[]>>;
  /** Your own frames and clips. A clip sets its scene's seconds, and its frames are taken from it. */
  readonly supply?: Readonly<Record<string, { readonly start?: Media; readonly end?: Media; readonly clip?: Media }>>;
  /** What is to stay as it is now, whatever else changes. */
  readonly keep?: Parts;
  /** Scenes whose words the text model writes anew. */
  readonly rewrite?: readonly string[] | 'all';
  /**
   * What becomes of the scenes after a changed frame. `repair`: the clip of the next one is made anew. `redraw`: later end frames of the chain are
   * drawn anew as well. `leave`: the next one keeps its first frame; the film jumps there. @default 'repair'
   */
  readonly continuity?: 'repair' | 'redraw' | 'leave';
}
// #endregion

/** What changes can not know by themselves; ids are minted and bytes are stored by the caller. */
export interface ChangeGiven {
  readonly catalogue: Catalogue;
  /** Now, ISO 8601. */
  readonly at: string;
  /** Supplied frames and clips, by the ids of their steps. */
  readonly supplied: ReadonlyMap<string, MadeAsset>;
  /** Those of `settings.references`, stored. */
  readonly references: readonly StoredReference[];
  newId(): string;
}
