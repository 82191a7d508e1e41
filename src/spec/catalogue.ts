import type { Model, ModelId, ModelOptions } from './models.ts';
import type { MicroUsd } from './money.ts';

/** A rate: `price` per `unit`. Token rates are per million tokens. `when` narrows it; dates are ISO 8601, `validTo` excluded. */
export interface Rate {
  readonly unit: 'call' | 'image' | 'second' | 'input-token' | 'output-token';
  readonly price: MicroUsd;
  readonly when?: { readonly audio?: boolean; readonly resolution?: string };
  /** ISO 8601, included. @default ever */
  readonly validFrom?: string;
  /** ISO 8601, excluded. @default for ever */
  readonly validTo?: string;
  /** Where the figure comes from. */
  readonly source?: string;
}

/** What a text model can. */
export interface TextCapabilities {
  /** Most output tokens that one reply can bill; the worst price rests on it. */
  readonly maxOutputTokens: number;
}

/** A size that an image model offers: its name and the pixels of its longer side. */
export interface ImageSize {
  readonly name: string;
  readonly pixels: number;
}

/** What an image model can. */
export interface ImageCapabilities {
  /** Width to height, as `16:9`. */
  readonly ratios: readonly string[];
  /** Ascending; the smallest that covers the frame is asked for, and rates name it as their resolution. @default any size */
  readonly sizes?: readonly ImageSize[];
  /** Input tokens that a given picture is billed as; the worst price rests on it. @default 0 */
  readonly inputTokensPerImage?: number;
  /** Most words and thoughts, in tokens, that one reply can bill beside its picture; the worst price rests on it. @default 0 */
  readonly maxOutputTokens?: number;
  /** Most reference pictures per request, beside the frame that a picture is drawn from; 0 or absent: it takes no picture at all. */
  readonly references?: number;
  /** Model (of the same provider) that draws conditioned frames when this one takes no picture. */
  readonly conditioningPartner?: string;
  /** Whether it follows a seed. @default false */
  readonly seed?: boolean;
  /** Whether it follows a negative prompt. @default false */
  readonly negativePrompt?: boolean;
}

/** Reference pictures that a video model takes. */
export interface ClipReferences {
  /** Most per request. */
  readonly most: number;
  /** Whether they may be given beside a first or last frame. @default false */
  readonly withFrames?: boolean;
  /** Clip lengths in seconds that they are limited to. @default all */
  readonly durations?: readonly number[];
}

/** What a video model can. */
export interface VideoCapabilities {
  /** Clip lengths in seconds, ascending. */
  readonly durations: readonly number[];
  /** Width to height, as `16:9`. */
  readonly ratios: readonly string[];
  /** Shorter side, ascending. @default 720p */
  readonly resolutions?: readonly string[];
  /** Reference pictures that it takes. @default none */
  readonly references?: ClipReferences;
  /** Whether it films towards a given last frame; without it the scenes of a chain are made one after another. @default false */
  readonly lastFrame?: boolean;
  /** Whether it makes sound. @default false */
  readonly audio?: boolean;
  /** Whether it follows a seed. @default false */
  readonly seed?: boolean;
  /** Whether it follows a negative prompt. @default false */
  readonly negativePrompt?: boolean;
  /** Most takes per call. @default 1 */
  readonly takes?: number;
}

// #region times
/** Times of a model, in milliseconds. */
export interface ModelTimes {
  /** Longest that one submission request may take. @default 60000 */
  readonly requestDeadlineMs: number;
  /** An intent must be sent within this time. @default 30000 */
  readonly submitWithinMs: number;
  /** Typical time of an operation; the first look is made then. @default 60000 */
  readonly typicalMs: number;
  /** After this an operation is overdue. @default 1200000 */
  readonly deadlineMs: number;
  /** Time between looks. @default 2000 */
  readonly pollMs: number;
  /** How long a result is to be had at least, from the intent on. @default nobody knows */
  readonly keptMs?: number;
}

/** How much of a model may be used at once. */
export interface ModelLimits {
  /** Steps under way at once in one process, waiting for a clip included. */
  readonly concurrency: number;
  /** Steps begun within a minute in one process. @default no limit */
  readonly perMinute?: number;
}
// #endregion

/** What entries of all kinds tell. */
export interface ModelEntryBase {
  /** Id within its provider. */
  readonly id: string;
  /** Empty: the price is unknown. */
  readonly rates: readonly Rate[];
  readonly times: ModelTimes;
  readonly limits: ModelLimits;
  /** A retired model is refused. */
  readonly stage?: 'preview' | 'stable' | 'retired';
  /** Since when it is offered, ISO 8601. */
  readonly launched?: string;
  /** From when on it is refused, ISO 8601; projects are warned 90 days before. */
  readonly retires?: string;
  /** Model to use instead. */
  readonly replacement?: ModelId;
}

/** One model as the catalogue lists it. */
export type ModelEntry =
  | (ModelEntryBase & { readonly kind: 'text'; readonly can: TextCapabilities })
  | (ModelEntryBase & { readonly kind: 'image'; readonly can: ImageCapabilities })
  | (ModelEntryBase & { readonly kind: 'video'; readonly can: VideoCapabilities });

/** A source of models. Made by `defineProvider`. */
export interface Provider {
  readonly specVersion: 1;
  readonly id: string;
  readonly catalogue: readonly ModelEntry[];
  /** Hosts or origins that its results may be downloaded from. */
  readonly downloads: readonly string[];
  /** The functions of a model of the catalogue. Throws `UnknownModelError`. */
  model(id: string): Model;
  /** What is wrong with options that a user gave for this provider. Without it any option is refused. */
  optionIssues?(options: ModelOptions): readonly string[];
  /** Models that are not in the catalogue and that other options of this provider would offer, by id, with a sentence that says which. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** Releases what the provider holds open. */
  close?(): Promise<void>;
}
