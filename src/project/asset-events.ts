import type { Digest } from '../spec/index.ts';
import type { StepRef } from './remedy-events.ts';

/** Who took bytes out of use. */
export type BlockedBy = 'user' | 'inspect' | 'provider';

/** Bodies of the events that say which bytes may be used. */
export interface AssetEventBodies {
  /**
   * Bytes must not be used any more, at whatever step of the project they stand: never shown, sent, stitched or inherited. Of the user it is a
   * decision, of `inspect` a fact. Bytes that a provider delivered flagged are in `call.settled`.
   */
  'artifact.blocked': {
    readonly digest: Digest;
    readonly by: BlockedBy;
    /** The step that they were made for. */
    readonly stepId: string;
    readonly reasons: readonly string[];
    readonly codes: readonly string[];
  };
  /** What `inspect` said of a take, once per step and digest; a take that it blocked is `artifact.blocked`. A fact. */
  'artifact.inspected': {
    readonly stepId: string;
    readonly digest: Digest;
    readonly verdict: 'ok' | 'retake';
    readonly reasons: readonly string[];
    readonly codes: readonly string[];
  };
  /** What `score` said of a take, once: `null` where it said nothing, with the `error` that kept it from it. A fact. */
  'artifact.scored': StepRef & {
    readonly digest: Digest;
    readonly score: number | null;
    readonly error: string | null;
  };
}
