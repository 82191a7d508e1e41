import { upcast } from '../project/formats.ts';
import type { ProjectEvent } from '../project/events.ts';
import type { EngineContext } from './context.ts';
import { POLICY } from './policy.ts';

/** Resolves when the log may have grown past `after`. */
async function grown(
  { events, clock }: EngineContext,
  projectId: string,
  after: number,
  signal: AbortSignal,
): Promise<void> {
  if (events.follow === undefined) await clock.sleep(POLICY.followMs, signal);
  else await events.follow(projectId, after, signal);
}

/** Every event after `after`, once: first those that are there, then those that come, until the project rests or `signal` ends it. */
export async function* watchLog(
  context: EngineContext,
  projectId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<ProjectEvent> {
  let seq = 0;
  let resting = false;
  for (;;) {
    for await (const stored of context.events.read(projectId, seq)) {
      if (signal.aborted) return;
      const event = upcast(stored);
      seq = event.seq;
      if (event.type === 'run.started') resting = false;
      if (event.type === 'run.ended') resting = true;
      if (seq > after) yield event;
    }
    if (resting || signal.aborted) return;
    try {
      await grown(context, projectId, seq, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }
}
