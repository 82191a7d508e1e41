import type { Model, ModelId, ModelOptions } from './models.ts';
import type { MicroUsd } from './money.ts';

/** A rate: `price` per `unit`. Token rates are per million tokens. `when` narrows it; dates are ISO 8601, `validTo` excluded. */
export interface Rate {
  readonly unit: 'call' | 'image' | 'second' | 'input-token' | 'output-token';
  readonly price: MicroUsd;
  readonly when?: { readonly audio?: boolean; readonly resolution?: string };
  readonly validFrom?: string;
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
  readonly ratios: readonly string[];
  /** Ascending; the smallest that covers the frame is asked for, and rates name it as their resolution. @default any size */
  readonly sizes?: readonly ImageSize[];
  /** Input tokens that a given picture is billed as; the worst price rests on it. @default 0 */
  readonly inputTokensPerImage?: number;
  /** Most reference pictures per request; 0 or absent: none. */
  readonly references?: number;
  /** Model (of the same provider) that draws conditioned frames when this one takes no picture. */
  readonly conditioningPartner?: string;
  readonly seed?: boolean;
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
  readonly ratios: readonly string[];
  /** Ascending. @default 720p */
  readonly resolutions?: readonly string[];
  readonly references?: ClipReferences;
  readonly lastFrame?: boolean;
  readonly audio?: boolean;
  readonly seed?: boolean;
  readonly negativePrompt?: boolean;
  /** Most takes per call. @default 1 */
  readonly takes?: number;
}

/** Times and limits of a model, in milliseconds. */
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
}

/** How much of a model may be used at once. */
export interface ModelLimits {
  readonly concurrency: number;
  readonly perMinute?: number;
}

interface EntryBase {
  /** Id within its provider. */
  readonly id: string;
  readonly rates: readonly Rate[];
  readonly times: ModelTimes;
  readonly limits: ModelLimits;
  readonly stage?: 'preview' | 'stable' | 'retired';
  /** Since when it is offered, ISO 8601. */
  readonly launched?: string;
  /** From when on it is refused, ISO 8601; projects are warned 90 days before. */
  readonly retires?: string;
  readonly replacement?: ModelId;
}

/** One model as the catalogue lists it. */
export type ModelEntry =
  | (EntryBase & { readonly kind: 'text'; readonly can: TextCapabilities })
  | (EntryBase & { readonly kind: 'image'; readonly can: ImageCapabilities })
  | (EntryBase & { readonly kind: 'video'; readonly can: VideoCapabilities });

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
  /** Releases what the provider holds open. */
  close?(): Promise<void>;
}
