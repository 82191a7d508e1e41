import type { Digest, MicroUsd, ModelId, ModelOptions, Transition } from '../spec/index.ts';
import type { GateName } from './kinds.ts';
import type { Storyboard } from './storyboard.ts';

/** A named picture that the image requests carry. */
export interface Reference {
  /** As prompts spell it; 1 to 100 characters. */
  readonly name: string;
  /** What the picture shows. */
  readonly kind: 'character' | 'place' | 'object' | 'style';
  /** A path, or the bytes (PNG, JPEG or WebP). */
  readonly image: string | Uint8Array;
  /** Words that go with it into prompts, up to 2,000 characters. @default none */
  readonly description?: string;
}

/** Width to height of the film. */
export type Ratio = '16:9' | '9:16';

/** Size of the film by its shorter side: 720, 1080 or 2160 pixels. */
export type Resolution = '720p' | '1080p' | '4k';

/** What is done with a call whose outcome stays unknown: ask the user, send a new one, or fail the step. */
export type OnUnknown = 'ask' | 'resubmit' | 'fail';

// #region remedies
/**
 * One answer to a content filter. Texts and prompts are 1 to 2,000 characters.
 * - `seed`: the same request with another seed, where the filter took its output.
 * - `prefix`: `text` goes before the prompt, where the filter took the prompt or the output.
 * - `frame`: the first or last frame is drawn anew from `prompt` in place of the scene's own, where the filter took that frame; the last one also where
 *   it took the first (providers seldom tell which of the two it was) or the clip's output. `text` goes before the prompt of the clip. A still itself is
 *   drawn so where the filter took its prompt or the still.
 * - `rewrite`: the text model writes the prompt anew, where the filter took the prompt or the output.
 * - `model`: the next model of `models` that makes the same format, whatever the filter took.
 * - `custom`: a function of your own, given to the pipeline as `remedies[name]`; it is asked whatever the filter took.
 */
export type Remedy =
  | { readonly kind: 'seed' }
  | { readonly kind: 'prefix'; readonly text: string }
  | { readonly kind: 'frame'; readonly which: 'start' | 'end'; readonly prompt: string; readonly text?: string }
  | { readonly kind: 'rewrite' }
  | { readonly kind: 'model' }
  | { readonly kind: 'custom'; readonly name: string };

/** What is done with a still or clip that no remedy has helped: the project fails, or is completed without its scene. */
export type OnRefused = 'fail' | 'skip';

/** What is done where a content filter refuses a still or a clip. */
export interface SafetyOptions {
  /** Tried in this order, each at most once for a still or clip as long as its words stay: at most 20; `[]` for none. @default DEFAULT_REMEDIES */
  readonly remedies?: readonly Remedy[];
  /** When all are tried: fail, or make the film without the scene. @default 'fail' */
  readonly onRefused?: OnRefused;
}
// #endregion

/** One model or an ordered list. */
export type ModelChoice = ModelId | readonly ModelId[];

// #region settings
/** What a user asks for. Every field has bounds; `InvalidSettingsError` lists all that are passed. */
export interface ProjectSettings {
  /** The script, 1 to 20,000 characters. */
  readonly prompt: string;
  /** Medium and look in words, 1 to 200 characters. @default 'cinematic' */
  readonly style?: string;
  /** Width to height of the film. @default '16:9' */
  readonly ratio?: Ratio;
  /** Shorter side of the film: 720, 1080 or 2160 pixels; the video model must offer it. @default '720p' */
  readonly resolution?: Resolution;
  /** Length of the film in seconds, 1 to 3600. @default 24; with a storyboard of your own, its scenes times `clipDuration` */
  readonly duration?: number;
  /** Wished length of a clip in seconds, above 0, at most 60; the nearest one of the model's list is used. @default 6 */
  readonly clipDuration?: number;
  /** A model of each kind, or an ordered list of 1 to 10, all of them listed: the first that is not retired is used, the next ones stand in where it fails. @default the first that the providers list */
  readonly models?: { readonly text?: ModelChoice; readonly image?: ModelChoice; readonly video?: ModelChoice };
  /** With sound or silent. @default true where the video model has sound */
  readonly audio?: boolean;
  /** 0 to 4294967295. @default drawn at creation */
  readonly seed?: number;
  /** What pictures must not show, up to 2,000 characters; '' for nothing. @default by style */
  readonly negativePrompt?: string;
  /** At most 10, and no more than the image model takes. @default none */
  readonly references?: readonly Reference[];
  /** How clips are joined; `seconds` of a fade from 0 to 5. @default a hard cut */
  readonly transition?: Transition;
  /** Candidates of each clip, 1 to 4, of which one is used (docs/changes.md); in one call where the model can, else one after another. @default 1 */
  readonly takes?: number;
  /** Your own storyboard in place of a written one; nothing is paid for words then. @default a written one */
  readonly storyboard?: Storyboard;
  /** Most that may be spent, made by `usd()`; no request is sent that does not fit. @default no limit */
  readonly budget?: MicroUsd;
  /** Most scenes, those added later included, 1 to 1000. @default 50 */
  readonly maxScenes?: number;
  /** Most billable calls, 1 to 100,000. @default 3 times those that the plan needs */
  readonly maxCalls?: number;
  /** Account whose pool `account/<account>` the calls draw on as well, 1 to 200 characters. @default none */
  readonly account?: string;
  /** Options of one provider beyond the common ones, by its id; they enter the requests and the fingerprints of its models. @default none */
  readonly options?: Readonly<Record<string, ModelOptions>>;
  /** Your own keys, filterable in lists: at most 20, names of 1 to 100 characters, values up to 500. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Where runs wait for `approve`. @default nowhere */
  readonly gates?: readonly GateName[];
  /** What is done with a call that nobody can tell of, by kind. @default ask for video, resubmit for text and images */
  readonly onUnknown?: { readonly text?: OnUnknown; readonly image?: OnUnknown; readonly video?: OnUnknown };
  /** What is done where a content filter refuses a still or a clip. @default DEFAULT_REMEDIES, then fail */
  readonly safety?: SafetyOptions;
}
// #endregion

/** A reference whose bytes are stored. */
export interface StoredReference {
  readonly name: string;
  readonly kind: Reference['kind'];
  readonly description: string | null;
  readonly image: Digest;
  readonly mediaType: string;
}

/** Settings as the log holds them: complete, negotiated with the models, with stored references. */
export interface Settings {
  readonly prompt: string;
  readonly style: string;
  readonly ratio: Ratio;
  readonly resolution: Resolution;
  readonly duration: number;
  readonly clipDuration: number;
  readonly models: {
    readonly text: readonly ModelId[];
    readonly image: readonly ModelId[];
    readonly video: readonly ModelId[];
  };
  readonly audio: boolean;
  readonly seed: number;
  readonly negativePrompt: string | null;
  readonly references: readonly StoredReference[];
  readonly transition: Transition;
  readonly takes: number;
  readonly budget: MicroUsd | null;
  readonly maxScenes: number;
  /** `null`: three times those that the plan needs. */
  readonly maxCalls: number | null;
  readonly account: string | null;
  readonly options: Readonly<Record<string, ModelOptions>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly gates: readonly GateName[];
  readonly onUnknown: { readonly text: OnUnknown; readonly image: OnUnknown; readonly video: OnUnknown };
  readonly safety: { readonly remedies: readonly Remedy[]; readonly onRefused: OnRefused };
}

/** Something that was adapted or that the user should know. */
export interface Warning {
  readonly code: string;
  readonly message: string;
}

/** What the models and the wishes agreed on. Sizes in pixels. */
export interface FilmFormat {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** `frames`: both border frames are drawn; `from-clip`: a scene's first frame is the last of the clip before it. */
  readonly seams: 'frames' | 'from-clip';
  /** The model that draws frames from a picture: the image model itself or its conditioning partner; `null` where there is none. */
  readonly conditionedBy: ModelId | null;
  /** Models of the lists after the first that make the same format. */
  readonly standIns: { readonly image: readonly ModelId[]; readonly video: readonly ModelId[] };
  /** Clip lengths that those for video offer, seconds; a clip moves only to one that offers its length. */
  readonly standInDurations: Readonly<Record<ModelId, readonly number[]>>;
  /** Whether clips are given the references beside their frames. */
  readonly clipReferences: boolean;
  /** Clip lengths that the video model offers, seconds, ascending. */
  readonly durations: readonly number[];
}
