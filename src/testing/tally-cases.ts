import assert from 'node:assert/strict';
import { batch, summary, type StoreTest } from './store-batches.ts';

/** What a store with `tally` must do. */
export const TALLIES: readonly StoreTest[] = [
  [
    'tally: adds up the newest counters of each project, and keeps them where none are given',
    async (store) => {
      await store.append(batch('p1', { summary: summary('p1', 2), counters: { a: 1, '["b","c"]': 2 } }));
      await store.append(batch('p1', { summary: summary('p1', 1), counters: { a: 100 } }));
      await store.append(batch('p1', { summary: summary('p1', 3) }));
      await store.append(batch('p2', { summary: summary('p2', 1), counters: { a: 10 } }));
      await store.append(batch('p3', { summary: summary('p3', 1) }));
      assert.deepEqual(await store.tally?.({}), { a: 11, '["b","c"]': 2 });
      await store.append(batch('p1', { summary: summary('p1', 4), counters: { a: 3 } }));
      assert.deepEqual(await store.tally?.({}), { a: 13 });
    },
  ],
  [
    'tally: of an account, of a time, without deleted projects',
    async (store) => {
      const counters = { a: 1 };
      await store.append(batch('p1', { summary: summary('p1', 1, { account: 'x' }), counters }));
      await store.append(batch('p2', { summary: summary('p2', 1, { account: 'x' }), counters }));
      await store.append(batch('p3', { summary: summary('p3', 1), counters }));
      const [from, to] = [summary('p2', 1).createdAt, summary('p3', 1).createdAt];
      assert.deepEqual(await store.tally?.({ account: 'x' }), { a: 2 });
      assert.deepEqual(await store.tally?.({ from }), { a: 2 });
      assert.deepEqual(await store.tally?.({ from, to }), { a: 1 });
      await store.delete('p2');
      assert.deepEqual(await store.tally?.({ from, to }), {});
    },
  ],
];
