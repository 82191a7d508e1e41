import type { Digest } from '../spec/index.ts';
import { type Blocking, inspectionKey } from './bars.ts';
import type { StepKind } from './kinds.ts';
import type { Artifact, ProjectState, StepAt } from './state.ts';

/** Why a take is not used. */
export interface Bar {
  readonly why: 'blocked' | 'retake' | 'uninspected';
  readonly reasons: readonly string[];
  readonly codes: readonly string[];
}

const UNINSPECTED: Bar = { why: 'uninspected', reasons: [], codes: [] };

/** Takes of these steps are inspected: what models make. Films and border frames are made of them; what the user supplies is looked at before it is in the log. */
function isInspected(kind: StepKind): boolean {
  return kind === 'keyframe' || kind === 'clip';
}

/** The frames that a clip was filmed from. */
function framesOf({ calls }: ProjectState, { callId, origin }: Artifact): Digest[] {
  const request = origin?.request ?? calls.get(callId ?? '')?.intended.body.request;
  const { start, end } = (request ?? {}) as { readonly start?: Digest; readonly end?: Digest };
  return [start ?? [], end ?? []].flat();
}

/** Why a take is not used: its bytes as they are or were delivered, or a frame that it shows. */
function blockingOf(state: ProjectState, take: Artifact): Blocking | undefined {
  const { blocked } = state.bars;
  if (blocked.size === 0) return undefined;
  const shown = [
    take.asset.digest,
    ...(take.original === null ? [] : [take.original.digest]),
    ...framesOf(state, take),
  ];
  return shown.flatMap((digest) => blocked.get(digest) ?? [])[0];
}

/** Whether a take must not be used: it, or a frame that it was filmed from, is blocked. */
export function isBlockedTake(state: ProjectState, take: Artifact): boolean {
  return blockingOf(state, take) !== undefined;
}

function barOf(state: ProjectState, kind: StepKind, take: Artifact): Bar | null {
  const blocking = blockingOf(state, take);
  if (blocking !== undefined) return { ...blocking, why: 'blocked' };
  if (!isInspected(kind)) return null;
  const { bars } = state;
  const inspection = bars.inspected.get(inspectionKey(take.stepId, take.asset.digest));
  if (inspection === undefined) return bars.inspects ? UNINSPECTED : null;
  return inspection.verdict === 'retake' ? { ...inspection, why: 'retake' } : null;
}

/** What is known of a step without the takes that are not used. */
export function usable(state: ProjectState, kind: StepKind, at: StepAt | undefined): StepAt | undefined {
  const { blocked, inspected, inspects } = state.bars;
  if (at === undefined || (blocked.size === 0 && inspected.size === 0 && !inspects)) return at;
  const isFree = (take: Artifact): boolean => barOf(state, kind, take) === null;
  // The user's own choice goes before what `inspect` would rather have.
  const mayBeChosen = (take: Artifact): boolean => isFree(take) || barOf(state, kind, take)?.why === 'retake';
  const selected = at.selected !== null && mayBeChosen(at.selected) ? at.selected : null;
  return { ...at, artifacts: at.artifacts.filter(isFree), selected };
}

/** The next take of a step that `inspect` has to look at before the step goes on. */
export function uninspected(state: ProjectState, kind: StepKind, at: StepAt | undefined): Artifact | undefined {
  if (!state.bars.inspects) return undefined;
  const takes = at === undefined ? [] : [...at.artifacts, ...(at.selected === null ? [] : [at.selected])];
  return takes.find((take) => barOf(state, kind, take)?.why === 'uninspected');
}

/** What a step is looked at for. */
interface Made {
  readonly kind: StepKind;
  readonly ordinal: number;
  readonly artifact: Artifact | null;
}

/** Why a step has nothing, though the take that it wants was made; `null` where it has one, or is still to make it. */
export function barOfStep(
  state: ProjectState,
  { kind, ordinal, artifact }: Made,
  at: StepAt | undefined,
): (Bar & { readonly why: 'blocked' | 'retake' }) | null {
  const take = artifact === null ? at?.artifacts.findLast((made) => made.ordinal === ordinal) : undefined;
  const bar = take === undefined ? null : barOf(state, kind, take);
  return bar === null || bar.why === 'uninspected' ? null : { ...bar, why: bar.why };
}
