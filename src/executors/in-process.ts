import pLimit, { type LimitFunction } from 'p-limit';
import type { Clock, Executor, QueueLimits, Task, TaskHandler } from '../spec/index.ts';

interface Queue {
  readonly limit: LimitFunction;
  readonly perMinute: number | null;
  waiting: Task[];
  starts: number[];
}

const MINUTE = 60_000;

/** Runs steps in this process: a cap of concurrent tasks per queue and of starts per minute, lowest priority first, projects in turn. */
export class InProcessExecutor implements Executor {
  readonly specVersion = 1;
  readonly #clock: Clock;
  readonly #queues = new Map<string, Queue>();
  readonly #keys = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #handler: TaskHandler = () => Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  work(queues: Readonly<Record<string, QueueLimits>>, handler: TaskHandler): Promise<void> {
    this.#handler = handler;
    for (const [name, { concurrency, perMinute }] of Object.entries(queues)) {
      this.#queues.set(name, { limit: pLimit(concurrency), perMinute: perMinute ?? null, waiting: [], starts: [] });
    }
    return Promise.resolve();
  }

  enqueue(tasks: readonly Task[]): Promise<void> {
    for (const task of tasks) {
      const queue = this.#queues.get(task.queue);
      if (queue === undefined) return Promise.reject(new RangeError(`nobody works on the queue ${task.queue}`));
      if (this.#keys.has(task.key) || this.#abort.signal.aborted) continue;
      this.#keys.add(task.key);
      queue.waiting.push(task);
      const running = queue.limit(() => this.#next(queue)).finally(() => this.#running.delete(running));
      this.#running.add(running);
    }
    return Promise.resolve();
  }

  cancel(key: string): Promise<void> {
    for (const queue of this.#queues.values()) {
      if (!queue.waiting.some((task) => task.key === key)) continue;
      queue.waiting = queue.waiting.filter((task) => task.key !== key);
      this.#keys.delete(key);
    }
    return Promise.resolve();
  }

  async stop({ graceMs = 0 }: { readonly graceMs?: number } = {}): Promise<void> {
    for (const queue of this.#queues.values()) queue.waiting = [];
    const done = Promise.allSettled(this.#running);
    if (graceMs > 0) await Promise.race([done, this.#clock.sleep(graceMs)]);
    this.#abort.abort();
    await done;
  }

  /** A slot has come free: the task is chosen now, not when it was queued. */
  async #next(queue: Queue): Promise<void> {
    await this.#pace(queue);
    const task = queue.waiting.reduce<Task | undefined>(
      (best, each) => (best === undefined || each.priority < best.priority ? each : best),
      undefined,
    );
    if (task === undefined) return;
    queue.waiting = queue.waiting.filter((each) => each !== task);
    try {
      await this.#handler(task, this.#abort.signal);
    } finally {
      this.#keys.delete(task.key);
    }
  }

  async #pace(queue: Queue): Promise<void> {
    if (queue.perMinute === null) return;
    for (;;) {
      const now = this.#clock.monotonic();
      queue.starts = queue.starts.filter((at) => now - at < MINUTE);
      const [oldest] = queue.starts;
      if (oldest === undefined || queue.starts.length < queue.perMinute) break;
      await this.#clock.sleep(MINUTE - (now - oldest), this.#abort.signal);
    }
    queue.starts.push(this.#clock.monotonic());
  }
}
