import { afterEach, describe, expect, it } from 'vitest';
import type { Logger, QueueLimits, Task } from 'vidpipe';
import { executorCases, VirtualClock } from 'vidpipe/testing';
import { systemClock } from '../../src/engine/clock.ts';
import { InProcessExecutor } from '../../src/executors/in-process.ts';
import { declare } from '../support/conformance.ts';

const errors: string[] = [];
const nothing = (): void => undefined;
const logger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: (fields, message) => void errors.push(`${message} ${JSON.stringify(fields)}`),
};
afterEach(() => void (errors.length = 0));

describe('in process', () => {
  declare(
    executorCases({
      create: () => new InProcessExecutor(systemClock, logger),
      destroy: (executor) => executor.stop(),
    }),
  );
});

interface Begun {
  readonly key: string;
  readonly at: number;
}

/** An executor on a virtual clock whose tasks take `ms` each, and what it began when. */
class Shop {
  readonly clock = new VirtualClock();
  readonly executor = new InProcessExecutor(this.clock, logger);
  readonly begun: Begun[] = [];
  readonly aborted: string[] = [];
  running = 0;
  most = 0;

  async open(limits: QueueLimits, ms = 1000): Promise<this> {
    await this.executor.work({ q: limits }, async ({ key }, signal) => {
      this.begun.push({ key, at: this.clock.monotonic() });
      this.most = Math.max(this.most, (this.running += 1));
      await this.clock.sleep(ms, signal).catch(() => this.aborted.push(key));
      this.running -= 1;
    });
    return this;
  }

  async add(projectId: string, count: number, given: Partial<Task> = {}): Promise<void> {
    const tasks = Array.from({ length: count }, (_, index) => task(`${projectId}${index}`, { projectId, ...given }));
    await this.executor.enqueue(tasks);
  }

  get keys(): string[] {
    return this.begun.map(({ key }) => key);
  }
}

function task(key: string, given: Partial<Task> = {}): Task {
  const names = { key, queue: 'q', projectId: 'a', run: 'r', stepId: key, fingerprint: 'f' };
  return { ...names, ordinal: 1, priority: 0, ...given };
}

/** Most starts in any 60 s. */
function densest(begun: readonly Begun[]): number {
  return Math.max(...begun.map(({ at }) => begun.filter((other) => other.at >= at && other.at < at + 60_000).length));
}

describe('limits', () => {
  it('never runs more at once than it may, and no fewer', async () => {
    const shop = await new Shop().open({ concurrency: 4 });
    await shop.add('a', 40);
    await shop.clock.advance(10_000);
    expect([shop.begun.length, shop.most]).toEqual([40, 4]);
    expect(shop.begun.map(({ at }) => at)).toEqual(Array.from({ length: 40 }, (_, index) => (index >> 2) * 1000));
  });

  it.each([
    [3, 10, 700],
    [10, 7, 61_000],
    [1, 1, 0],
    [20, 5, 1],
  ])('%i at once, %i a minute, %i ms each: no 60 s hold more starts', async (concurrency, perMinute, ms) => {
    const shop = await new Shop().open({ concurrency, perMinute }, ms);
    await shop.add('a', 30);
    await shop.clock.advance(40 * 60_000);
    expect(shop.begun).toHaveLength(30);
    expect(densest(shop.begun)).toBeLessThanOrEqual(perMinute);
    expect(shop.most).toBeLessThanOrEqual(concurrency);
  });

  it('starts as many in a minute as it may', async () => {
    const shop = await new Shop().open({ concurrency: 50, perMinute: 10 }, 0);
    await shop.add('a', 30);
    await shop.clock.advance(120_000);
    expect(shop.begun.map(({ at }) => at)).toEqual(Array.from({ length: 30 }, (_, i) => Math.floor(i / 10) * 60_000));
  });

  it('counts no start for a task that was cancelled', async () => {
    const shop = await new Shop().open({ concurrency: 5, perMinute: 1 }, 0);
    await shop.add('a', 3);
    await shop.clock.advance(0);
    await shop.executor.cancel('a1');
    await shop.clock.advance(120_000);
    await shop.add('b', 1);
    await shop.clock.advance(0);
    expect(shop.begun).toEqual([
      { key: 'a0', at: 0 },
      { key: 'a2', at: 60_000 },
      { key: 'b0', at: 120_000 },
    ]);
  });

  it('holds queues apart', async () => {
    const shop = new Shop();
    const begun: string[] = [];
    await shop.executor.work({ one: { concurrency: 1 }, two: { concurrency: 1 } }, async ({ key }) => {
      begun.push(key);
      await shop.clock.sleep(1000);
    });
    await shop.executor.enqueue([
      task('x', { queue: 'one' }),
      task('y', { queue: 'one' }),
      task('z', { queue: 'two' }),
    ]);
    await shop.clock.advance(0);
    expect(begun).toEqual(['x', 'z']);
  });
});

describe('turns', () => {
  it.each([1, 3])(
    'with %i slots, a project that comes after 100 tasks of another starts in the next turn',
    async (concurrency) => {
      const shop = await new Shop().open({ concurrency });
      await shop.add('a', 100);
      await shop.clock.advance(0);
      await shop.add('b', 1, { priority: 99 });
      await shop.clock.advance(1000);
      expect(shop.begun.find(({ key }) => key === 'b0')?.at).toBe(1000);
    },
  );

  it('come round: each project once before any is served again, whatever the priorities', async () => {
    const shop = await new Shop().open({ concurrency: 1 });
    await shop.add('a', 5, { priority: 0 });
    await shop.add('b', 3, { priority: 7 });
    await shop.add('c', 2, { priority: 3 });
    await shop.clock.advance(10_000);
    expect(shop.keys.map((key) => key[0]).join('')).toBe('acbacbabaa');
  });

  it('are not jumped by a project that comes back as soon as it was served', async () => {
    const shop = await new Shop().open({ concurrency: 1 });
    await shop.add('a', 4);
    for (let turn = 0; turn < 8; turn += 1) {
      await shop.executor.enqueue([task(`b${turn}`, { projectId: 'b' })]);
      await shop.clock.advance(1000);
    }
    expect(
      shop.keys
        .slice(0, 8)
        .map((key) => key[0])
        .join(''),
    ).toBe('abababab');
  });
});

describe('stop', () => {
  it('without grace aborts at once, begins nothing more and takes nothing more', async () => {
    const shop = await new Shop().open({ concurrency: 2 });
    await shop.add('a', 5);
    await shop.clock.advance(500);
    await shop.executor.stop();
    await shop.add('b', 1);
    await shop.clock.advance(5000);
    expect([shop.keys, shop.aborted, shop.running]).toEqual([['a0', 'a1'], ['a0', 'a1'], 0]);
  });

  it('with grace waits for what runs, no longer than that takes, and takes nothing more meanwhile', async () => {
    const shop = await new Shop().open({ concurrency: 2 });
    await shop.add('a', 5);
    await shop.clock.advance(500);
    const stopped = shop.executor.stop({ graceMs: 60_000 });
    await shop.add('b', 1);
    await shop.clock.run(stopped);
    expect([shop.keys, shop.aborted, shop.clock.monotonic()]).toEqual([['a0', 'a1'], [], 1000]);
    expect(shop.clock.waiting).toBe(0);
  });

  it('aborts what still runs when the grace is over', async () => {
    const shop = await new Shop().open({ concurrency: 2 });
    await shop.add('a', 2);
    await shop.clock.advance(500);
    await shop.clock.run(shop.executor.stop({ graceMs: 100 }));
    expect([shop.aborted, shop.clock.monotonic()]).toEqual([['a0', 'a1'], 600]);
  });

  it('ends the wait for the next minute', async () => {
    const shop = await new Shop().open({ concurrency: 3, perMinute: 1 }, 0);
    await shop.add('a', 3);
    await shop.clock.advance(10);
    await shop.clock.run(shop.executor.stop({ graceMs: 30_000 }));
    expect([shop.keys, shop.clock.monotonic(), shop.clock.waiting]).toEqual([['a0'], 10, 0]);
  });
});

it('a handler that rejects is told of, and its slot and its key are free again', async () => {
  const { clock, executor } = new Shop();
  let runs = 0;
  await executor.work({ q: { concurrency: 1 } }, () => {
    runs += 1;
    return Promise.reject(new Error('planted'));
  });
  for (let round = 0; round < 2; round += 1) {
    await executor.enqueue([task('bad')]);
    await clock.advance(0);
  }
  expect(runs).toBe(2);
  expect(errors).toEqual(Array(2).fill('a task ended with a defect {"task":"bad","error":"Error: planted"}'));
});
