import type { Asset } from './assets.ts';
import type { InspectContext } from './inspect.ts';

// #region score
/** What a candidate is, for those who say how good it is. */
export interface ScoreContext extends Pick<
  InspectContext,
  'projectId' | 'stepId' | 'sceneId' | 'path' | 'audio' | 'signal'
> {
  /** Length that was asked for, seconds. */
  readonly seconds: number;
  /** What its model was asked for. */
  readonly prompt: string;
}

/** How good a candidate is, any finite number, the higher the better; `null`: it can not be said. */
export type Score = (asset: Asset, about: ScoreContext) => number | null | Promise<number | null>;
// #endregion
