import type { StepRef } from '../project/events.ts';
import { wantedStep } from '../project/graph.ts';
import { isUnderWay, type ProjectState } from '../project/state.ts';
import type { KnownStep } from '../project/steps.ts';
import { canGoOn, STEP } from '../project/status.ts';

type Named = Pick<StepRef, 'stepId' | 'fingerprint'>;

/** A step that can go on at this fingerprint, in a run that is under way. */
export function stepNow(state: ProjectState, run: string, { stepId, fingerprint }: Named): KnownStep | undefined {
  if (!isUnderWay(state, run)) return undefined;
  const step = wantedStep(state, stepId, fingerprint);
  return step !== undefined && canGoOn(step.status) ? step : undefined;
}

/** The same where no call of it is open. */
export function readyStep(state: ProjectState, run: string, named: Named): KnownStep | undefined {
  const step = stepNow(state, run, named);
  return step?.status === STEP.ready ? step : undefined;
}

/** What events say a step by. */
export function refOf({ id, fingerprint, ordinal }: KnownStep): StepRef {
  return { stepId: id, fingerprint, ordinal };
}
