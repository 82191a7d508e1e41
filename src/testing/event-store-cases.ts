import assert from 'node:assert/strict';
import type { EventStore, HoldChange, StoredEvent } from 'vidpipe/storage';
import { conformanceCase, type ConformanceCase, type Harness } from './conformance.ts';
import { FOLLOWS } from './follow-cases.ts';
import { CORRECTIONS } from './pool-cases.ts';
import { batch, event, summary, type StoreTest as Test } from './store-batches.ts';
import { TALLIES } from './tally-cases.ts';

async function all(store: EventStore, projectId: string, after?: number): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const each of store.read(projectId, after)) events.push(each);
  return events;
}

const hold = (pool: string, callId: string, amount: number): HoldChange => ({ kind: 'hold', pool, callId, amount });
const charge = (pool: string, callId: string, amount: number): HoldChange => ({ kind: 'charge', pool, callId, amount });
const release = (pool: string, callId: string): HoldChange => ({ kind: 'release', pool, callId });

const LOG: readonly Test[] = [
  ['reads nothing of an unknown project', async (store) => assert.deepEqual(await all(store, 'p1'), [])],
  [
    'numbers events densely from 1 and reads them in order, after any seq',
    async (store) => {
      for (let index = 0; index < 5; index += 1)
        await store.append(batch('p1', { events: [event({ index }), event()] }));
      const events = await all(store, 'p1');
      assert.deepEqual(
        events.map(({ seq }) => seq),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      );
      assert.deepEqual(
        (await all(store, 'p1', 7)).map(({ seq }) => seq),
        [8, 9, 10],
      );
      assert.ok(events.every(({ at }, index) => index === 0 || at >= (events[index - 1]?.at ?? '')));
    },
  ],
  [
    'refuses a wrong expectedSeq and changes nothing',
    async (store) => {
      await store.append(batch('p1', { expectedSeq: 0 }));
      await assert.rejects(store.append(batch('p1', { expectedSeq: 0, holds: [hold('pool', 'c', 5)] })), {
        code: 'seq-conflict',
      });
      assert.equal((await all(store, 'p1')).length, 1);
      assert.equal((await store.pool('pool')).held, 0);
    },
  ],
  [
    'lets exactly one of eight concurrent writers win',
    async (store) => {
      const tries = await Promise.allSettled(
        Array.from({ length: 8 }, () => store.append(batch('p1', { expectedSeq: 0 }))),
      );
      assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.equal((await all(store, 'p1')).length, 1);
    },
  ],
  [
    'appends the same batch once and answers alike',
    async (store) => {
      const same = batch('p1', { holds: [hold('pool', 'c', 5)] });
      assert.deepEqual(await store.append(same), await store.append(same));
      assert.equal((await all(store, 'p1')).length, 1);
      assert.equal((await store.pool('pool')).held, 5);
    },
  ],
  [
    'keeps projects apart',
    async (store) => {
      await store.append(batch('p1'));
      await store.append(batch('p2'));
      assert.deepEqual(
        (await all(store, 'p2')).map(({ seq, projectId }) => [seq, projectId]),
        [[1, 'p2']],
      );
    },
  ],
  [
    'keeps unicode, NUL and a megabyte',
    async (store) => {
      const body = { text: 'ü\u0000😀\u2028', long: 'x'.repeat(1_000_000) };
      await store.append(batch('p1', { events: [event(body)] }));
      assert.deepEqual((await all(store, 'p1'))[0]?.body, body);
    },
  ],
  [
    'reads more than a page',
    async (store) => {
      await store.append(batch('p1', { events: Array.from({ length: 1203 }, () => event()) }));
      assert.equal((await all(store, 'p1')).length, 1203);
    },
  ],
];

const POOLS: readonly Test[] = [
  [
    'holds, charges and releases each once per call',
    async (store) => {
      await store.append(batch('p1', { holds: [hold('pool', 'a', 5), hold('pool', 'a', 5), hold('pool', 'b', 7)] }));
      assert.deepEqual(await store.pool('pool'), { name: 'pool', cap: null, held: 12, charged: 0 });
      await store.append(
        batch('p1', {
          holds: [charge('pool', 'a', 4), charge('pool', 'a', 4), release('pool', 'b'), release('pool', 'b')],
        }),
      );
      assert.deepEqual(await store.pool('pool'), { name: 'pool', cap: null, held: 0, charged: 4 });
    },
  ],
  [
    'counts a charge without a hold, and one after a release',
    async (store) => {
      await store.append(
        batch('p1', {
          holds: [charge('pool', 'x', 3), hold('pool', 'y', 5), release('pool', 'y'), charge('pool', 'y', 2)],
        }),
      );
      assert.deepEqual(await store.pool('pool'), { name: 'pool', cap: null, held: 0, charged: 5 });
    },
  ],
  [
    'refuses what passes the cap and changes nothing',
    async (store) => {
      await store.append(batch('p1', { holds: [{ kind: 'cap', pool: 'pool', amount: 10 }, hold('pool', 'a', 6)] }));
      await assert.rejects(store.append(batch('p1', { holds: [hold('other', 'b', 1), hold('pool', 'b', 5)] })), {
        code: 'pool-full',
      });
      assert.equal((await all(store, 'p1')).length, 1);
      assert.equal((await store.pool('other')).held, 0);
      await store.append(batch('p1', { holds: [hold('pool', 'b', 4)] }));
      assert.equal((await store.pool('pool', null)).cap, null);
    },
  ],
  [
    'keeps holds of a deleted project, and takes its facts in the pools only',
    async (store) => {
      await store.append(batch('p1', { holds: [hold('pool', 'a', 6)] }));
      await store.delete('p1');
      assert.equal((await store.pool('pool')).held, 6);
      assert.equal((await store.append(batch('p1', { holds: [charge('pool', 'a', 5)] }))).seq, 0);
      assert.deepEqual(await all(store, 'p1'), []);
      assert.equal((await store.pool('pool')).charged, 5);
      await assert.rejects(store.append(batch('p1', { expectedSeq: 0 })), { code: 'project-deleted' });
    },
  ],
];

const LEASES: readonly Test[] = [
  [
    'gives a lease to one owner and names it to the second',
    async (store) => {
      const lease = await store.lease('p1', 'one', 60_000);
      await assert.rejects(store.lease('p1', 'two', 60_000), {
        code: 'lease-held',
        details: { projectId: 'p1', owner: 'one', expiresAt: lease.expiresAt },
      });
      await lease.renew();
      assert.equal((await store.leaseOf('p1'))?.owner, 'one');
      await lease.release();
      assert.equal(await store.leaseOf('p1'), null);
      await store.lease('p1', 'two', 60_000);
      await assert.rejects(lease.renew(), { code: 'lease-held' });
    },
  ],
  [
    'gives an expired lease to another owner',
    async (store) => {
      await store.lease('p1', 'one', 0);
      assert.equal((await store.lease('p1', 'two', 60_000)).owner, 'two');
    },
  ],
];

const LISTS: readonly Test[] = [
  [
    'pages newest first, each project once',
    async (store) => {
      for (const id of ['p1', 'p2', 'p3', 'p4', 'p5']) await store.append(batch(id, { summary: summary(id, 1) }));
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: Awaited<ReturnType<EventStore['list']>> = await store.list({
          limit: 2,
          ...(cursor === '' ? {} : { cursor }),
        });
        seen.push(...page.items.map(({ projectId }) => projectId));
        cursor = page.next;
      }
      assert.deepEqual(seen, ['p5', 'p4', 'p3', 'p2', 'p1']);
    },
  ],
  [
    'filters by status, account and labels, and keeps the newest summary',
    async (store) => {
      await store.append(
        batch('p1', {
          summary: summary('p1', 2, { status: 'completed', account: 'a', labels: { user: 'u1', team: 't' } }),
        }),
      );
      await store.append(batch('p1', { summary: summary('p1', 1, { status: 'stale' }) }));
      await store.append(batch('p2', { summary: summary('p2', 1, { labels: { user: 'u2' } }) }));
      const ids = async (query: Parameters<EventStore['list']>[0]): Promise<string[]> =>
        (await store.list(query)).items.map(({ projectId }) => projectId);
      assert.deepEqual(await ids({ status: 'completed' }), ['p1']);
      assert.deepEqual(await ids({ account: 'a' }), ['p1']);
      assert.deepEqual(await ids({ labels: { user: 'u1', team: 't' } }), ['p1']);
      assert.deepEqual(await ids({ labels: { user: 'u2', team: 't' } }), []);
    },
  ],
];

const FREE: readonly Test[] = [
  [
    'free: says how many bytes can still be written, or that it can not say',
    async (store) => {
      const free = await store.free?.();
      assert.ok(free === null || (Number.isSafeInteger(free) && Number(free) >= 0), `${free} bytes`);
    },
  ],
];

/** Methods that a store may leave out. */
export type OptionalStoreMethod = 'follow' | 'tally' | 'free';

/** What every `EventStore` must do: log, pools, leases, lists. `lacks` names the optional methods that the store leaves out: their cases say `skip`, and a case fails when that list is not right. */
export function eventStoreCases(
  harness: Harness<EventStore>,
  lacks: readonly OptionalStoreMethod[] = [],
): readonly ConformanceCase[] {
  const optional = (method: OptionalStoreMethod, cases: readonly Test[]): ConformanceCase[] =>
    cases.map(([name, run]) => ({
      ...conformanceCase(harness, name, run),
      ...(lacks.includes(method) ? { skip: method } : {}),
    }));
  const declared: Test = [
    'has the optional methods it is said to have',
    async (store) => {
      for (const method of ['follow', 'tally', 'free'] as const)
        assert.equal(store[method] === undefined, lacks.includes(method), method);
    },
  ];
  return [
    ...[...LOG, ...POOLS, ...CORRECTIONS, ...LEASES, ...LISTS, declared].map(([name, run]) =>
      conformanceCase(harness, name, run),
    ),
    ...optional('follow', FOLLOWS),
    ...optional('tally', TALLIES),
    ...optional('free', FREE),
  ];
}
