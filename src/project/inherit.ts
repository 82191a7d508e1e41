import type { EventBodies, StepRef } from './events.ts';
import type { InheritedArtifact } from './inherited.ts';
import { type Artifact, type ProjectState, stepAt } from './state.ts';

function artifactOf(
  { stepId, fingerprint }: Pick<StepRef, 'stepId' | 'fingerprint'>,
  { ordinal, asset, original, origin }: InheritedArtifact,
): Artifact {
  return { stepId, fingerprint, ordinal, asset, original: original ?? null, callId: origin.callId, origin };
}

/** Folds what a fork begins with. Mutates. */
export function inherit(state: ProjectState, { steps, remedies }: EventBodies['work.inherited']): void {
  for (const step of steps) {
    const at = stepAt(state, step.stepId, step.fingerprint);
    at.artifacts.push(...step.artifacts.map((artifact) => artifactOf(step, artifact)));
    at.extraTakes = step.extraTakes;
    at.refused = step.refused;
    at.awaited = step.awaited;
  }
  for (const { key, applied } of remedies)
    state.remedies.set(
      key,
      applied.map((remedy) => ({ ...remedy })),
    );
}

/** Folds what has become of a parent's call; only the first report counts. Mutates. */
export function hearParent(state: ProjectState, body: EventBodies['parent.reported']): void {
  const at = stepAt(state, body.stepId, body.fingerprint);
  const left = at.awaited.filter(({ callId }) => callId !== body.callId);
  if (left.length === at.awaited.length) return;
  at.awaited = left;
  at.artifacts.push(...body.made.map((artifact) => artifactOf(body, artifact)));
}
