import { block, noteInspection } from './bars.ts';
import type { EventBodies, StepRef } from './events.ts';
import { artifactOf } from './fold-changes.ts';
import type { InheritedArtifact, InheritedTake } from './inherited.ts';
import { type Artifact, type ProjectState, stepAt } from './state.ts';

function inheritedOf(
  { stepId, fingerprint }: Pick<StepRef, 'stepId' | 'fingerprint'>,
  { ordinal, origin, ...made }: InheritedArtifact,
): Artifact {
  return { ...artifactOf(made, { stepId, fingerprint, ordinal, callId: origin.callId }), origin };
}

function takeOf(stepId: string, { fingerprint, ...artifact }: InheritedTake): Artifact {
  return inheritedOf({ stepId, fingerprint }, artifact);
}

/** Folds what a fork begins with. Mutates. */
export function inherit(
  state: ProjectState,
  { steps, remedies, held, bars, moves = [] }: EventBodies['work.inherited'],
): void {
  for (const blocked of bars?.blocked ?? []) block(state, blocked);
  for (const inspected of bars?.inspected ?? []) noteInspection(state, inspected);
  for (const step of steps) {
    const at = stepAt(state, step.stepId, step.fingerprint);
    at.artifacts.push(...step.artifacts.map((artifact) => inheritedOf(step, artifact)));
    at.extraTakes = step.extraTakes;
    at.without = step.without ?? [];
    at.selected = step.selected && takeOf(step.stepId, step.selected);
    at.refused = step.refused;
    at.awaited = step.awaited;
  }
  for (const { key, applied } of remedies)
    state.remedies.set(
      key,
      applied.map((remedy) => ({ ...remedy })),
    );
  for (const { key, model } of moves) state.moves.set(key, model);
  for (const { key, stepId, take, how, clip, first } of held)
    state.held.set(key, { how, artifact: takeOf(stepId, take), clip, first });
}

/** Folds what has become of a parent's call; only the first report counts. Mutates. */
export function hearParent(state: ProjectState, body: EventBodies['parent.reported']): void {
  const at = stepAt(state, body.stepId, body.fingerprint);
  const left = at.awaited.filter(({ callId }) => callId !== body.callId);
  if (left.length === at.awaited.length) return;
  at.awaited = left;
  at.artifacts.push(...body.made.map((artifact) => inheritedOf(body, artifact)));
}
