import { resolveCall } from '../project/changes.ts';
import type { EventBodies } from '../project/events.ts';
import { heldBy, type ProjectState } from '../project/state.ts';
import type { HoldChange } from '../spec/index.ts';
import { charges, chargesAgain, releases } from './pools.ts';
import type { ProjectLog } from './log.ts';

type Outcome = EventBodies['call.resolved']['outcome'];

function holdsOf(state: ProjectState, callId: string, outcome: Outcome): HoldChange[] {
  const call = state.calls.get(callId);
  if (outcome === 'charged' && call !== undefined) return charges(state, callId, heldBy(call));
  if (outcome === 'not-charged') return releases(state, callId);
  return call === undefined ? [] : chargesAgain(state, callId);
}

/** Appends the user's answer for a call, with what it means for its pools. Throws `InvalidChangeError`, `ProjectNotFoundError`. */
export async function answerCall(log: ProjectLog, callId: string, outcome: Outcome): Promise<void> {
  await log.refresh();
  await log.decide((state) => ({
    events: [resolveCall(state, callId, outcome)],
    holds: holdsOf(state, callId, outcome),
  }));
}
