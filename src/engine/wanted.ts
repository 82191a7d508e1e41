import type { StepRef } from '../project/events.ts';
import { wantedStep } from '../project/graph.ts';
import { isUnderWay, type ProjectState } from '../project/state.ts';
import type { KnownStep } from '../project/steps.ts';
import { STEP } from '../project/status.ts';

/** A step that a run may still go on with: the run is under way, and the plan has it ready at this fingerprint. */
export function readyStep(
  state: ProjectState,
  run: string,
  { stepId, fingerprint }: Pick<StepRef, 'stepId' | 'fingerprint'>,
): KnownStep | undefined {
  if (!isUnderWay(state, run)) return undefined;
  const step = wantedStep(state, stepId, fingerprint);
  return step?.status === STEP.ready ? step : undefined;
}

/** What events say a step by. */
export function refOf({ id, fingerprint, ordinal }: KnownStep): StepRef {
  return { stepId: id, fingerprint, ordinal };
}
