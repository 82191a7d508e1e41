import type { Digest, ModelOptions } from '../spec/index.ts';

/** A picture named by digest; the engine loads its bytes. */
export interface PictureRef {
  readonly digest: Digest;
  readonly role: 'condition' | 'reference' | 'start-frame' | 'end-frame';
  readonly name?: string;
}

/** A request for words, as stages write it and provenance keeps it. */
export interface TextAsk {
  readonly kind: 'text';
  readonly system: string;
  readonly prompt: string;
  readonly shape: 'storyboard' | 'scenes' | 'prompt';
  readonly scenes: number;
  readonly temperature: number;
  readonly seed: number;
  readonly options?: ModelOptions;
}

/** A request for a still. */
export interface ImageAsk {
  readonly kind: 'image';
  readonly prompt: string;
  readonly ratio: string;
  readonly width: number;
  readonly height: number;
  readonly size?: string;
  readonly seed: number;
  readonly negativePrompt?: string;
  readonly pictures: readonly PictureRef[];
  readonly options?: ModelOptions;
}

/** A request for a clip. */
export interface ClipAsk {
  readonly kind: 'video';
  readonly prompt: string;
  readonly seconds: number;
  readonly ratio: string;
  readonly width: number;
  readonly height: number;
  readonly resolution: string;
  readonly audio: boolean;
  readonly seed: number;
  readonly negativePrompt?: string;
  readonly start: Digest;
  readonly end?: Digest;
  readonly references: readonly PictureRef[];
  readonly takes: number;
  readonly options?: ModelOptions;
}

/** What a billable step asks of a model. Plain JSON: it is the provenance, and what an idempotent re-send sends. */
export type Ask = TextAsk | ImageAsk | ClipAsk;
