import assert from 'node:assert/strict';
import type { EventStore, NewEvent } from 'vidpipe/storage';
import type { StoreTest } from './store-batches.ts';

const events: readonly NewEvent[] = [{ type: 'test.happened', format: 1, body: {} }];

let serial = 0;

async function append(store: EventStore, projectId: string, batchId = `follow-${(serial += 1)}`): Promise<number> {
  return (await store.append({ batchId, projectId, events })).seq;
}

interface Following {
  readonly done: Promise<void>;
  settled(): Promise<boolean>;
  stop(reason: Error): void;
}

function follow(store: EventStore, projectId: string, after: number): Following {
  const controller = new AbortController();
  let over = false;
  const following = store.follow?.(projectId, after, controller.signal);
  assert.ok(following, 'the store has no follow: name it in `lacks`');
  const done = following.finally(() => (over = true));
  done.catch(() => undefined);
  const settled = async (): Promise<boolean> => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return over;
  };
  return { done, settled, stop: (reason) => controller.abort(reason) };
}

/** What a store with `follow` must do. */
export const FOLLOWS: readonly StoreTest[] = [
  [
    'follow: resolves at once when the log has events past the seq',
    async (store) => {
      await append(store, 'p1');
      await append(store, 'p1');
      await follow(store, 'p1', 0).done;
      await follow(store, 'p1', 1).done;
    },
  ],
  [
    'follow: waits for the next event of that project, also before the first',
    async (store) => {
      await append(store, 'p1');
      const [grown, unknown, far] = [follow(store, 'p1', 1), follow(store, 'p2', 0), follow(store, 'p1', 3)];
      await append(store, 'p3');
      assert.deepEqual(await Promise.all([grown.settled(), unknown.settled(), far.settled()]), [false, false, false]);
      await append(store, 'p1');
      await grown.done;
      await append(store, 'p2');
      await unknown.done;
      await append(store, 'p1');
      assert.equal(await far.settled(), false);
      await append(store, 'p1');
      await far.done;
    },
  ],
  [
    'follow: wakes all who wait',
    async (store) => {
      const all = Array.from({ length: 50 }, () => follow(store, 'p1', 0));
      await append(store, 'p1');
      await Promise.all(all.map(({ done }) => done));
    },
  ],
  [
    'follow: rejects with the reason of the signal, before and while it waits, and only that follower',
    async (store) => {
      const reason = new Error('enough');
      const early = store.follow?.('p1', 0, AbortSignal.abort(reason));
      await assert.rejects(early ?? Promise.resolve(), reason);
      const [stopped, other] = [follow(store, 'p1', 0), follow(store, 'p1', 0)];
      stopped.stop(reason);
      await assert.rejects(stopped.done, reason);
      assert.equal(await other.settled(), false);
      await append(store, 'p1');
      await other.done;
      other.stop(reason);
    },
  ],
  [
    'follow: is not woken by a batch that was refused or was there already',
    async (store) => {
      await append(store, 'p1', 'the same');
      const waiting = follow(store, 'p1', 1);
      await append(store, 'p1', 'the same');
      await store.append({ batchId: 'late', projectId: 'p1', expectedSeq: 0, events }).catch(() => undefined);
      const hold = { kind: 'hold', pool: 'full', callId: 'c', amount: 1 } as const;
      await store.pool('full', 0);
      await store.append({ batchId: 'full', projectId: 'p1', events, holds: [hold] }).catch(() => undefined);
      assert.equal(await waiting.settled(), false);
      await append(store, 'p1');
      await waiting.done;
    },
  ],
  [
    'follow: a deleted project has no events to wake for',
    async (store) => {
      await append(store, 'p1');
      await store.delete('p1');
      const waiting = follow(store, 'p1', 0);
      await append(store, 'p1');
      assert.equal(await waiting.settled(), false);
      waiting.stop(new Error('enough'));
      await assert.rejects(waiting.done, /enough/);
    },
  ],
  [
    'follow: rejects when the store is closed',
    async (store) => {
      const waiting = [follow(store, 'p1', 0), follow(store, 'p2', 0)];
      await store.close?.();
      for (const { done } of waiting) await assert.rejects(done, Error);
    },
  ],
];
