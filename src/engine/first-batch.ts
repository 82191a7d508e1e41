import { countersOf } from '../project/counters.ts';
import type { EventDraft } from '../project/events.ts';
import { applyEvent } from '../project/fold.ts';
import { storable } from '../project/formats.ts';
import type { ProjectState } from '../project/state.ts';
import { summaryOf } from '../project/view.ts';
import type { EngineContext } from './context.ts';

/** What a log is that begins with these events, before it is stored. */
export function foldFirst(context: EngineContext, projectId: string, drafts: readonly EventDraft[]): ProjectState {
  const at = new Date(context.clock.now()).toISOString();
  const state = drafts.reduce<ProjectState | null>((before, draft) => {
    const stamp = { seq: (before?.seq ?? 0) + 1, at, projectId, format: storable(draft).format };
    return applyEvent(before, { ...stamp, ...draft });
  }, null);
  if (state === null) throw new RangeError('a log begins with an event');
  return state;
}

/** Appends the first events of a new project as one batch, with its budget and its line in lists: all of it, or nothing. */
export async function appendFirst(context: EngineContext, id: string, drafts: readonly EventDraft[]): Promise<void> {
  const state = foldFirst(context, id, drafts);
  const { budget } = state.settings;
  await context.events.append({
    batchId: `${id}/created`,
    projectId: id,
    expectedSeq: 0,
    events: drafts.map((draft) => storable(draft)),
    holds: budget === null ? [] : [{ kind: 'cap', pool: `project/${id}`, amount: budget }],
    summary: summaryOf(state),
    counters: countersOf(state),
  });
}
