import type {
  Asset,
  Digest,
  FailureKind,
  FlaggedInput,
  MicroUsd,
  ModelId,
  OperationHandle,
  Price,
  PriceRequest,
  StoredEvent,
  Usage,
} from '../spec/index.ts';
import type { GateName } from './kinds.ts';
import type { RemedyRecipe } from './remedies.ts';
import type { FilmFormat, Remedy, Settings, Warning } from './settings.ts';
import type { RunEnd } from './status.ts';
import type { Character, Scene, StyleGuide } from './storyboard.ts';

/** Why a run rests without being over. */
export type Waiting =
  | { readonly reason: 'gate'; readonly gate: GateName }
  | { readonly reason: 'budget'; readonly missing: MicroUsd; readonly pool: string }
  | { readonly reason: 'unknown-charge'; readonly calls: readonly string[] }
  | { readonly reason: 'storage'; readonly message: string }
  | { readonly reason: 'provider'; readonly model: ModelId; readonly retryAt: string; readonly message: string }
  | { readonly reason: 'overdue'; readonly calls: readonly string[] }
  | { readonly reason: 'deadline'; readonly nextCheckAt: string };

/** Why a writer's reply could not be used. */
export type WritingFault = 'not-json' | 'schema' | 'count' | 'blocked' | 'cut-off' | 'empty';

/** Why a step moves to the next model of its list; `refused`: the remedy `model` asked for it. */
export type ReplacedReason = 'retired' | 'rate-limited' | 'failing' | 'refused';

/** What a stop did with one running operation. */
export interface StoppedOperation {
  readonly callId: string;
  readonly outcome: 'cancelled' | 'detached' | 'unknown';
  readonly charged: 'yes' | 'no' | 'unknown';
  readonly heldUntil: string | null;
}

/** One take of a step, as events carry it. */
export interface MadeAsset {
  readonly asset: Asset;
  /** The bytes as delivered, where the core had to fit them to the film. */
  readonly original?: Asset;
}

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

/** Body of every event by its type. */
export interface EventBodies {
  /** The project exists: settings negotiated with the models. First event, once. */
  'project.created': {
    readonly settings: Settings;
    readonly film: FilmFormat;
    /** Lengths of the scenes to be written, seconds. */
    readonly lengths: readonly number[];
    readonly supplied: {
      readonly styleGuide: StyleGuide;
      readonly characters: readonly Character[];
      readonly scenes: readonly Scene[];
    } | null;
    readonly recipes: number;
    /** Hash of what was asked for under an idempotency key, `null` without one. */
    readonly wish: string | null;
    readonly warnings: readonly Warning[];
  };
  /** The user changed settings. */
  'settings.changed': { readonly settings: Partial<Settings> };
  /** The user wants `lengths.length` more scenes before scene `before` (`null`: at the end). */
  'scenes.requested': {
    readonly requestId: string;
    readonly lengths: readonly number[];
    readonly before: string | null;
    readonly direction: string | null;
  };
  /** The user wants one more take of a step as it is now. */
  'take.requested': { readonly stepId: string; readonly fingerprint: string };
  /** The user approves what stands before a gate, and what the plan costs at most; the gates before it are approved with it. */
  'gate.approved': { readonly gate: GateName; readonly digest: string; readonly worst: MicroUsd | null };
  /** The user wants the run to end. */
  'stop.requested': Readonly<Record<never, never>>;
  /** A driver has taken the project. */
  'run.started': { readonly run: string; readonly owner: string; readonly retryRefused: boolean };
  /** The run has come to rest. */
  'run.ended': {
    readonly run: string;
    readonly status: RunEnd;
    readonly waiting?: Waiting;
    readonly error?: { readonly code: string; readonly message: string };
    readonly operations?: readonly StoppedOperation[];
  };
  /** A defect of the library itself ended the run; followed by `run.ended`. */
  'run.crashed': { readonly run: string; readonly code: string; readonly message: string };
  /** The words of the film are there. */
  'storyboard.written': {
    readonly run: string;
    readonly callId: string;
    readonly attempt: number;
    readonly styleGuide: StyleGuide;
    readonly characters: readonly Character[];
    readonly scenes: readonly Scene[];
  };
  /** A writer's reply could not be used; `final` ends the tries. */
  'storyboard.faulted': {
    readonly run: string;
    readonly callId: string;
    readonly stepId: string;
    readonly fingerprint: string;
    readonly attempt: number;
    readonly fault: WritingFault;
    readonly message: string;
    readonly final: boolean;
  };
  /** Asked-for scenes are written. */
  'scenes.added': {
    readonly run: string;
    readonly requestId: string;
    readonly callId: string;
    readonly attempt: number;
    readonly scenes: readonly Scene[];
  };
  /** A free step (film, border frame) has made its artifact. */
  'step.completed': StepRef & { readonly run: string; readonly made: readonly MadeAsset[] };
  /** A step can not go on in this run. */
  'step.failed': StepRef & { readonly run: string; readonly code: string; readonly message: string };
  /** A content filter refused a step, and no remedy is left; `reasons` and `codes` are those of all its refusals. */
  'step.refused': StepRef & FilterRefusal & { readonly run: string };
  /**
   * A content filter refused a step, and this is tried: it enters the recipe of `stepId`, until its scene's words change. `askedBy` is the refused step itself,
   * or for a frame the clip that it was given to; both then have one.
   */
  'remedy.applied': FilterRefusal & {
    readonly run: string;
    readonly stepId: string;
    /** That of `stepId` before the remedy. */
    readonly forFingerprint: string;
    readonly askedBy: string;
    /** Its place in `settings.safety.remedies`. */
    readonly index: number;
    readonly remedy: Remedy;
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
  /** A step moves down its list of models, for good or until its scene's words change: the new model enters the recipe of `stepId` alone. */
  'model.replaced': {
    readonly run: string;
    readonly stepId: string;
    /** That of `stepId` before. */
    readonly forFingerprint: string;
    readonly from: ModelId;
    readonly to: ModelId;
    readonly reason: ReplacedReason;
  };
  /** A billable request is about to be sent; its worst price is held. */
  'call.intended': StepRef & {
    readonly callId: string;
    readonly run: string;
    /** Who sends it; proven dead, nobody needs to wait for it. */
    readonly owner: string;
    readonly model: ModelId;
    readonly kind: 'text' | 'image' | 'video';
    readonly attempt: number;
    /** What remedies have made of the request. */
    readonly remedy: RemedyRecipe | null;
    /** The exact request, media by digest. */
    readonly request: Readonly<Record<string, unknown>>;
    readonly priced: PriceRequest;
    readonly price: Price | null;
    readonly submitWithinMs: number;
    readonly requestDeadlineMs: number;
    readonly replaces: string | null;
  };
  /** The provider took it; its handle is durable. */
  'call.submitted': { readonly callId: string; readonly handle: OperationHandle };
  /** Nobody knows whether the provider took it, or what became of it. */
  'call.unknown': { readonly callId: string; readonly reason: string };
  /** The provider certainly did not take it. */
  'call.rejected': { readonly callId: string; readonly reason: string; readonly kind: string };
  /** The provider reported a final outcome. `charged` is what it bills; `null` when nobody can say. */
  'call.settled': {
    readonly callId: string;
    readonly outcome: 'succeeded' | 'blocked' | 'failed';
    readonly charged: MicroUsd | null;
    readonly usage: Usage | null;
    readonly made: readonly MadeAsset[];
    readonly failure: {
      readonly kind: FailureKind | 'bad-output' | 'download-refused';
      readonly message: string;
    } | null;
    /** What a filter took; with `succeeded` it is a part of what was asked for. */
    readonly blocked: FilterRefusal | null;
  };
  /** The user's answer for an unknown call. */
  'call.resolved': { readonly callId: string; readonly outcome: 'charged' | 'not-charged' | 'resubmit' | 'abandon' };
}

/** Types of events. */
export type EventType = keyof EventBodies;

/** One event of a project's log. */
export type ProjectEvent = {
  [T in EventType]: Omit<StoredEvent, 'type' | 'body'> & { readonly type: T; readonly body: EventBodies[T] };
}[EventType];

/** An event before it is stored. */
export type EventDraft = { [T in EventType]: { readonly type: T; readonly body: EventBodies[T] } }[EventType];
