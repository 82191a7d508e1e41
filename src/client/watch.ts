import type { EventMap, ProjectEvent } from '../index.ts';
import { ApiError, errorOf } from './api-error.ts';
import { readFrames } from './frames.ts';

/** A look at a running operation; not kept. */
export type Progress = EventMap['progress'];

/** An event of the log as the handler shows it: `call.submitted` without its handle, and no owner of a run. */
export type ClientEvent = ProjectEvent;

/** Options of `watch`. */
export interface WatchOptions {
  /** The last `seq` that is known. @default 0 */
  readonly after?: number;
  /** Ends it. @default none */
  readonly signal?: AbortSignal;
  /** Told of what is not kept. @default nobody */
  readonly onProgress?: (progress: Progress) => void;
  /** Told when the connection is lost, and when it is back. @default nobody */
  readonly onConnection?: (isConnected: boolean) => void;
}

/** Longest wait before the next try, milliseconds. */
const LONGEST_WAIT = 30_000;

/** Resolves after `ms`, or at once with the signal. */
function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** Whether another try may help. */
function mayPass(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 500;
}

/**
 * Every event after `after`, once and in order, over as many connections as it takes; ends when the project rests. `open` asks for the stream after an
 * event. Throws `ApiError` for what no further try would change.
 */
export async function* watch(
  open: (after: number) => Promise<Response>,
  { after = 0, signal, onProgress, onConnection }: WatchOptions,
): AsyncGenerator<ClientEvent, void> {
  let last = after;
  let delay = 1000;
  let failures = 0;
  const isOver = (): boolean => signal?.aborted ?? false;
  while (!isOver()) {
    const before = last;
    try {
      const reply = await open(last);
      if (reply.status === 204) return;
      if (!reply.ok || reply.body === null) throw await errorOf(reply);
      onConnection?.(true);
      failures = 0;
      for await (const frame of readFrames(reply.body)) {
        delay = frame.retry ?? delay;
        const data = frame.data === '' ? null : (JSON.parse(frame.data) as ClientEvent | Progress);
        if (data === null) continue;
        if (!('seq' in data)) onProgress?.(data);
        else if (data.seq > last) {
          last = data.seq;
          yield data;
        }
      }
    } catch (error) {
      if (isOver()) return;
      if (!mayPass(error)) throw error;
      failures += 1;
    }
    if (failures > 0) onConnection?.(false);
    if (failures > 0 || last === before) await wait(Math.min(LONGEST_WAIT, delay * 2 ** failures), signal);
  }
}
