import assert from 'node:assert/strict';
import type { Executor, QueueLimits, Task } from 'vidpipe';
import { conformanceCase, type ConformanceCase, type Harness } from './conformance.ts';

const QUEUE = 'quota';
const task = (key: string, given: Partial<Task> = {}): Task => ({
  key,
  queue: QUEUE,
  projectId: 'p1',
  run: 'run',
  stepId: key,
  fingerprint: 'f',
  ordinal: 1,
  priority: 0,
  ...given,
});

/** What the tasks of an executor do: each may be held until it is let go, and leaves its marks in `seen`. */
class Work {
  readonly seen: string[] = [];
  readonly #held = new Map<string, (signal: AbortSignal) => Promise<void>>();
  readonly #looks = new Set<() => void>();

  /** Begins to work with the given limits. */
  async begin(executor: Executor, limits: QueueLimits): Promise<void> {
    await executor.work({ [QUEUE]: limits }, async ({ key }, signal) => {
      this.#note(`${key} begins`);
      await this.#held.get(key)?.(signal);
      this.#note(`${key} ends${signal.aborted ? ' aborted' : ''}`);
    });
  }

  /** Holds a task from its begin until the answer is called. */
  hold(key: string): () => void {
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    this.#held.set(key, () => held);
    return go;
  }

  /** Sets what a task does. */
  does(key: string, what: (signal: AbortSignal) => Promise<void>): void {
    this.#held.set(key, what);
  }

  /** Resolves when the mark has been left. */
  until(mark: string): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.seen.includes(mark)) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
  }

  /** Keys in the order in which they began. */
  get begun(): string[] {
    return this.seen.flatMap((mark) => (mark.endsWith(' begins') ? [mark.slice(0, -' begins'.length)] : []));
  }

  #note(mark: string): void {
    this.seen.push(mark);
    for (const look of this.#looks) look();
  }
}

type Test = readonly [name: string, run: (executor: Executor, work: Work) => Promise<void>];

/** Runs a task after all that are queued, one at a time: what did not begin before it was not queued. */
async function last(executor: Executor, work: Work): Promise<void> {
  await executor.enqueue([task('last', { priority: 1_000_000 })]);
  await work.until('last ends');
}

const KEYS: readonly Test[] = [
  [
    'takes a key once while it is queued and while it runs, and anew when it is over',
    async (executor, work) => {
      await work.begin(executor, { concurrency: 1 });
      const [letFirst, letQueued] = [work.hold('first'), work.hold('queued')];
      await executor.enqueue([task('first'), task('queued'), task('queued')]);
      await work.until('first begins');
      await executor.enqueue([task('first'), task('queued')]);
      letFirst();
      letQueued();
      await last(executor, work);
      assert.deepEqual(work.begun, ['first', 'queued', 'last']);
      await executor.enqueue([task('first')]);
      await executor.enqueue([task('end', { priority: 1_000_000 })]);
      await work.until('end ends');
      assert.deepEqual(work.begun, ['first', 'queued', 'last', 'first', 'end']);
    },
  ],
  [
    'refuses a queue that nobody works on, and takes nothing of that batch',
    async (executor, work) => {
      await work.begin(executor, { concurrency: 1 });
      await assert.rejects(executor.enqueue([task('good'), task('lost', { queue: 'nobody' })]));
      await last(executor, work);
      assert.deepEqual(work.begun, ['last']);
    },
  ],
];

const LIMITS: readonly Test[] = [
  [
    'reaches its concurrency and never passes it',
    async (executor, work) => {
      await work.begin(executor, { concurrency: 3 });
      const keys = Array.from({ length: 12 }, (_, index) => `task-${index}`);
      let [running, most] = [0, 0];
      let meet = (): void => undefined;
      const three = new Promise<void>((resolve) => (meet = resolve));
      for (const key of keys)
        work.does(key, async () => {
          running += 1;
          most = Math.max(most, running);
          if (running === 3) meet();
          await three;
          for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
        });
      await executor.enqueue(keys.map((key) => task(key)));
      await Promise.all(keys.map((key) => work.until(`${key} ends`)));
      assert.equal(most, 3);
      assert.deepEqual(work.begun.toSorted(), keys.toSorted());
    },
  ],
  [
    'runs the lowest priority number of a project first',
    async (executor, work) => {
      await work.begin(executor, { concurrency: 1 });
      const letFirst = work.hold('first');
      await executor.enqueue([task('first')]);
      await work.until('first begins');
      await executor.enqueue([5, 1, 4].map((priority) => task(`of ${priority}`, { priority })));
      await executor.enqueue([2, 3].map((priority) => task(`of ${priority}`, { priority })));
      letFirst();
      await last(executor, work);
      assert.deepEqual(work.begun, ['first', 'of 1', 'of 2', 'of 3', 'of 4', 'of 5', 'last']);
    },
  ],
];

const ENDS: readonly Test[] = [
  [
    'cancel drops a queued task, leaves a running one alone, and says nothing of an unknown one',
    async (executor, work) => {
      await work.begin(executor, { concurrency: 1 });
      const letFirst = work.hold('first');
      await executor.enqueue([task('first'), task('dropped'), task('kept')]);
      await work.until('first begins');
      for (const key of ['dropped', 'first', 'unknown']) await executor.cancel(key);
      letFirst();
      await last(executor, work);
      assert.deepEqual(work.begun, ['first', 'kept', 'last']);
      assert.ok(work.seen.includes('first ends'));
    },
  ],
  [
    'takes a cancelled key anew',
    async (executor, work) => {
      await work.begin(executor, { concurrency: 1 });
      const letFirst = work.hold('first');
      await executor.enqueue([task('first'), task('again')]);
      await work.until('first begins');
      await executor.cancel('again');
      await executor.enqueue([task('again')]);
      letFirst();
      await last(executor, work);
      assert.deepEqual(work.begun, ['first', 'again', 'last']);
    },
  ],
  [
    'goes on after a handler that rejects',
    async (executor, work) => {
      await work.begin(executor, { concurrency: 1 });
      work.does('bad', () => Promise.reject(new Error('a defect')));
      await executor.enqueue([task('bad'), task('good', { priority: 1 })]);
      await work.until('good ends');
      assert.deepEqual(work.begun.slice(0, 2), ['bad', 'good']);
    },
  ],
  [
    'stop waits for running tasks as long as it was told, and begins no more',
    async (executor, work) => {
      await work.begin(executor, { concurrency: 1 });
      const letFirst = work.hold('first');
      await executor.enqueue([task('first'), task('queued')]);
      await work.until('first begins');
      const stopped = executor.stop({ graceMs: 60_000 }).then(() => work.seen.push('stopped'));
      letFirst();
      await stopped;
      assert.deepEqual(work.seen, ['first begins', 'first ends', 'stopped']);
    },
  ],
  [
    'stop aborts running tasks when that time is over',
    async (executor, work) => {
      await work.begin(executor, { concurrency: 1 });
      work.does('endless', (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())));
      await executor.enqueue([task('endless'), task('queued')]);
      await work.until('endless begins');
      await executor.stop({ graceMs: 1 });
      assert.deepEqual(work.seen, ['endless begins', 'endless ends aborted']);
    },
  ],
];

/** What every `Executor` must do. Nothing is assumed of when a task begins; `create` gives one that nobody works for yet, and `destroy` stops it. */
export function executorCases(harness: Harness<Executor>): readonly ConformanceCase[] {
  return [...KEYS, ...LIMITS, ...ENDS].map(([name, run]) =>
    conformanceCase(harness, name, (executor) => run(executor, new Work())),
  );
}
