import type { Artifact, CallRecord, ProjectState, StepAt } from './state.ts';

/** Candidates that a step has by the settings, retakes not counted. */
export function candidatesOf({ settings }: ProjectState, stepId: string): number {
  return isClip(stepId) ? settings.takes : 1;
}

function isClip(stepId: string): boolean {
  return stepId.startsWith('clip:');
}

/** Takes that a call asks for: those of its ordinal and the ones after it. */
export function takesAsked({ intended }: CallRecord): number {
  const { takes } = intended.body.request;
  return typeof takes === 'number' ? takes : 1;
}

/** Takes that are chosen among: of each ordinal the one that was there first. */
function requestedTakes(artifacts: readonly Artifact[]): readonly Artifact[] {
  if (artifacts.length < 2) return artifacts;
  return [...new Map(artifacts.toReversed().map((each) => [each.ordinal, each])).values()];
}

/** Whether a take counts more than another one: by its score, then the newer ordinal. */
function isBetter(take: Artifact, than: Artifact): boolean {
  const [score, other] = [take.score ?? -Infinity, than.score ?? -Infinity];
  return score === other ? take.ordinal > than.ordinal : score > other;
}

/** The take that counts: the user's choice, else the best of those that were asked for. */
export function chosenArtifact(at: StepAt | undefined): Artifact | undefined {
  if (at === undefined) return undefined;
  if (at.selected !== null) return at.selected;
  let best: Artifact | undefined;
  for (const artifact of requestedTakes(at.artifacts))
    if (best === undefined || isBetter(artifact, best)) best = artifact;
  return best;
}

/** What a step has, as its next takes are counted from. */
type Counted = Pick<StepAt, 'artifacts' | 'calls' | 'without'>;

/**
 * Ordinals that are not bought (again): those of calls that succeeded, though a filter may have taken some of them, and where there is another take to
 * use candidates that a filter took.
 */
function given({ calls, without }: Counted, candidates: number, isUsable: boolean): number[] {
  const asked = calls.flatMap((call): number[] => {
    const outcome = call.settled?.outcome;
    const { ordinal } = call.intended.body;
    const all = Array.from({ length: takesAsked(call) }, (_, nth) => ordinal + nth);
    if (outcome === 'succeeded') return all;
    return isUsable && outcome === 'blocked' ? all.filter((each) => each < candidates) : [];
  });
  return [...without, ...asked];
}

/** Ordinals that were paid for or asked for and that nothing has come of, so that a copy of the project does not ask for them again. */
export function emptyOrdinals(at: Counted, candidates: number): readonly number[] {
  const made = new Set(at.artifacts.map(({ ordinal }) => ordinal));
  return [...new Set(given(at, candidates, made.size > 0))].filter((ordinal) => !made.has(ordinal));
}

/** The last ordinal that there is a take of; -1 for none. */
export function lastOrdinal(at: Counted | undefined): number {
  return Math.max(-1, ...(at?.artifacts ?? []).map(({ ordinal }) => ordinal));
}

/** The ordinal after all that there is a take of, or that was done without. */
export function nextOrdinal(at: Counted, candidates: number): number {
  return 1 + Math.max(lastOrdinal(at), ...emptyOrdinals(at, candidates));
}

/** The ordinals below `wanted` that are still to be bought, lowest first; none where the user has chosen. `free`: what may be used of the step. */
export function owedOrdinals(
  at: StepAt | undefined,
  free: StepAt | undefined,
  wanted: number,
  candidates: number,
): readonly number[] {
  if (free !== undefined && free.selected !== null) return [];
  const made = at?.artifacts ?? [];
  const missing = Array.from({ length: wanted }, (_, ordinal) => ordinal).filter(
    (each) => !made.some(({ ordinal }) => ordinal === each),
  );
  if (at === undefined || missing.length === 0) return missing;
  const done = new Set(given(at, candidates, free !== undefined && free.artifacts.length > 0));
  return missing.filter((ordinal) => !done.has(ordinal));
}

/** The next take that `score` has to look at before one is chosen: where there is more than one clip to choose from, and the run can ask. */
export function unscored({ run }: ProjectState, stepId: string, free: StepAt | undefined): Artifact | undefined {
  if (run?.scores !== true || !isClip(stepId) || free === undefined || free.selected !== null) return undefined;
  const takes = requestedTakes(free.artifacts);
  return takes.length < 2 ? undefined : takes.toReversed().find(({ score }) => score === undefined);
}
