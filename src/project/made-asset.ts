import type { Asset } from '../spec/index.ts';

/** One take of a step, as events carry it. */
export interface MadeAsset {
  readonly asset: Asset;
  /** The bytes as delivered, where the core had to fit them to the film. */
  readonly original?: Asset;
  /** How good `score` finds it: the best of the takes that were asked for is used. `null`: it could not say; absent: it was not asked. */
  readonly score?: number | null;
}
