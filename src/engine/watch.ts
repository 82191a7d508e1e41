import { ProjectDeletedError, ProjectNotFoundError } from '../errors/index.ts';
import { upcast } from '../project/formats.ts';
import type { ProjectEvent } from '../project/events.ts';
import type { EngineContext } from './context.ts';
import { POLICY } from './policy.ts';

/** Resolves when the log may have grown past `after`, or may be gone: of that a store need not tell. */
async function changed(
  { events, clock }: EngineContext,
  projectId: string,
  after: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  const look = clock.sleep(events.follow === undefined ? POLICY.followMs : POLICY.goneLookMs, ended);
  try {
    await Promise.race([look, events.follow?.(projectId, after, ended) ?? look]);
  } finally {
    over.abort();
  }
}

/**
 * Every event after `after`, once: first those that are there, then those that come, until the project rests or `signal` ends it. Nothing is read before it
 * is asked for. Throws `ProjectNotFoundError`, `ProjectDeletedError` for one that is deleted meanwhile, `PipelineClosedError`.
 */
export async function* watchLog(
  context: EngineContext,
  projectId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<ProjectEvent> {
  const closing = context.closing.signal;
  const ended = AbortSignal.any([signal, closing]);
  let seq = 0;
  let resting = false;
  for (;;) {
    let isThere = false;
    // The last known event is read again: where even that is gone, the project is.
    for await (const stored of context.events.read(projectId, Math.max(0, seq - 1))) {
      if (signal.aborted) return;
      isThere = true;
      if (stored.seq <= seq) continue;
      const event = upcast(stored);
      seq = event.seq;
      if (event.type === 'run.started') resting = false;
      if (event.type === 'run.ended') resting = true;
      if (seq > after) yield event;
    }
    if (!isThere) throw seq === 0 ? new ProjectNotFoundError({ projectId }) : new ProjectDeletedError({ projectId });
    if (resting || signal.aborted) return;
    try {
      await changed(context, projectId, seq, ended);
    } catch (error) {
      if (signal.aborted) return;
      closing.throwIfAborted();
      throw error;
    }
  }
}
