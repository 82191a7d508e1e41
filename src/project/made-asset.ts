import type { Asset } from '../spec/index.ts';

/** One take of a step, as events carry it. */
export interface MadeAsset {
  readonly asset: Asset;
  /** The bytes as delivered, where the core had to fit them to the film. */
  readonly original?: Asset;
  /** How good a scorer finds it: the best of the takes that were asked for is used. */
  readonly score?: number;
}
