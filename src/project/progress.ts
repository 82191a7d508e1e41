import { planSteps } from './graph.ts';
import { unwrittenLengths } from './imagine.ts';
import type { StepKind } from './kinds.ts';
import type { ProjectState } from './state.ts';
import { STEP } from './status.ts';

/** What a step weighs: about the seconds that such steps take. */
const WEIGHTS: Readonly<Record<StepKind, number>> = {
  storyboard: 10,
  scenes: 10,
  rewrite: 10,
  keyframe: 10,
  border: 1,
  clip: 60,
  film: 5,
};

/**
 * How much of the work is done, 0 to 1; 1 only when all of it is. `running` says of running steps, by id, how far they are, 0 to 1.
 * Scenes that are still to be written count as one frame and one clip each.
 */
export function progressOf(state: ProjectState, running: ReadonlyMap<string, number> = new Map()): number {
  let total = unwrittenLengths(state).length * (WEIGHTS.keyframe + WEIGHTS.clip);
  let done = 0;
  for (const { id, kind, status, skipped } of planSteps(state)) {
    if (skipped) continue;
    total += WEIGHTS[kind];
    if (status === STEP.completed) done += WEIGHTS[kind];
    else if (status === STEP.running) done += WEIGHTS[kind] * (running.get(id) ?? 0);
  }
  return done / total;
}
