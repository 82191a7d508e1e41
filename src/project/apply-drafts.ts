import type { EventDraft } from './events.ts';
import { applyEvent } from './fold.ts';
import { storable } from './formats.ts';
import type { ProjectState } from './state.ts';

/** Folds events that are not stored (yet) into a copy of a project. Mutates. */
export function applyDrafts(state: ProjectState, drafts: readonly EventDraft[], at: string): void {
  for (const draft of drafts) {
    const { id: projectId, seq } = state;
    applyEvent(state, { seq: seq + 1, at, projectId, format: storable(draft).format, ...draft });
  }
}
