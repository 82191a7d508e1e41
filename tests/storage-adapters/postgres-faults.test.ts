import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import type { AppendBatch, EventStore, ProjectSummary } from 'vidpipe/storage';
import { postgres, type PostgresOptions } from 'vidpipe/storage-adapters/postgres';
import { PASSWORD, USER } from '../support/postgres.ts';
import { withPostgres } from './postgres-support.ts';
import { batch, readAll, startScript } from './support.ts';

const never = (): AbortSignal => new AbortController().signal;

/** What a call throws. */
async function thrown(work: Promise<unknown> | undefined): Promise<Error & { readonly code: string }> {
  return (await work?.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  )) as Error & { readonly code: string };
}

/** A batch that touches every table. */
function rich(): AppendBatch {
  const at = '2026-01-01T00:00:00.000Z';
  const summary: ProjectSummary = {
    projectId: 'p1',
    seq: 3,
    status: 'running',
    prompt: '',
    createdAt: at,
    updatedAt: at,
    scenes: 0,
    charged: 0 as never,
    account: null,
    labels: { user: 'u1' },
  };
  const holds = [
    { kind: 'cap', pool: 'money', amount: 100 },
    { kind: 'hold', pool: 'money', callId: 'a', amount: 5 },
    { kind: 'charge', pool: 'money', callId: 'a', amount: 4 },
    { kind: 'hold', pool: 'slots', callId: 'a', amount: 1 },
  ] as const;
  return batch('p1', { summary, holds, counters: { '["a"]': 1 } }, 3);
}

async function everything(store: EventStore): Promise<unknown> {
  const pools = [await store.pool('money'), await store.pool('slots')];
  const lists = [await store.list({}), await store.list({ labels: { user: 'u1' } }), await store.tally?.({})];
  return [await readAll(store, 'p1'), await readAll(store, 'p2'), pools, lists];
}

withPostgres('PostgreSQL in trouble', (pg) => {
  /** A schema that is there, and how other processes come to it. */
  async function shared(
    more: PostgresOptions = {},
  ): Promise<{ store: EventStore; given: PostgresOptions; json: string }> {
    const given = pg.options(more);
    const store = pg.store(given);
    await store.pool('x');
    return { store, given, json: JSON.stringify(given) };
  }

  describe('what stands in the way of opening', () => {
    const opened = (more: PostgresOptions): Promise<Error & { readonly code: string }> =>
      thrown(postgres({ ...pg.options(), ...more }).pool('x'));
    const setup = (reason: RegExp, fix: RegExp): object => ({
      code: 'database-setup',
      details: {
        database: expect.stringContaining('PostgreSQL') as string,
        reason: expect.stringMatching(reason) as string,
        fix: expect.stringMatching(fix) as string,
      },
    });

    it('no server: passes, and says where it was looked for', async () => {
      const error = await opened({ port: 1 });
      expect(error).toMatchObject({ code: 'event-store' });
      expect(error.message).toMatch(/127\.0\.0\.1:1\/postgres.*ECONNREFUSED.*Start the server/);
    });
    it('wrong user or password', async () => {
      expect(await opened({ password: 'wrong' })).toMatchObject(setup(/password authentication failed/, /password/));
      expect(await opened({ password: '' })).toMatchObject(setup(/password/, /password/));
    });
    it('no such database', async () => {
      expect(await opened({ database: 'nowhere' })).toMatchObject(setup(/nowhere/, /Create the database/));
    });
    it('no TLS', async () => {
      expect(await opened({ ssl: true })).toMatchObject(setup(/SSL/, /ssl to false/));
    });
    it('missing tables, where they are not to be made', async () => {
      const { schema } = pg.options();
      expect(await opened({ schema, migrate: false })).toMatchObject(setup(/no tables/, /migrate: true/));
      await pg.store({ schema }).pool('x');
      expect((await pg.store({ schema, migrate: false }).append(batch('p1'))).seq).toBe(1);
    });
    it('tables of another program, which stay as they are', async () => {
      const { schema } = pg.options();
      await pg.admin.query(`create schema ${schema}; create table ${schema}.leases (mine text)`);
      expect(await opened({ schema })).toMatchObject(setup(/"leases" already exists/, /option schema/));
      const { rows } = await pg.admin.query(
        `select table_name from information_schema.tables where table_schema = '${schema}'`,
      );
      expect(rows).toEqual([{ table_name: 'leases' }]);
    });
    it('missing rights', async () => {
      await pg.admin.query(`create role guest login password 'guest'`);
      expect(await opened({ user: 'guest', password: 'guest' })).toMatchObject(setup(/permission denied/, /rights/));
    });
    it('another encoding', async () => {
      await pg.admin.query(`create database ascii template template0 encoding 'SQL_ASCII' locale 'C'`);
      expect(await opened({ database: 'ascii' })).toMatchObject(setup(/SQL_ASCII/, /UTF8/));
    });
    it('a server that is too old', async () => {
      const old = pg.tapped(() => undefined);
      const pool = {
        connect: async () => ({
          ...(await old.connect()),
          query: async () => ({ rows: [{ version: 120_011, encoding: 'UTF8' }] }),
        }),
      };
      expect(await thrown(postgres({ pool }).pool('x'))).toMatchObject(setup(/PostgreSQL 12/, /Upgrade it to 13/));
    });
    it('is looked at again by the next call', async () => {
      let password = 'wrong';
      const store = pg.store({ password: () => Promise.resolve(password) });
      expect((await thrown(store.pool('x'))).code).toBe('database-setup');
      password = PASSWORD;
      expect(await store.pool('x')).toMatchObject({ held: 0 });
    });
    it('options that can not be', () => {
      const wrong = (options: object): unknown => {
        try {
          return postgres(options);
        } catch (error) {
          return (error as { details: { issues: string[] } }).details.issues.join('; ');
        }
      };
      expect(wrong({ schema: 'Robert"; drop' })).toMatch(/^schema: expected/);
      expect(wrong({ connections: 0, pollMs: 0.5 })).toMatch(/connections: expected.*pollMs: expected/);
      expect(wrong({ passwort: 'x' })).toMatch(/passwort: there is no such option/);
      expect(wrong({ pool: {}, host: 'h', listen: true })).toMatch(/host: belongs.*listen: with pool/);
      for (const url of [
        'mysql://h/d',
        'postgres://u:12/secret@h/d',
        'postgres://u:12#secret@h/d',
        'postgres://u:12?secret@h/d',
        'no url',
        'postgres://h/d?sslmode=odd',
      ])
        expect(wrong({ url })).toMatch(/^url: expected postgres:(?!.*(secret|odd))/);
    });
  });

  it('says which package is missing', () => {
    const script = `
      const { postgres } = await import('vidpipe/storage-adapters/postgres');
      const error = await postgres({ url: 'postgres://h/d' }).pool('x').catch((thrown) => thrown);
      process.stdout.write(error.code + ': ' + error.message);`;
    const args = ['--import', join(import.meta.dirname, 'source-hooks.mjs'), '--input-type=module', '--eval', script];
    const env = { ...process.env, MISSING_PACKAGE: 'pg' };
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', env })).toBe(
      'missing-package: postgres() needs the package pg. Install it: npm install pg',
    );
  });

  it('shows the password nowhere: not in stores, not in errors and what is in them, not in what is printed', async () => {
    const printed: unknown[] = [];
    for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const)
      vi.spyOn(console, name).mockImplementation((...said) => void printed.push(said));
    const { host, port } = pg.server.connection;
    const url = (where: string): string => `postgres://${USER}:${encodeURIComponent(PASSWORD)}@${where}`;
    const given: PostgresOptions[] = [
      { url: url(`${host}:${port}/postgres`) },
      { url: url(`${host}:1/postgres`) },
      { url: url(`${host}:${port}/nowhere`) },
      { url: url(`${host}:${port}/postgres?sslmode=verify-full`) },
      { url: `postgres://${USER}:${PASSWORD}@${host}:${port}/postgres` },
      { host, port, database: 'nowhere', user: USER, password: PASSWORD },
      { host, port, database: 'postgres', user: 'nobody', password: PASSWORD },
      { host, port, database: 'postgres', user: USER, password: () => Promise.reject(new Error('the vault is shut')) },
    ];
    const seen: string[] = [];
    const show = (what: unknown): void =>
      void seen.push(inspect(what, { depth: 12, showHidden: true }), JSON.stringify(what));
    for (const options of given) {
      try {
        const store = postgres({ ...options, schema: 'canary' });
        show(await store.append(batch('p1')).catch((error: unknown) => error));
        show(await store.append({ ...batch('p1'), expectedSeq: 77 }).catch((error: unknown) => error));
        show(store);
        await store.close?.();
      } catch (error) {
        show(error);
      }
    }
    vi.restoreAllMocks();
    show(printed);
    expect(seen.filter((text) => text.includes('event-store')).length).toBeGreaterThan(1);
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), 'canary-4f0c'])
      expect(seen.filter((text) => text.includes(secret))).toEqual([]);
  });

  it('says that all connections are in use, and what to do; the next call finds one', async () => {
    const { schema } = pg.options();
    const store = pg.store({ schema, connections: 1, waitMs: 300 });
    // To make a connection may take longer than that on a busy machine; it then stays.
    await vi.waitFor(() => store.append(batch('p1')), { timeout: 20_000, interval: 1 });
    await pg.admin.query(`begin; lock table ${schema}.projects in exclusive mode`);
    const waiting = store.append(batch('p1'));
    const error = await thrown(store.pool('x'));
    await pg.admin.query('rollback');
    expect(error).toMatchObject({ code: 'event-store' });
    expect(error.message).toMatch(/all connections of the pool are in use\. Raise the option connections, or waitMs/);
    await waiting;
    expect(await store.pool('x')).toMatchObject({ held: 0 });
  });

  describe('one append', () => {
    it('leaves nothing when its backend is ended before any of its statements, and can be repeated', async () => {
      const { schema } = pg.options();
      const store = pg.store({ schema });
      await store.append(batch('p2'));
      const before = await everything(store);
      const given = rich();
      let ending = 1;
      for (; ; ending += 1) {
        let left = ending;
        const pool = pg.tapped(async (_, pid) => {
          left -= 1;
          if (left === 0) await pg.admin.query('select pg_terminate_backend($1, 5000)', [pid]);
        });
        const failing = postgres({ pool, schema });
        left = Infinity;
        await failing.pool('x');
        left = ending;
        const outcome = await failing.append(given).then(
          () => 'appended',
          (error: { code: string }) => error.code,
        );
        if (outcome === 'appended') break;
        expect(outcome).toBe('event-store');
        expect(await everything(store)).toEqual(before);
      }
      expect(ending).toBeGreaterThan(8);
      const after = await everything(store);
      expect(await readAll(store, 'p1')).toHaveLength(3);
      expect(await store.pool('money')).toMatchObject({ held: 0, charged: 4 });
      await store.append(given);
      expect(await everything(store)).toEqual(after);
    });
    it('whose commit got no answer counts once', async () => {
      const { schema } = pg.options();
      let cut = false;
      const pool = pg.tapped(() => undefined);
      const deaf = {
        connect: async () => {
          const client = await pool.connect();
          return {
            ...client,
            query: async (query: Parameters<typeof client.query>[0]) => {
              const answer = await client.query(query);
              if (cut && query.text.startsWith('commit'))
                throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
              return answer;
            },
          };
        },
      };
      const store = postgres({ pool: deaf, schema });
      await store.pool('x');
      const given = rich();
      cut = true;
      expect(await thrown(store.append(given))).toMatchObject({ code: 'event-store' });
      cut = false;
      expect((await store.append(given)).seq).toBe(3);
      expect(await readAll(store, 'p1')).toHaveLength(3);
      expect(await store.pool('slots')).toMatchObject({ held: 1 });
    });
  });

  describe('many processes', () => {
    it('open a new schema at once: one makes it', async () => {
      const json = JSON.stringify(pg.options());
      const ends = await Promise.all([1, 2].map(() => startScript('postgres-child.ts', 'open', json).ended));
      expect(ends.map(({ lines }) => lines)).toEqual([['closed'], ['closed']]);
    });
    it('so do many stores of one process', async () => {
      const given = pg.options();
      const stores = Array.from({ length: 8 }, () => pg.store(given));
      await Promise.all(stores.map((store) => store.append(batch('p1'))));
      expect(await readAll(stores[0] as EventStore, 'p1')).toHaveLength(8);
    });
    it('append to one log, each after the seq that it saw, and never pass a cap', async () => {
      const { store, json } = await shared();
      await store.pool('capped', 25);
      const children = Array.from({ length: 8 }, () => startScript('postgres-child.ts', 'append', json, '5'));
      const ends = await Promise.all(children.map(({ ended }) => ended));
      const held = ends.map(({ lines }) => Number(lines.at(-1)?.split(' ')[1]));
      expect(held.reduce((sum, each) => sum + each, 0)).toBe(25);
      expect(await store.pool('capped')).toEqual({ name: 'capped', cap: 25, held: 25, charged: 0 });
      const log = await readAll(store, 'p1');
      expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
    });
    it('hold of several pools in any order without being in each other’s way for ever', async () => {
      const { store } = await shared();
      const pools = ['a', 'b', 'c', 'd'];
      const appends = Array.from({ length: 40 }, (_, nth) => {
        const order = nth % 2 === 0 ? pools : pools.toReversed();
        const holds = order.map((pool) => ({ kind: 'hold', pool, callId: `${nth}`, amount: 1 }) as const);
        return store.append(batch(`p${nth}`, { holds }));
      });
      await Promise.all(appends);
      for (const pool of pools) expect(await store.pool(pool)).toMatchObject({ held: 40 });
    });
    it('take over the lease of a process that stands still, which learns of it when it goes on', async () => {
      const { store, json } = await shared();
      const child = startScript('postgres-child.ts', 'lease', json);
      await child.line('leased');
      expect(await thrown(store.lease('p1', 'next', 60_000))).toMatchObject({
        code: 'lease-held',
        details: { owner: 'frozen' },
      });
      child.process.kill('SIGSTOP');
      await vi.waitFor(() => store.lease('p1', 'next', 60_000), { timeout: 20_000, interval: 20 });
      child.process.kill('SIGCONT');
      expect((await child.ended).lines.at(-1)).toBe('lost lease-held next');
      expect((await store.leaseOf('p1'))?.owner).toBe('next');
    });
    it('go on after one that stands still in the midst of an append: the server takes its locks', async () => {
      const { store, json } = await shared({ timeoutMs: 700 });
      const child = startScript('postgres-child.ts', 'freeze', json);
      const events = [{ type: 'test.happened', format: 1, body: {} }];
      const hold = { kind: 'hold', pool: 'shared', callId: 'next', amount: 1 } as const;
      const locked = async (): Promise<void> => {
        const { rows } = await pg.admin.query("select 1 from pg_stat_activity where state = 'idle in transaction'");
        expect(rows).toHaveLength(1);
      };
      await vi.waitFor(locked, { timeout: 20_000, interval: 10 });
      const next = (): Promise<unknown> => store.append({ batchId: 'next', projectId: 'p1', events, holds: [hold] });
      await vi.waitFor(next, { timeout: 20_000, interval: 20 });
      child.process.kill('SIGCONT');
      expect((await child.ended).lines).toEqual(['failed event-store']);
      expect(await readAll(store, 'p1')).toHaveLength(1);
      expect(await store.pool('shared')).toMatchObject({ held: 1 });
    });
    it('hear of each other’s appends by LISTEN, and by looking where that connection is lost', async () => {
      const { store, given } = await shared({ pollMs: 60_000 });
      const listening = async (): Promise<void> => {
        const { rows } = await pg.admin.query("select 1 from pg_stat_activity where query like 'listen %'");
        expect(rows).toHaveLength(1);
      };
      const first = store.follow?.('p1', 0, never());
      await vi.waitFor(listening, { timeout: 20_000, interval: 10 });
      // Nothing is there to be seen: only who listens can know.
      await pg.admin.query(`select pg_notify('vidpipe:${given.schema}', 'p1 1')`);
      await first;
      await store.close?.();
      const looking = pg.store({ ...given, pollMs: 20 });
      const second = looking.follow?.('p1', 1, never());
      await vi.waitFor(listening, { timeout: 20_000, interval: 10 });
      await pg.admin.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where query like 'listen %'");
      // Nobody is told: only who looks can know.
      await pg.admin.query(`insert into ${given.schema}.projects (project_id, seq, at) values ('p1', 2, '')`);
      await second;
    });
    it('tell all that listen of an append', async () => {
      const { given } = await shared();
      const heard: string[] = [];
      pg.admin.on('notification', ({ payload = '' }) => heard.push(payload));
      await pg.admin.query(`listen "vidpipe:${given.schema}"`);
      await pg.store(given).append(batch('p1', {}, 3));
      await vi.waitFor(() => expect(heard).toEqual(['p1 3']), { timeout: 20_000, interval: 10 });
      await pg.admin.query('unlisten *');
    });
    it('are not kept alive by a store', async () => {
      const { json } = await shared();
      const child = startScript('postgres-child.ts', 'follow', json);
      expect(await child.ended).toMatchObject({ code: 0, signal: null, lines: ['following'] });
    });
  });

  it('the server goes away and comes back: errors are typed, followers wait, nothing is lost', async () => {
    const { store } = await shared({ pollMs: 20, waitMs: 5_000 });
    await Promise.all(Array.from({ length: 5 }, () => store.append(batch('p1'))));
    const following = store.follow?.('p1', 5, never());
    await pg.server.crash();
    for (const failing of [store.append(batch('p1')), store.pool('x'), store.list({}), readAll(store, 'p1')])
      expect(await thrown(failing)).toMatchObject({
        code: 'event-store',
        details: { advice: expect.stringMatching(/server/) as string },
      });
    await pg.server.restart();
    expect((await store.append(batch('p1'))).seq).toBe(6);
    await following;
    expect(await readAll(store, 'p1')).toHaveLength(6);
  });
});
