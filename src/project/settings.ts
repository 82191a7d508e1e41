import type { Digest, MicroUsd, ModelId, Transition } from '../spec/index.ts';
import type { Storyboard } from './storyboard.ts';

/** A named picture that the image requests carry. */
export interface Reference {
  readonly name: string;
  readonly kind: 'character' | 'place' | 'object' | 'style';
  /** A path, or the bytes (PNG, JPEG or WebP). */
  readonly image: string | Uint8Array;
  readonly description?: string;
}

/** Width to height of the film. */
export type Ratio = '16:9' | '9:16';

/** What is done with a call whose outcome stays unknown: ask the user, send a new one, or fail the step. */
export type OnUnknown = 'ask' | 'resubmit' | 'fail';

/** One model or an ordered list. */
export type ModelChoice = ModelId | readonly ModelId[];

/** What a user asks for. Every field has bounds; `InvalidSettingsError` lists all that are passed. */
export interface ProjectSettings {
  /** 1 to 20,000 characters. */
  readonly prompt: string;
  /** Up to 200 characters. @default 'cinematic' */
  readonly style?: string;
  /** @default '16:9' */
  readonly ratio?: Ratio;
  /** Length of the film in seconds, 1 to 3600. @default 24 */
  readonly duration?: number;
  /** Wished length of a clip in seconds; snapped to the model's list. @default the length nearest to 6 */
  readonly clipDuration?: number;
  /** Ordered lists; the first usable one is taken. @default the first model of each kind that the providers list */
  readonly models?: { readonly text?: ModelChoice; readonly image?: ModelChoice; readonly video?: ModelChoice };
  /** @default true where the video model has sound */
  readonly audio?: boolean;
  /** 0 to 4294967295. @default drawn at creation */
  readonly seed?: number;
  /** What pictures must not show. @default by style; '' for none */
  readonly negativePrompt?: string;
  /** At most 10. */
  readonly references?: readonly Reference[];
  /** How clips are joined. @default a hard cut */
  readonly transition?: Transition;
  /** Your own storyboard in place of a written one; nothing is paid for words then. */
  readonly storyboard?: Storyboard;
  /** Most that may be spent; no request is sent that does not fit. */
  readonly budget?: MicroUsd;
  /** 1 to 1000. @default 50 */
  readonly maxScenes?: number;
  /** Most billable calls, 1 to 100,000. @default 3 times those that the plan needs */
  readonly maxCalls?: number;
  /** Account whose pool the calls draw on. */
  readonly account?: string;
  /** Your own keys, filterable in lists; at most 20. */
  readonly labels?: Readonly<Record<string, string>>;
  /** For calls without look-up or idempotency key. @default ask for video, resubmit for text and images */
  readonly onUnknown?: { readonly text?: OnUnknown; readonly image?: OnUnknown; readonly video?: OnUnknown };
}

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
  readonly budget: MicroUsd | null;
  readonly maxScenes: number;
  /** `null`: three times those that the plan needs. */
  readonly maxCalls: number | null;
  readonly account: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly onUnknown: { readonly text: OnUnknown; readonly image: OnUnknown; readonly video: OnUnknown };
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
  /** The model that draws frames from a picture; the image model itself or its conditioning partner. */
  readonly conditionedBy: ModelId;
  /** Clip lengths that the video model offers, seconds, ascending. */
  readonly durations: readonly number[];
}
