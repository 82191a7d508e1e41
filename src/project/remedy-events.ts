import type { Digest, FlaggedInput } from '../spec/index.ts';
import type { RemedyChange } from './custom-remedies.ts';
import type { AnyRemedy } from './remedies.ts';

/** What a content filter said. */
export interface FilterRefusal {
  readonly reasons: readonly string[];
  /** The provider's support codes. */
  readonly codes: readonly string[];
  readonly input: FlaggedInput;
}

/** A step at one fingerprint and ordinal. */
export interface StepRef {
  readonly stepId: string;
  readonly fingerprint: string;
  readonly ordinal: number;
}

/** Bodies of the events that tell of refusals and what is tried against them. */
export interface RemedyEventBodies {
  /** A content filter refused a step, and no remedy is left; `reasons` and `codes` are those of all its refusals. */
  'step.refused': StepRef & FilterRefusal & { readonly run: string };
  /**
   * A content filter refused a step, and this is tried: it enters the recipe of `stepId`, until its scene's words change. `askedBy` is the refused step itself,
   * or for a frame the clip that it was given to; both then have one. A frame that was taken from a clip has that clip made anew.
   */
  'remedy.applied': FilterRefusal & {
    readonly run: string;
    readonly stepId: string;
    /** That of `stepId` before the remedy. */
    readonly forFingerprint: string;
    readonly askedBy: string;
    /** Its place in `settings.safety.remedies`; -1 for a retake that `inspect` asked for. */
    readonly index: number;
    readonly remedy: AnyRemedy;
    /** What a remedy of the user's own said. */
    readonly change?: RemedyChange;
    /** The frame that is to be drawn anew. */
    readonly frame: Digest | null;
  };
  /** The prompt that a `rewrite` has asked for is there; `target` is the step that is made from it. */
  'remedy.rewritten': {
    readonly run: string;
    readonly callId: string;
    readonly attempt: number;
    readonly stepId: string;
    readonly target: string;
    readonly index: number;
    readonly prompt: string;
  };
  /** A remedy has not helped: the same input was flagged again, the new frame is the old one, or the writer refused too. The next one of the list is tried. */
  'remedy.ineffective': {
    readonly run: string;
    readonly stepId: string;
    readonly index: number;
    readonly why: 'flagged-again' | 'same-frame' | 'refused';
  };
}
