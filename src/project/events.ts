import type {
  Asset,
  Digest,
  FailureKind,
  MicroUsd,
  ModelId,
  OperationHandle,
  Price,
  PriceRequest,
  StoredEvent,
  Usage,
} from '../spec/index.ts';
import type { AssetEventBodies } from './asset-events.ts';
import type { ChangeBodies } from './change-events.ts';
import type { InheritedArtifact, InheritedWork, Parent } from './inherited.ts';
import type { GateName } from './kinds.ts';
import type { MadeAsset } from './made-asset.ts';
import type { FilterRefusal, RemedyEventBodies, StepRef } from './remedy-events.ts';
import type { RemedyRecipe } from './remedies.ts';
import type { FilmFormat, Settings, Warning } from './settings.ts';
import type { RunEnd } from './status.ts';
import type { Character, Scene, StyleGuide } from './storyboard.ts';

export type { FilterRefusal, StepRef };

export type { MadeAsset };

/** Why a run rests without being over. */
export type Waiting =
  | { readonly reason: 'gate'; readonly gate: GateName }
  | { readonly reason: 'budget'; readonly missing: MicroUsd; readonly pool: string }
  | { readonly reason: 'unknown-charge'; readonly calls: readonly string[] }
  | { readonly reason: 'storage'; readonly message: string }
  | { readonly reason: 'provider'; readonly model: ModelId; readonly retryAt: string; readonly message: string }
  | { readonly reason: 'overdue'; readonly calls: readonly string[] }
  | { readonly reason: 'parent'; readonly calls: readonly string[] }
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

/** Body of every event by its type. */
export interface EventBodies extends AssetEventBodies, ChangeBodies, RemedyEventBodies {
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
    /** Where a fork comes from. */
    readonly parent?: Parent;
  };
  /** A fork has what its parent had made: in the batch of `project.created`, once. */
  'work.inherited': InheritedWork<EventBodies['remedy.applied']>;
  /** What has become of a parent's call that a fork waits for; nothing `made`: its step is bought here. */
  'parent.reported': StepRef & {
    readonly callId: string;
    readonly outcome: 'settled' | 'rejected' | 'abandoned' | 'deleted';
    readonly made: readonly InheritedArtifact[];
  };
  /** The user approves what stands before a gate, and what the plan costs at most; the gates before it are approved with it. */
  'gate.approved': { readonly gate: GateName; readonly digest: string; readonly worst: MicroUsd | null };
  /** The user wants the run to end; with `drain` when what is under way has come to its end. */
  'stop.requested': { readonly drain?: boolean };
  /** A driver has taken the project. */
  'run.started': {
    readonly run: string;
    readonly owner: string;
    readonly retryRefused: boolean;
    /** It has an `inspect` hook. @default false */
    readonly inspects?: boolean;
    /** It has a `score` hook. @default false */
    readonly scores?: boolean;
  };
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
  /** What is held and charged in a pool has reached a share of its cap: 0.5, 0.8 or 0.95. Each project tells each once for a cap. */
  'budget.warned': {
    readonly pool: string;
    readonly spent: MicroUsd;
    readonly cap: MicroUsd;
    readonly share: number;
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
    /** The pools that it draws on. @default its project's and its account's */
    readonly pools?: readonly string[];
    readonly submitWithinMs: number;
    readonly requestDeadlineMs: number;
    readonly replaces: string | null;
  };
  /** The provider took it; its handle is durable. */
  'call.submitted': { readonly callId: string; readonly handle: OperationHandle };
  /** Its outputs came with the answer and could not be looked at yet: they are kept as they are, until `call.settled` says what they are. */
  'call.delivered': {
    readonly callId: string;
    readonly outputs: readonly Asset[];
    readonly usage: Usage | null;
    readonly blocked: FilterRefusal | null;
  };
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
    /** Bytes that came all the same though a filter took them: not kept, and not used where they come again. */
    readonly flagged?: readonly Digest[];
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
