import type { Rate } from './catalogue.ts';
import type { ModelId, Usage } from './models.ts';
import type { MicroUsd } from './money.ts';

/** One call to be priced. `at` (ISO 8601) chooses the rate; amounts are upper bounds. `resolution` is a clip's (`720p`) or a picture's (a size's name, else `1280x720`). */
export interface PriceRequest {
  /** `provider:model`. */
  readonly model: ModelId;
  /** When the call is intended. */
  readonly at: string;
  /** Pictures that are asked for. */
  readonly images?: number;
  /** Seconds of video that are asked for, over all takes. */
  readonly seconds?: number;
  /** Whether the clip is asked for with sound. */
  readonly audio?: boolean;
  /** A clip's shorter side, or a picture's size. */
  readonly resolution?: string;
  /** Tokens that go in, counted high. */
  readonly inputTokens?: number;
  /** Tokens that come out at most, from the catalogue. */
  readonly maxOutputTokens?: number;
}

/** Price of one call, micro-dollars. `exact` when expected = worst by the nature of the rate. */
export interface Price {
  readonly expected: MicroUsd;
  readonly worst: MicroUsd;
  readonly exact: boolean;
  /** The rates that it was made of, with their dates and sources; for people. @default not said */
  readonly rates?: readonly Rate[];
}

/** Used units of a call that is over. `request` is what was priced for it. */
export interface ChargeRequest {
  readonly request: PriceRequest;
  readonly usage: Usage;
}

/** Prices single calls. `null` means unknown: shown as `null`, and refused under a budget. */
export interface CostModel {
  readonly specVersion: 1;
  /** What a call will cost. `worst` is held in the pools while the call is under way. A throw ends the run as a defect. */
  quote(request: PriceRequest): Price | null;
  /** What a call has cost. `null`, or a throw: nobody can say, and its worst price stays in `unknown`. */
  charge(request: ChargeRequest): MicroUsd | null;
}
