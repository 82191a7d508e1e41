import { applyEvent } from '../project/fold.ts';
import { upcast } from '../project/formats.ts';
import type { ProjectState } from '../project/state.ts';
import type { EngineContext } from './context.ts';

/** The fold of a log as the store has it now, for a reader that writes nothing to it; `known` is what was read before, and is gone on with. `null`: there is no such project (any more). */
export async function readLog(
  { events }: EngineContext,
  projectId: string,
  known: ProjectState | null = null,
): Promise<ProjectState | null> {
  let state = known;
  let isThere = false;
  // The last known event is read again: where even that is gone, the project is.
  for await (const stored of events.read(projectId, known === null ? 0 : known.seq - 1)) {
    isThere = true;
    if (stored.seq > (state?.seq ?? 0)) state = applyEvent(state, upcast(stored));
  }
  return isThere ? state : null;
}
