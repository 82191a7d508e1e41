import type { EventDraft, StepRef } from '../project/events.ts';
import type { KnownStep } from '../project/steps.ts';
import type { ProjectLog } from './log.ts';
import { readyStep, refOf } from './wanted.ts';

/** Appends the end of a step in a run, unless something has overtaken it. */
export async function endStep(
  log: ProjectLog,
  run: string,
  step: KnownStep,
  draft: (ref: StepRef) => EventDraft,
): Promise<'rest'> {
  const ref = refOf(step);
  await log.decide((state) => (readyStep(state, run, ref) === undefined ? null : { events: [draft(ref)] }));
  return 'rest';
}
