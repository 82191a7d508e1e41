import { inspectionKey } from './bars.ts';
import type { StepKind } from './kinds.ts';
import type { Artifact, ProjectState, StepAt } from './state.ts';

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
  const inspection = bars.inspected.get(inspectionKey(stepId, asset.digest));
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
