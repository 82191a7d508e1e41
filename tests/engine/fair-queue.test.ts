import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue } from '../../src/engine/fair-queue.ts';

interface Item {
  readonly group: string;
  readonly priority: number;
  readonly nth: number;
}

const queueOf = (mostOfGroup?: number): FairQueue<Item> => new FairQueue((item) => item, mostOfGroup);

/** One thing that happens to a queue: something comes, a slot comes free, something that runs ends, something is taken out. */
const move = fc.oneof(
  fc.record({
    what: fc.constant('add' as const),
    group: fc.constantFrom('a', 'b', 'c', 'd'),
    priority: fc.integer({ min: -2, max: 2 }),
  }),
  fc.record({ what: fc.constantFrom('take' as const, 'end' as const, 'remove' as const), nth: fc.nat(50) }),
);

/** A queue beside a plain model of it. */
class Watched {
  readonly queue: FairQueue<Item>;
  readonly waiting: Item[] = [];
  readonly running: Item[] = [];
  /** Turns of others since each group has begun to wait with nothing under way, by those others. */
  readonly passed = new Map<string, string[]>();
  readonly #most: number;
  #nth = 0;

  constructor(most: number) {
    this.queue = queueOf(most);
    this.#most = most;
  }

  of(items: readonly Item[], group: string): Item[] {
    return items.filter((item) => item.group === group);
  }

  add(group: string, priority: number): void {
    const item = { group, priority, nth: (this.#nth += 1) };
    this.waiting.push(item);
    this.queue.add(item);
  }

  remove(nth: number): void {
    const [item] = this.waiting.splice(nth % Math.max(1, this.waiting.length), 1);
    if (item !== undefined) expect(this.queue.remove(item)).toBe(true);
  }

  end(nth: number): void {
    const [item] = this.running.splice(nth % Math.max(1, this.running.length), 1);
    if (item !== undefined) this.queue.end(item);
  }

  take(): void {
    const may = this.waiting.filter(({ group }) => this.of(this.running, group).length < this.#most);
    const item = this.queue.take();
    expect(item === undefined).toBe(may.length === 0);
    if (item === undefined) return;
    const { group } = item;
    const least = Math.min(...may.map((each) => this.of(this.running, each.group).length));
    expect(this.of(this.running, group)).toHaveLength(least);
    const [first] = this.of(this.waiting, group).toSorted((a, b) => a.priority - b.priority || a.nth - b.nth);
    expect(item).toBe(first);
    this.waiting.splice(this.waiting.indexOf(item), 1);
    this.running.push(item);
    this.#note(group);
  }

  /** No group that waits with nothing under way is passed twice by the same other one. */
  #note(group: string): void {
    this.passed.delete(group);
    for (const other of new Set(this.waiting.map((each) => each.group)))
      if (other !== group && this.of(this.running, other).length === 0)
        this.passed.set(other, [...(this.passed.get(other) ?? []), group]);
    for (const by of this.passed.values()) expect(new Set(by).size).toBe(by.length);
  }

  /** Who waits no more has not been passed. */
  tidy(): void {
    for (const group of this.passed.keys())
      if (this.of(this.waiting, group).length === 0 || this.of(this.running, group).length > 0)
        this.passed.delete(group);
  }
}

describe('whose turn it is', () => {
  it('is as the rule says, and no group is passed twice by another one while it has nothing', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60, size: 'max' }), fc.constantFrom(1, 2, Infinity), (moves, most) => {
        const watched = new Watched(most);
        for (const each of moves) {
          if (each.what === 'add') watched.add(each.group, each.priority);
          else watched[each.what](each.nth);
          watched.tidy();
          expect(watched.queue.waiting).toHaveLength(watched.waiting.length);
          expect(watched.queue.load).toEqual({ running: watched.running.length, queued: watched.waiting.length });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('comes at last for all, and nothing is remembered then', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30, size: 'max' }), (groups) => {
        const queue = queueOf(1);
        groups.forEach((group, nth) => queue.add({ group, priority: 0, nth }));
        let taken = 0;
        for (let item = queue.take(); item !== undefined; item = queue.take(), taken += 1) queue.end(item);
        expect([taken, queue.loads.size]).toEqual([groups.length, 0]);
      }),
    );
  });

  it('is not that of what was never there', () => {
    const queue = queueOf();
    expect([queue.take(), queue.remove({ group: 'a', priority: 0, nth: 1 })]).toEqual([undefined, false]);
  });
});
