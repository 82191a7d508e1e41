import type { FlaggedInput, ModelId } from '../spec/index.ts';

// #region custom
/** What a remedy of your own is given of a still or clip that a filter refused. */
export interface RemedyInput {
  readonly projectId: string;
  readonly stepId: string;
  readonly sceneId: string;
  readonly kind: 'still' | 'clip';
  /** The words that were refused: the scene's own, or those of a remedy before. */
  readonly prompt: string;
  readonly model: ModelId;
  /** The models that can make it, `model` among them. */
  readonly models: readonly ModelId[];
  /** How many remedies went before. */
  readonly nth: number;
  readonly reasons: readonly string[];
  /** The provider's support codes. */
  readonly codes: readonly string[];
  /** What the filter took. */
  readonly input: FlaggedInput;
}

/** What it changes of the request; what is left out stays. Another seed is drawn in any case. */
export interface RemedyChange {
  /** In place of the scene's own prompt, 1 to 4,000 characters. */
  readonly prompt?: string;
  /** Before the prompt, 1 to 2,000 characters. */
  readonly prefix?: string;
  /** 0 to 4294967295. */
  readonly seed?: number;
  /** One of `models`. */
  readonly model?: ModelId;
}

/** A remedy of your own: pure, as it may be called again until its answer is in the log; never afterwards. `null`: it can not help, the next one is tried. */
export type CustomRemedy = (input: RemedyInput) => RemedyChange | null;
// #endregion

/** Remedies of a user by their names. */
export type CustomRemedies = Readonly<Record<string, CustomRemedy>>;
