import { CorruptLogError } from '../errors/index.ts';
import type { Asset, MicroUsd, ModelId, OperationHandle } from '../spec/index.ts';
import type { Bars } from './bars.ts';
import type { EventBodies, ProjectEvent } from './events.ts';
import type { AwaitedCall, Origin } from './inherited.ts';
import type { GateName } from './kinds.ts';
import type { FilmFormat, Settings, Warning } from './settings.ts';
import type { LogStatus } from './status.ts';
import type { Character, Scene, StyleGuide } from './storyboard.ts';

/** The stored event of one type. */
export type EventOf<T extends ProjectEvent['type']> = Extract<ProjectEvent, { readonly type: T }>;

/** One take: what a step made, and where its bytes are. `callId` is `null` for free steps. */
export interface Artifact {
  readonly stepId: string;
  readonly fingerprint: string;
  readonly ordinal: number;
  readonly asset: Asset;
  readonly original: Asset | null;
  readonly callId: string | null;
  /** Where it comes from, when it was made in another project. */
  readonly origin: Origin | null;
  /** `null`: `score` could not say. */
  readonly score?: number | null;
}

/** Where a call stands. */
export type CallState = 'intended' | 'submitted' | 'unknown' | 'rejected' | 'settled' | 'abandoned';

/** One billable request and all that is known of it. */
export interface CallRecord {
  readonly intended: EventOf<'call.intended'>;
  state: CallState;
  handle: OperationHandle | null;
  /** Outputs that are kept and not looked at yet. */
  delivered: EventBodies['call.delivered'] | null;
  unknownReason: string | null;
  rejected: EventBodies['call.rejected'] | null;
  settled: EventBodies['call.settled'] | null;
  resolved: EventBodies['call.resolved']['outcome'] | null;
  /** When what it came to was recorded, ISO 8601; `null` while it is open. */
  endedAt: string | null;
}

/** How a step ended without an artifact, in one run. */
export interface StepFault {
  readonly run: string;
  readonly code: string;
  readonly message: string;
}

/** What is known of a step at one fingerprint. */
export interface StepAt {
  readonly artifacts: Artifact[];
  /** Takes that retakes have asked for in all, beyond the first. */
  extraTakes: number;
  /** The user's choice at this fingerprint: one of its takes, or one of another. */
  selected: Artifact | null;
  /** Calls made for it, in order. */
  readonly calls: CallRecord[];
  /** Ordinals that the project it was copied from has asked for, and that nothing has come of. */
  without: readonly number[];
  failed: StepFault | null;
  refused: (StepFault & { readonly codes: readonly string[] }) | null;
  /** A writer's unusable replies, in order. */
  readonly faults: EventBodies['storyboard.faulted'][];
  /** Calls of the parent that were open when this project was forked off. */
  awaited: readonly AwaitedCall[];
}

/** A remedy that stands: until the scene's words change. */
export interface AppliedRemedy {
  readonly body: EventBodies['remedy.applied'];
  /** The rewritten prompt, once it is there. */
  words: string | null;
  ended: boolean;
}

/** A scene and its fingerprints, which are forgotten when words or settings change. */
export interface SceneRecord {
  scene: Scene;
  readonly memo: Map<string, string>;
}

/** The run that is on, or the last one. */
export interface RunRecord {
  readonly run: string;
  readonly owner: string;
  readonly retryRefused: boolean;
  /** It has a `score` hook. */
  readonly scores: boolean;
  ended: EventOf<'run.ended'> | null;
}

/** What the user wants a step to stay, whatever its recipe is. */
export interface Held {
  readonly how: 'kept' | 'supplied';
  readonly artifact: Artifact;
  /** A kept clip is held as long as it has these frames and its scene this length. */
  readonly clip: EventBodies['artifact.kept']['clip'];
  /** Only where its scene is the first one. */
  readonly first: boolean;
}

/** Asked-for scenes that a writer still owes, or has written. */
export interface SceneRequest {
  readonly asked: EventBodies['scenes.requested'];
  fulfilled: boolean;
}

/** Sums of money of a project. `held` is for calls under way, `unknown` for those nobody can tell of. */
export interface LedgerSums {
  charged: number;
  held: number;
  unknown: number;
}

/** The fold of a project's log. Mutated in place by `applyEvent`. */
export interface ProjectState {
  readonly id: string;
  seq: number;
  status: LogStatus;
  created: EventOf<'project.created'>;
  updatedAt: string;
  settings: Settings;
  film: FilmFormat;
  warnings: readonly Warning[];
  styleGuide: StyleGuide | null;
  characters: readonly Character[];
  scenes: SceneRecord[];
  readonly sceneIndex: Map<string, SceneRecord>;
  /** Scenes whose steps an event has touched, in the order of events; `null` where it may be any. The plan is mended from here. */
  readonly touched: (SceneRecord | null)[];
  /** Fingerprints of steps that belong to no scene. */
  readonly memo: Map<string, string>;
  requests: Map<string, SceneRequest>;
  steps: Map<string, Map<string, StepAt>>;
  /** Remedies that were applied, by step and words of its scene. */
  readonly remedies: Map<string, readonly AppliedRemedy[]>;
  /** Bytes that are not used. */
  readonly bars: Bars;
  /** What the user keeps or has supplied, by step and its own words. */
  readonly held: Map<string, Held>;
  /** Scenes that are to be written anew. */
  readonly rewriting: Set<string>;
  /** Calls that were made before the user's last change. */
  callsBefore: number;
  /** Models that steps have moved to, by step and words of its scene. */
  readonly moves: Map<string, ModelId>;
  calls: Map<string, CallRecord>;
  /** Calls without a final fact: intended, submitted or unknown and not answered. */
  open: Set<string>;
  run: RunRecord | null;
  stopRequested: boolean;
  /** The stop waits for what is under way. */
  draining: boolean;
  /** Gates that are open. */
  readonly approved: Set<GateName>;
  /** Most that may be spent in all by the plan last approved; `null` before, and where nobody knows. */
  ceiling: MicroUsd | null;
  /** The last warning of each pool. */
  readonly warned: Map<string, EventBodies['budget.warned']>;
  crash: EventBodies['run.crashed'] | null;
  ledger: LedgerSums;
}

/** A call that is waited for. */
export type SubmittedCall = CallRecord & { readonly state: 'submitted'; readonly handle: OperationHandle };

/** Whether a call is waited for; its handle is then known. */
export function isSubmitted(call: CallRecord): call is SubmittedCall {
  return call.state === 'submitted' && call.handle !== null;
}

/** A call of the log. Throws `CorruptLogError` for one that was never intended. */
export function callOf(state: ProjectState, callId: string): CallRecord {
  const call = state.calls.get(callId);
  if (call === undefined)
    throw new CorruptLogError({
      what: `The log of ${state.id}`,
      reason: `it reports on a call that was never intended (${callId})`,
    });
  return call;
}

/** Calls without a final fact, in the order of the log. */
export function openCalls(state: ProjectState): CallRecord[] {
  return Array.from(state.open, (callId) => callOf(state, callId));
}

/** Whether a run is the project's, and has not ended. */
export function isUnderWay({ run }: ProjectState, id: string): boolean {
  return run?.run === id && run.ended === null;
}

/** What is known of a step at a fingerprint, created on first use. */
export function stepAt(state: ProjectState, stepId: string, fingerprint: string): StepAt {
  let byFingerprint = state.steps.get(stepId);
  if (byFingerprint === undefined) state.steps.set(stepId, (byFingerprint = new Map()));
  let at = byFingerprint.get(fingerprint);
  if (at === undefined) {
    at = {
      artifacts: [],
      extraTakes: 0,
      selected: null,
      calls: [],
      without: [],
      failed: null,
      refused: null,
      faults: [],
      awaited: [],
    };
    byFingerprint.set(fingerprint, at);
  }
  return at;
}

/** The same without creating. */
export function knownStepAt(state: ProjectState, stepId: string, fingerprint: string): StepAt | undefined {
  return state.steps.get(stepId)?.get(fingerprint);
}

/** The scene that a step belongs to; ids of its steps are `kind:sceneId…`. */
export function sceneOfStep(state: ProjectState, stepId: string): SceneRecord | undefined {
  return state.sceneIndex.get(stepId.split(':')[1] ?? '');
}

/** Worst price that a call holds; 0 where nobody knows a price. */
export function heldBy(call: CallRecord): MicroUsd {
  return (call.intended.body.price?.worst ?? 0) as MicroUsd;
}
