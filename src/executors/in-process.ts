import pLimit, { type LimitFunction } from 'p-limit';
import { FairQueue } from '../engine/fair-queue.ts';
import type { Clock, Executor, Logger, QueueLimits, QueueLoad, Task, TaskHandler } from '../spec/index.ts';

interface Queue {
  readonly limit: LimitFunction;
  readonly perMinute: number;
  readonly tasks: FairQueue<Task>;
  /** When tasks began within the last minute, oldest first. */
  readonly starts: number[];
}

const MINUTE = 60_000;

/**
 * Runs steps in this process. Each queue has a cap of concurrent tasks and of starts in any 60 s. A free slot goes to the project with the least under way,
 * then to the one that has waited longest, and within a project to the task of the lowest priority number.
 */
export class InProcessExecutor implements Executor {
  readonly specVersion = 1;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #queues = new Map<string, Queue>();
  readonly #keys = new Set<string>();
  readonly #slots = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #abort = new AbortController();
  #handler: TaskHandler = () => Promise.resolve();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  work(queues: Readonly<Record<string, QueueLimits>>, handler: TaskHandler): Promise<void> {
    this.#handler = handler;
    for (const [name, { concurrency, perMinute = Infinity }] of Object.entries(queues)) {
      const tasks = new FairQueue<Task>(({ projectId, priority }) => ({ group: projectId, priority }));
      this.#queues.set(name, { limit: pLimit(concurrency), perMinute, tasks, starts: [] });
    }
    return Promise.resolve();
  }

  async enqueue(tasks: readonly Task[]): Promise<void> {
    const placed = tasks.map((task) => ({ task, queue: this.#queueOf(task) }));
    for (const { task, queue } of placed) {
      if (this.#keys.has(task.key) || this.#stopping.signal.aborted) continue;
      this.#keys.add(task.key);
      queue.tasks.add(task);
      const slot = queue.limit(() => this.#next(queue)).finally(() => this.#slots.delete(slot));
      this.#slots.add(slot);
    }
  }

  cancel(key: string): Promise<void> {
    for (const { tasks } of this.#queues.values()) {
      const task = tasks.waiting.find((each) => each.key === key);
      if (task !== undefined && tasks.remove(task)) this.#keys.delete(key);
    }
    return Promise.resolve();
  }

  load(): Promise<Readonly<Record<string, QueueLoad>>> {
    const loads = [...this.#queues].map(([name, queue]): [string, QueueLoad] => [
      name,
      { ...queue.tasks.load, usedThisMinute: this.#recent(queue).length },
    ]);
    return Promise.resolve(Object.fromEntries(loads));
  }

  async stop({ graceMs = 0 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#stopping.abort();
    for (const { tasks } of this.#queues.values()) for (const task of tasks.waiting) tasks.remove(task);
    const done = Promise.all(this.#slots);
    const over = new AbortController();
    if (graceMs > 0) await Promise.race([done, this.#clock.sleep(graceMs, over.signal).catch(() => undefined)]);
    over.abort();
    this.#abort.abort();
    await done;
  }

  #queueOf({ queue }: Task): Queue {
    const found = this.#queues.get(queue);
    if (found === undefined) throw new RangeError(`nobody works on the queue ${queue}`);
    return found;
  }

  /** A slot has come free: the task is chosen now, not when it was queued. Never rejects. */
  async #next(queue: Queue): Promise<void> {
    for (let wait = this.#waitFor(queue); wait > 0; wait = this.#waitFor(queue))
      await this.#clock.sleep(wait, this.#stopping.signal).catch(() => undefined);
    const task = queue.tasks.take();
    if (task === undefined) return;
    queue.starts.push(this.#clock.monotonic());
    try {
      await this.#handler(task, this.#abort.signal);
    } catch (error) {
      this.#logger.error({ task: task.key, error: String(error) }, 'a task ended with a defect');
    } finally {
      queue.tasks.end(task);
      this.#keys.delete(task.key);
    }
  }

  /** Milliseconds until the queue may start another task. A queue where nothing waits (any more) has none to wait for. */
  #waitFor(queue: Queue): number {
    const now = this.#clock.monotonic();
    const [oldest = now] = this.#recent(queue);
    return queue.tasks.load.queued === 0 || queue.starts.length < queue.perMinute ? 0 : MINUTE - (now - oldest);
  }

  /** When tasks began within the last minute; what is older is forgotten. */
  #recent({ starts }: Queue): readonly number[] {
    const now = this.#clock.monotonic();
    while (now - (starts[0] ?? now) >= MINUTE) starts.shift();
    return starts;
  }
}
