import type { EventMap } from '../engine/listeners.ts';
import type { ProjectEvent } from '../project/events.ts';
import type { Service } from './options.ts';
import { shownEvent } from './shown.ts';

/** How long a browser waits before it connects again, milliseconds. */
const RETRY_MS = 2000;

const encoder = new TextEncoder();

/** One event as a frame of a stream; `seq` is its id. JSON has no line breaks of its own. */
function frameOf(event: ProjectEvent): string {
  return `id: ${event.seq}\ndata: ${JSON.stringify(shownEvent(event))}\n\n`;
}

/**
 * A server-sent stream of a project's events. The log is read only as far as the client reads: at most one frame waits. A client that takes nothing
 * for `stallMs` is cut off, and goes on from its last id when it comes back.
 */
class EventStream implements UnderlyingDefaultSource<Uint8Array> {
  readonly #service: Service;
  readonly #request: Request;
  readonly #projectId: string;
  readonly #release: () => void;
  readonly #over = new AbortController();
  readonly #events: AsyncIterator<ProjectEvent>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Frames that were asked for, and how many at the last beat. */
  #taken = 0;
  #takenBefore = -1;
  #fullSince: number | null = null;

  constructor(service: Service, request: Request, projectId: string, after: number) {
    this.#service = service;
    this.#request = request;
    this.#projectId = projectId;
    const { signal } = this.#over;
    this.#events = service.pipeline.watch(projectId, { after, signal })[Symbol.asyncIterator]();
    this.#release = service.slots.take(projectId);
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const { limits, pipeline, signal } = this.#service;
    this.#controller = controller;
    this.#send(`retry: ${RETRY_MS}\n\n`);
    this.#timer = setInterval(() => this.#beat(), Math.min(limits.heartbeatMs, limits.stallMs));
    this.#timer.unref();
    pipeline.on('progress', this.#progress);
    for (const each of [signal, this.#request.signal]) {
      if (each?.aborted === true) this.#close();
      each?.addEventListener('abort', this.#close, { once: true });
    }
  }

  async pull(): Promise<void> {
    this.#taken += 1;
    try {
      const { done, value } = await this.#events.next();
      if (done === true) this.#close();
      else this.#send(frameOf(value));
    } catch (error) {
      this.#fail(error);
    }
  }

  cancel(): void {
    this.#end();
  }

  #send(text: string): void {
    if (!this.#over.signal.aborted) this.#controller?.enqueue(encoder.encode(text));
  }

  /** Ephemeral, so it may be left out where the client is behind. */
  readonly #progress = (progress: EventMap['progress']): void => {
    if (progress.projectId !== this.#projectId || this.#isFull()) return;
    this.#send(`event: progress\ndata: ${JSON.stringify(progress)}\n\n`);
  };

  #isFull(): boolean {
    return (this.#controller?.desiredSize ?? 0) <= 0;
  }

  #beat(): void {
    const isStalled = this.#isFull() && this.#taken === this.#takenBefore;
    this.#takenBefore = this.#taken;
    if (!isStalled) this.#fullSince = null;
    if (!this.#isFull()) return this.#send(': still here\n\n');
    if (!isStalled) return;
    this.#fullSince ??= performance.now();
    const { heartbeatMs, stallMs } = this.#service.limits;
    if (performance.now() - this.#fullSince + Math.min(heartbeatMs, stallMs) >= stallMs)
      this.#fail(new Error('the client has stopped reading'));
  }

  readonly #close = (): void => {
    if (this.#over.signal.aborted) return;
    this.#end();
    this.#controller?.close();
  };

  #fail(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#end();
    this.#service.logger?.warn({ projectId: this.#projectId, error: String(error) }, 'an event stream was cut off');
    this.#controller?.error(error);
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#over.abort();
    this.#service.pipeline.off('progress', this.#progress);
    for (const each of [this.#service.signal, this.#request.signal]) each?.removeEventListener('abort', this.#close);
    this.#release();
  }
}

/** The reply with all events of a project after `after`, until it rests. Throws `Refusal` where too many streams are open. */
export function eventStream(service: Service, request: Request, projectId: string, after: number): Response {
  const stream = new ReadableStream(new EventStream(service, request, projectId, after));
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
  return new Response(stream, { headers });
}
