import type { EventDraft, FilterRefusal } from '../project/events.ts';
import { knownStepAt, type ProjectState } from '../project/state.ts';
import type { KnownStep } from '../project/steps.ts';
import { WRITING_TRIES } from './writing.ts';

/** What a filter's refusal of a writer is: one of its unusable replies. The next try is told of it. */
export function refusedWriting(
  state: ProjectState,
  run: string,
  { id: stepId, fingerprint }: KnownStep,
  { reasons }: FilterRefusal,
): { readonly faulted: EventDraft; readonly final: boolean } {
  const at = knownStepAt(state, stepId, fingerprint);
  const attempt = (at?.faults.length ?? 0) + 1;
  const final = attempt >= WRITING_TRIES;
  const callId = at?.calls.at(-1)?.intended.body.callId ?? '';
  const message = `A content filter refused it: ${reasons.join(' ')}`;
  const told = { run, callId, stepId, fingerprint, attempt, message, final };
  return { faulted: { type: 'storyboard.faulted', body: { ...told, fault: 'blocked' } }, final };
}
