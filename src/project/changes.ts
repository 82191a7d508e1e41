import { InvalidChangeError } from '../errors/index.ts';
import type { Transition } from '../spec/index.ts';
import type { EventBodies, EventDraft } from './events.ts';
import { transitionIssue } from './lengths.ts';
import type { ProjectState } from './state.ts';

/** More scenes at the end of a film. `requestId` is minted by the caller. */
export interface Expansion {
  readonly requestId: string;
  readonly scenes: number;
  readonly direction: string | null;
}

const LONGEST_DIRECTION = 2000;

/** Scenes that a project has or is about to get. */
export function plannedScenes(state: ProjectState): number {
  const written = state.styleGuide === null ? state.created.body.lengths.length : state.scenes.length;
  const owed = [...state.requests.values()].filter(({ fulfilled }) => !fulfilled);
  return owed.reduce((sum, { asked }) => sum + asked.lengths.length, written);
}

/** The event that asks for more scenes. Throws `InvalidChangeError` for no scenes, too many of them or a direction that is too long. Pure. */
export function expand(state: ProjectState, { requestId, scenes, direction }: Expansion): EventDraft {
  const { maxScenes, clipDuration } = state.settings;
  const issues: string[] = [];
  if (!Number.isInteger(scenes) || scenes < 1) issues.push(`scenes: expected a whole number from 1, got ${scenes}`);
  const total = plannedScenes(state) + scenes;
  if (total > maxScenes) issues.push(`scenes: the film would have ${total} scenes; maxScenes allows ${maxScenes}`);
  if (direction?.isWellFormed() === false)
    issues.push('direction: expected whole characters, got half of a pair (a lone surrogate)');
  if ((direction?.length ?? 0) > LONGEST_DIRECTION)
    issues.push(`direction: expected at most ${LONGEST_DIRECTION} characters, got ${direction?.length}`);
  if (issues.length > 0) throw new InvalidChangeError({ issues });
  const lengths = Array.from({ length: scenes }, () => clipDuration);
  return { type: 'scenes.requested', body: { requestId, lengths, before: null, direction } };
}

/** The event that joins the clips in another way. Throws `InvalidChangeError` for a fade that is too long for the scenes. Pure. */
export function joinBy(state: ProjectState, transition: Transition): EventDraft {
  const lengths = state.scenes.length > 0 ? state.scenes.map(({ scene }) => scene.seconds) : state.created.body.lengths;
  const issue = transitionIssue(transition, lengths);
  if (issue !== null) throw new InvalidChangeError({ issues: [issue] });
  return { type: 'settings.changed', body: { settings: { transition } } };
}

/** The user's answer for a call whose outcome nobody can tell. Throws `InvalidChangeError` for any other call. Pure. */
export function resolveCall(
  state: ProjectState,
  callId: string,
  outcome: EventBodies['call.resolved']['outcome'],
): EventDraft {
  const call = state.calls.get(callId);
  if (call?.state !== 'unknown' && call?.state !== 'abandoned') {
    const reason =
      call === undefined ? 'the project has no such call' : `it is ${call.state}, so there is nothing to answer`;
    throw new InvalidChangeError({ issues: [`${callId}: ${reason}`] });
  }
  return { type: 'call.resolved', body: { callId, outcome } };
}
