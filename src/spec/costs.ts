import type { ModelId, Usage } from './models.ts';
import type { MicroUsd } from './money.ts';

/** One call to be priced. `at` (ISO 8601) chooses the rate; amounts are upper bounds. `resolution` is a clip's (`720p`) or a picture's (a size's name, else `1280x720`). */
export interface PriceRequest {
  readonly model: ModelId;
  readonly at: string;
  readonly images?: number;
  readonly seconds?: number;
  readonly audio?: boolean;
  readonly resolution?: string;
  readonly inputTokens?: number;
  readonly maxOutputTokens?: number;
}

/** Price of one call. `exact` when expected = worst by the nature of the rate. */
export interface Price {
  readonly expected: MicroUsd;
  readonly worst: MicroUsd;
  readonly exact: boolean;
}

/** Used units of a call that is over. `request` is what was priced for it. */
export interface ChargeRequest {
  readonly request: PriceRequest;
  readonly usage: Usage;
}

/** Prices single calls. `null` means unknown: shown as `null`, and refused under a budget. */
export interface CostModel {
  readonly specVersion: 1;
  quote(request: PriceRequest): Price | null;
  charge(request: ChargeRequest): MicroUsd | null;
}
