import assert from 'node:assert/strict';
import type { EventStore, HoldChange } from 'vidpipe/storage';
import { batch, type StoreTest } from './store-batches.ts';

/** One batch for each change. */
async function change(store: EventStore, ...changes: readonly HoldChange[]): Promise<void> {
  for (const each of changes) await store.append(batch('p1', { holds: [each] }));
}

const of = { pool: 'pool', callId: 'a' };

/** What becomes of a call whose end is told more than once: of its charges and releases the last one counts. */
export const CORRECTIONS: readonly StoreTest[] = [
  [
    'a charge after a charge takes its place, above the cap too',
    async (store) => {
      await change(store, { kind: 'cap', pool: 'pool', amount: 10 }, { kind: 'hold', ...of, amount: 9 });
      await change(store, { kind: 'charge', ...of, amount: 9 }, { kind: 'charge', ...of, amount: 4 });
      assert.deepEqual(await store.pool('pool'), { name: 'pool', cap: 10, held: 0, charged: 4 });
      await change(store, { kind: 'charge', ...of, amount: 12 }, { kind: 'charge', ...of, amount: 12 });
      assert.deepEqual(await store.pool('pool'), { name: 'pool', cap: 10, held: 0, charged: 12 });
    },
  ],
  [
    'a release after a charge takes it back, and a charge after that counts again',
    async (store) => {
      await change(store, { kind: 'charge', ...of, amount: 9 }, { kind: 'release', ...of }, { kind: 'release', ...of });
      assert.deepEqual(await store.pool('pool'), { name: 'pool', cap: null, held: 0, charged: 0 });
      await change(store, { kind: 'charge', ...of, amount: 5 });
      assert.equal((await store.pool('pool')).charged, 5);
    },
  ],
  [
    'a hold after a charge or a release is none',
    async (store) => {
      await change(store, { kind: 'charge', ...of, amount: 9 }, { kind: 'hold', ...of, amount: 9 });
      await change(store, { kind: 'release', pool: 'pool', callId: 'b' });
      await change(store, { kind: 'hold', pool: 'pool', callId: 'b', amount: 9 });
      assert.deepEqual(await store.pool('pool'), { name: 'pool', cap: null, held: 0, charged: 9 });
    },
  ],
];
