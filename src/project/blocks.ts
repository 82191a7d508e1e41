import { InvalidChangeError } from '../errors/index.ts';
import type { Digest } from '../spec/index.ts';
import type { AssetEventBodies, BlockedBy } from './asset-events.ts';
import type { EventDraft } from './events.ts';
import type { StepKind } from './kinds.ts';
import type { Artifact, ProjectState, StepAt } from './state.ts';
import type { Step } from './steps.ts';

/** Why bytes are not used. */
export interface Blocking {
  readonly by: BlockedBy;
  /** The step that they were first blocked at. */
  readonly stepId: string;
  readonly reasons: readonly string[];
  readonly codes: readonly string[];
}

/** What is known of the use of bytes. */
export interface Bars {
  readonly blocked: Map<Digest, Blocking>;
  /** What `inspect` said of takes, by step and digest. */
  readonly inspected: Map<string, AssetEventBodies['artifact.inspected']>;
  /** The last run was begun by a pipeline with an `inspect` hook: takes are not used before it has looked at them. */
  inspects: boolean;
}

/** Nothing is barred. */
export function noBars(): Bars {
  return { blocked: new Map(), inspected: new Map(), inspects: false };
}

/** Whether bytes must not be used in a project: not shown, sent, stitched, exported or inherited. */
export function isBlocked({ bars }: Pick<ProjectState, 'bars'>, digest: Digest): boolean {
  return bars.blocked.has(digest);
}

/** Folds a block; the first one of a digest counts. Mutates. */
export function block({ bars }: ProjectState, { digest, ...blocking }: AssetEventBodies['artifact.blocked']): void {
  if (!bars.blocked.has(digest)) bars.blocked.set(digest, blocking);
}

const keyOf = (stepId: string, digest: Digest): string => `${stepId} ${digest}`;

/** Folds what `inspect` said. Mutates. */
export function noteInspection({ bars }: ProjectState, body: AssetEventBodies['artifact.inspected']): void {
  bars.inspected.set(keyOf(body.stepId, body.digest), body);
}

/** Why a take is not used. */
export interface Bar {
  readonly why: 'blocked' | 'retake' | 'uninspected';
  readonly reasons: readonly string[];
  readonly codes: readonly string[];
}

const UNINSPECTED: Bar = { why: 'uninspected', reasons: [], codes: [] };

/** Takes of these steps are inspected: what models make, or the user supplies. Films and border frames are made of them. */
function isInspected(kind: StepKind): boolean {
  return kind === 'keyframe' || kind === 'clip';
}

function barOf({ bars }: ProjectState, kind: StepKind, { stepId, asset, original }: Artifact): Bar | null {
  const blocking =
    bars.blocked.get(asset.digest) ?? (original === null ? undefined : bars.blocked.get(original.digest));
  if (blocking !== undefined) return { ...blocking, why: 'blocked' };
  if (!isInspected(kind)) return null;
  const inspection = bars.inspected.get(keyOf(stepId, asset.digest));
  if (inspection === undefined) return bars.inspects ? UNINSPECTED : null;
  return inspection.verdict === 'retake' ? { ...inspection, why: 'retake' } : null;
}

/** What is known of a step without the takes that are not used. */
export function usable(state: ProjectState, kind: StepKind, at: StepAt | undefined): StepAt | undefined {
  const { blocked, inspected, inspects } = state.bars;
  if (at === undefined || (blocked.size === 0 && inspected.size === 0 && !inspects)) return at;
  const isFree = (take: Artifact): boolean => barOf(state, kind, take) === null;
  const selected = at.selected !== null && isFree(at.selected) ? at.selected : null;
  return { ...at, artifacts: at.artifacts.filter(isFree), selected };
}

/** The next take of a step that `inspect` has to look at before the step goes on. */
export function uninspected(state: ProjectState, kind: StepKind, at: StepAt | undefined): Artifact | undefined {
  if (!state.bars.inspects) return undefined;
  return at?.artifacts.find((take) => barOf(state, kind, take)?.why === 'uninspected');
}

/** Why a step has nothing, though the take that it wants was made; `null` where it has one, or is still to make it. */
export function barOfStep(
  state: ProjectState,
  { kind, ordinal, artifact }: Step,
  at: StepAt | undefined,
): (Bar & { readonly why: 'blocked' | 'retake' }) | null {
  const take = artifact === null ? at?.artifacts.findLast((made) => made.ordinal === ordinal) : undefined;
  const bar = take === undefined ? null : barOf(state, kind, take);
  return bar === null || bar.why === 'uninspected' ? null : { ...bar, why: bar.why };
}

const LONGEST_REASON = 2000;

function issueWith(reason: string, take: Artifact | undefined): string | null {
  if (reason.trim() === '' || reason.length > LONGEST_REASON)
    return `reason: expected 1 to ${LONGEST_REASON} characters, got ${reason.length}`;
  if (!reason.isWellFormed()) return 'reason: expected whole characters, got half of a pair (a lone surrogate)';
  if (take === undefined) return 'no step of the project has made these bytes';
  return /^(keyframe|clip|film)/.test(take.stepId) ? null : `they are words, of ${take.stepId}`;
}

function takeOf({ steps }: ProjectState, digest: Digest): Artifact | undefined {
  for (const byFingerprint of steps.values())
    for (const { artifacts } of byFingerprint.values())
      for (const take of artifacts) if (take.asset.digest === digest || take.original?.digest === digest) return take;
  return undefined;
}

/** The clip that a border frame was taken from shows it. */
function shownBy(planned: readonly Step[], digest: Digest): Digest | null {
  const recipe = planned
    .find(({ kind, artifact }) => kind === 'border' && artifact?.asset.digest === digest)
    ?.recipe?.();
  return recipe?.recipe === 'border/1' ? recipe.clip : null;
}

/** The events that block bytes, none where they are blocked already; with a border frame its clip is. `planned` are the steps of the plan. Throws `InvalidChangeError`. Pure. */
export function blockArtifact(
  state: ProjectState,
  planned: readonly Step[],
  digest: Digest,
  reason: string,
): EventDraft[] {
  const take = takeOf(state, digest);
  const issue = issueWith(reason, take);
  if (issue !== null) throw new InvalidChangeError({ issues: [`${digest}: ${issue}`] });
  const clip = shownBy(planned, digest);
  return [digest, ...(clip === null ? [] : [clip])].flatMap((each): EventDraft[] => {
    const stepId = takeOf(state, each)?.stepId;
    if (stepId === undefined || isBlocked(state, each)) return [];
    return [{ type: 'artifact.blocked', body: { digest: each, by: 'user', stepId, reasons: [reason], codes: [] } }];
  });
}
