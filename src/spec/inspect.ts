import type { Asset } from './assets.ts';

// #region inspect
/** What a take is, for those who look at it. */
export interface InspectContext {
  readonly projectId: string;
  readonly stepId: string;
  readonly sceneId: string;
  readonly kind: 'still' | 'clip';
  /** A local file with its bytes, to be read only, as long as the inspection lasts. */
  readonly path: string;
  /** Length that was asked for, seconds; `null` for a still, and for a clip of the user's own. */
  readonly seconds: number | null;
  /** Whether sound was asked for. */
  readonly audio: boolean;
  /** Aborted at the time limit, and when the run is stopped. */
  readonly signal: AbortSignal;
}

/**
 * What is done with a take: `ok`, it is used; `retake`, another one is bought in its place, at most 2 of a step, then the step is refused;
 * `blocked`, its bytes are used nowhere in the project, and the step is answered as one whose output a content filter took. Reasons are 1 to 20 texts.
 */
export type Verdict =
  | 'ok'
  | { readonly retake: true; readonly reasons: readonly string[]; readonly codes?: readonly string[] }
  | { readonly blocked: true; readonly reasons: readonly string[]; readonly codes?: readonly string[] };

/** Looks at a take before it is used. */
export type Inspect = (asset: Asset, context: InspectContext) => Verdict | Promise<Verdict>;
// #endregion
