import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pool } from 'pg';
import { POSTGRES_MIGRATIONS, SCHEMA, type EventStore, type ProjectSummary } from 'vidpipe/storage';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { postgres, type PostgresOptions, type PostgresQuery } from 'vidpipe/storage-adapters/postgres';
import { eventStoreCases, quietScript, type Script, simulate } from 'vidpipe/testing';
import { attendedEvents } from '../support/attended.ts';
import { declare } from '../support/conformance.ts';
import { startBouncer } from '../support/postgres.ts';
import { randomScripts, simulated } from '../support/simulation.ts';
import { withPostgres } from './postgres-support.ts';
import { batch, readAll } from './support.ts';

const summary: ProjectSummary = {
  projectId: 'p1',
  seq: 1,
  status: 'running',
  prompt: '',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  scenes: 0,
  charged: 0 as never,
  account: null,
  labels: {},
};

const destroy = (store: { close?(): Promise<void> }): Promise<void> | void => store.close?.();

withPostgres('a store in PostgreSQL', (pg) => {
  let bouncer: Awaited<ReturnType<typeof startBouncer>>;
  beforeAll(async () => {
    bouncer = await startBouncer(pg.server);
  });
  afterAll(() => bouncer.stop());

  describe('conformance', () => {
    declare(eventStoreCases({ create: () => pg.emptied('cases'), destroy }));
  });
  describe('conformance behind pgbouncer in transaction mode, which LISTEN does not go through', () => {
    const options = (): PostgresOptions => ({ port: bouncer.port, listen: false, pollMs: 50 });
    declare(eventStoreCases({ create: () => pg.emptied('behind', options()), destroy }));
  });

  describe('texts', () => {
    const odd = [
      'nul \0 in it',
      'half \ud800 a pair',
      'back\\slash \\0',
      `quote ' "`,
      '😀 ü \u2028',
      '$1 :name %',
      '{}',
    ];

    /** What a store answers of everything that has `text` in all places for texts; times are left out. */
    async function told(store: EventStore, text: string): Promise<unknown> {
      const shown = { ...summary, projectId: text, account: text, status: text, labels: { [text]: text, team: 't' } };
      const events = [{ type: text, format: 1, body: { [text]: [text] } }];
      const of = { pool: text, callId: text };
      const given = batch(text, { batchId: text, events, summary: shown, counters: { [JSON.stringify([text])]: 2 } });
      const { seq } = await store.append({ ...given, holds: [{ kind: 'hold', ...of, amount: 5 }] });
      const again = await store.append(given);
      await store.append(batch(text, { batchId: `${text}2`, holds: [{ kind: 'charge', ...of, amount: 3 }] }));
      await store.append(batch('other', { summary: { ...summary, projectId: 'other' } }));
      const log = (await readAll(store, text)).slice(0, 1).map((event) => ({ ...event, at: '' }));
      await store.lease(text, text, 60_000);
      const refused = await store.lease(text, 'other', 60_000).catch((error: unknown) => error);
      const lists = [
        { account: text },
        { status: text },
        { labels: { [text]: text } },
        { labels: { team: 't', [text]: text } },
      ];
      const pages = await Promise.all(lists.map((query) => store.list(query)));
      const first = await store.list({ limit: 1 });
      const next = await store.list({ limit: 1, cursor: first.next ?? '' });
      const { owner } = (refused as { details: { owner: string } }).details;
      return [
        seq,
        again.seq,
        log,
        owner,
        pages,
        first,
        next,
        await store.pool(text),
        await store.tally?.({ account: text }),
      ];
    }

    it.each(odd)('are kept as SQLite keeps them: %j', async (text) => {
      const [ours, theirs] = [await pg.emptied('texts'), memoryEvents()];
      expect(await told(ours, text)).toEqual(await told(theirs, text));
      await Promise.all([ours.close?.(), theirs.close?.()]);
    });
    it('has the columns of SQLite', async () => {
      const { schema } = pg.options();
      await pg.store({ schema }).pool('x');
      const { rows } = await pg.admin.query<{ name: string }>(
        `select table_name || '.' || column_name as name from information_schema.columns where table_schema = '${schema}'`,
      );
      const db = new DatabaseSync(':memory:');
      db.exec(SCHEMA);
      const theirs = db
        .prepare(
          "select t.name || '.' || c.name as name from sqlite_schema t, pragma_table_info(t.name) c where t.type = 'table'",
        )
        .all();
      const names = rows.map(({ name }) => name).filter((name) => !/^(project_labels|schema_version)\./.test(name));
      expect(names.toSorted()).toEqual(theirs.map(({ name }) => name as string).toSorted());
      db.close();
    });
  });

  describe('statements', () => {
    it('of an append are as many for a hundred events and calls as for one', async () => {
      const texts: string[] = [];
      const store = postgres({ pool: pg.tapped(({ text }) => void texts.push(text)), schema: pg.options().schema });
      await store.pool('x');
      const counts: number[] = [];
      for (const size of [1, 100]) {
        texts.length = 0;
        const holds = Array.from({ length: size }, (_, index) => {
          return { kind: 'hold', pool: `pool ${index % 3}`, callId: `${size}-${index}`, amount: 1 } as const;
        });
        await store.append(batch('p1', { holds, summary: { ...summary, seq: size } }, size));
        counts.push(texts.length);
      }
      expect(counts).toEqual([7, 7]);
      expect(await store.pool('pool 0')).toMatchObject({ held: 35 });
    });

    it('of lists touch as many pages of 20,000 projects as of 2,000', async () => {
      const sent: PostgresQuery[] = [];
      const { schema } = pg.options();
      const store = postgres({ pool: pg.tapped((query) => void sent.push(query)), schema });
      await store.pool('x');
      const fill = async (from: number, to: number): Promise<void> => {
        await pg.admin.query(`set search_path to ${schema};
          insert into projects select 'p' || i, 1, '', 0, 1, to_char(timestamp '2026-01-01' + i * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"'),
            case when i % 20 = 0 then 'waiting' else 'completed' end, 'account ' || i % 10, '{}', '{}', null from generate_series(${from}, ${to}) i;
          insert into project_labels select 'p' || i, 'user', 'u' || i % 10, to_char(timestamp '2026-01-01' + i * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"') from generate_series(${from}, ${to}) i;
          analyze`);
      };
      const cursor = Buffer.from(JSON.stringify(['2026-01-01T00:30:00.000Z', 'p1800'])).toString('base64url');
      const queries = [
        {},
        { status: 'waiting' },
        { account: 'account 3' },
        { account: 'account 0', status: 'waiting' },
      ];
      const labelled = [{ labels: { user: 'u3' } }, { labels: { user: 'u3' }, status: 'completed' }];
      const asked = [...queries, ...labelled].flatMap((query) => [query, { ...query, cursor }]);
      const touched = async (): Promise<number[]> => {
        sent.length = 0;
        for (const query of asked) expect((await store.list(query)).items).toHaveLength(50);
        const counts: number[] = [];
        for (const { text, values = [] } of sent) {
          const explained = await pg.admin.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
            `explain (analyze, buffers, format json) ${text}`,
            [...values],
          );
          const plan = explained.rows[0]?.['QUERY PLAN'][0].Plan ?? {};
          counts.push(Number(plan['Shared Hit Blocks']) + Number(plan['Shared Read Blocks']));
        }
        return counts;
      };
      await fill(1, 2_000);
      const few = await touched();
      await fill(2_001, 20_000);
      const many = await touched();
      expect(few).toHaveLength(asked.length);
      // A page of an index more on each way down, or the rows of a page lie further apart; 1 project in 20 would be 1,000 of them.
      for (const [index, count] of many.entries()) expect(count).toBeLessThan((few[index] ?? 0) + 120);
      expect(Math.max(...many)).toBeLessThan(350);
    });
  });

  describe('whole films', () => {
    const played = (script: Script): ReturnType<typeof simulate> =>
      simulate(script, (now) => ({ events: attendedEvents(pg.store({ now })), assets: memoryAssets({ now }) }));

    it('are those of the store in memory, to the last event', async () => {
      const script = quietScript({ scenes: 3 });
      const [ours, theirs] = [await played(script), await simulated(script)];
      expect(ours).toEqual(theirs);
      expect(ours).toMatchObject({ violations: [], status: 'completed' });
    });
    it('come through crashes and faults', async () => {
      for (const script of randomScripts(1, 2))
        expect((await played(script)).violations, `seed ${script.seed}`).toEqual([]);
    });
  });

  it('uses a pool of the user, and does not end it', async () => {
    const pool = new Pool(pg.server.connection);
    const store = postgres({ pool, schema: pg.options().schema });
    await store.append(batch('p1'));
    await store.close?.();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  it('lifts tables of an older version, and refuses those of a newer one', async () => {
    const { schema } = pg.options();
    await postgres(pg.options({ schema })).append(batch('p1'));
    await pg.admin.query(`update ${schema}.schema_version set version = ${POSTGRES_MIGRATIONS.length + 1}`);
    await expect(pg.store({ schema }).append(batch('p1'))).rejects.toMatchObject({ code: 'newer-format' });
    await pg.admin.query(`drop schema ${schema} cascade; create schema ${schema}`);
    await pg.admin.query(
      `create table ${schema}.schema_version (version integer); insert into ${schema}.schema_version values (0)`,
    );
    expect((await pg.store({ schema }).append(batch('p1'))).seq).toBe(1);
  });
});
