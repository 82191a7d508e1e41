import type { StepRef } from './events.ts';
import { planSteps } from './graph.ts';
import { knownStepAt, type ProjectState } from './state.ts';
import { STEP } from './status.ts';

/** Calls of the parent that steps of the plan wait for, in the order of the film. Those of steps that are not wanted any more are not waited for. */
export function awaitedCalls(state: ProjectState): readonly (StepRef & { readonly callId: string })[] {
  if (state.created.body.parent === undefined) return [];
  return planSteps(state).flatMap(({ id, fingerprint, status, skipped }) => {
    if (fingerprint === null || skipped || status === STEP.completed) return [];
    const awaited = knownStepAt(state, id, fingerprint)?.awaited ?? [];
    return awaited.map((call) => ({ stepId: id, fingerprint, ...call }));
  });
}
