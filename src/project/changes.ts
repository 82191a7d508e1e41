import { InvalidChangeError } from '../errors/index.ts';
import { carryOn } from './changes/continuity.ts';
import { conflictsIn, namedSteps } from './changes/conflicts.ts';
import { Draft } from './changes/draft.ts';
import { parseChanges } from './changes/parse.ts';
import { changeSettings } from './changes/settings.ts';
import { keepParts, retakeParts, selectTakes, supplyParts } from './changes/takes.ts';
import type { ChangeGiven, Changes } from './changes/types.ts';
import {
  addScenes,
  checkTransition,
  editScenes,
  keepFirstStart,
  moveScenes,
  removeScenes,
  rewriteScenes,
} from './changes/words.ts';
import type { EventBodies, EventDraft } from './events.ts';
import type { ProjectState } from './state.ts';

/**
 * The events that make a project what `changes` say: edits first, then settings, then the rest. None where all is so already.
 * Throws `InvalidChangeError` with everything that can not be done, and `UnknownModelError`. Pure: the state stays as it is.
 */
export function change(state: ProjectState, changes: Changes, given: ChangeGiven): EventDraft[] {
  const asked = parseChanges(changes);
  const draft = new Draft(state, given);
  for (const issue of conflictsIn(asked)) draft.refuse(issue);
  if (draft.issues.length === 0) make(draft, asked);
  if (draft.issues.length > 0) throw new InvalidChangeError({ issues: draft.issues });
  return draft.events;
}

function make(draft: Draft, asked: ReturnType<typeof parseChanges>): void {
  const named = namedSteps(asked);
  const isNamed = (stepId: string): boolean => named.has(stepId);
  if (asked.edit !== undefined) editScenes(draft, asked.edit);
  if (asked.settings !== undefined) changeSettings(draft, asked.settings);
  if (asked.remove !== undefined) removeScenes(draft, asked.remove, asked);
  if (asked.move !== undefined) moveScenes(draft, asked.move);
  if (asked.add !== undefined) addScenes(draft, asked.add);
  keepFirstStart(draft, isNamed);
  if (asked.supply !== undefined) supplyParts(draft, asked.supply);
  if (asked.keep !== undefined) keepParts(draft, asked.keep);
  if (asked.select !== undefined) selectTakes(draft, asked.select);
  if (asked.retake !== undefined) retakeParts(draft, asked.retake);
  carryOn(draft, asked.continuity ?? 'repair', isNamed);
  if (asked.rewrite !== undefined) rewriteScenes(draft, asked.rewrite);
  checkTransition(draft);
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
