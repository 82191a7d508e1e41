import { InvalidChangeError } from '../errors/index.ts';
import type { Digest } from '../spec/index.ts';
import { isBlocked } from './bars.ts';
import type { EventDraft } from './events.ts';
import type { Artifact, ProjectState } from './state.ts';
import type { Step } from './steps.ts';

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
