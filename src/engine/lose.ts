import { callOf } from '../project/state.ts';
import type { ProjectLog } from './log.ts';

/**
 * Writes down that nobody can tell what became of a call, if it still stands so on the newest log: a decision, since somebody else may just
 * have told, or have said the same.
 */
export function loseCall(
  log: ProjectLog,
  callId: string,
  from: 'intended' | 'submitted',
  reason: string,
): Promise<void> {
  return log.insist(callId, (state) =>
    callOf(state, callId).state === from ? { events: [{ type: 'call.unknown', body: { callId, reason } }] } : null,
  );
}
