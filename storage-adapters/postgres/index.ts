import {
  type AppendBatch,
  type Appended,
  type Counters,
  type EventStore,
  eventsOf,
  type Lease,
  LeaseHeldError,
  type LeaseState,
  type Page,
  pageAsked,
  pageOf,
  type PoolState,
  type ProjectQuery,
  type ProjectSummary,
  type SqlRow,
  type StoredEvent,
  type TallyQuery,
} from 'vidpipe/storage';
import { appendIn, poolOf } from './append.ts';
import { connectionOf } from './connection.ts';
import { Database } from './database.ts';
import { DatabaseFollowers } from './followers.ts';
import { assertOptions, type PostgresOptions } from './options.ts';
import { readBack } from './statements.ts';

export type { PostgresClient, PostgresPool, PostgresQuery, PostgresValue } from './client.ts';
export type { PostgresConnection, PostgresTls } from './connection.ts';
export type { PostgresOptions } from './options.ts';

const isoOf = (ms: SqlRow[string] | undefined): string => new Date(Number(ms ?? 0)).toISOString();

class PostgresEvents implements EventStore {
  readonly specVersion = 1;
  readonly #db: Database;
  readonly #now: () => number | null;
  readonly #followers: DatabaseFollowers;

  constructor(options: PostgresOptions) {
    const { pool, listen = pool === undefined, waitMs = 10_000, pollMs = 500, now } = options;
    this.#db = new Database(options);
    this.#now = now ?? (() => null);
    const ear = typeof listen === 'object' ? listen : options;
    this.#followers = new DatabaseFollowers(this.#db, {
      listen: listen === false ? null : connectionOf(ear),
      waitMs,
      pollMs,
    });
  }

  async append(batch: AppendBatch): Promise<Appended> {
    const { projectId } = batch;
    const appended = await this.#db.transaction(
      projectId,
      (run) => appendIn(run, batch, this.#now()),
      ({ seq }) => ({ projectId, seq }),
    );
    this.#followers.grew(projectId, appended.seq);
    return appended;
  }

  /** One statement, whatever the length of the log, and no transaction that outlives it. */
  async *read(projectId: string, after = 0): AsyncIterable<StoredEvent> {
    const rows = await this.#db.run('read', { projectId, after });
    const typed = rows.map((row) => ({ ...row, type: readBack(String(row['type'])) }));
    yield* eventsOf(this.#db.name, projectId, after, () => typed);
  }

  async list(query: ProjectQuery): Promise<Page<ProjectSummary>> {
    const { status = null, account = null, labels = {} } = query;
    const asked = { ...pageAsked(query), status, account };
    const [first, ...others] = Object.entries(labels);
    const [keys, values] = [others.map(([key]) => key), others.map(([, value]) => value)];
    const rows =
      first === undefined
        ? await this.#db.run('list', asked)
        : await this.#db.run('listLabelled', { ...asked, key: first[0], value: first[1], keys, values });
    const page = rows.map((row) => ({ ...row, project_id: readBack(String(row['project_id'])) }));
    return pageOf(page, asked.limit);
  }

  async tally({ account, from, to }: TallyQuery): Promise<Counters> {
    const rows = await this.#db.run('tally', { account: account ?? null, from: from ?? null, to: to ?? null });
    return Object.fromEntries(rows.map(({ name, value }) => [String(name), Number(value)]));
  }

  async lease(projectId: string, owner: string, ttlMs: number): Promise<Lease> {
    const take = async (statement: 'takeLease' | 'renewLease'): Promise<string> => {
      const [taken] = await this.#db.run(statement, { projectId, owner, ttlMs, now: this.#now() });
      if (taken !== undefined) return isoOf(taken['expires_at']);
      const [held] = await this.#db.run('lease', { projectId, now: this.#now() });
      const holder = readBack(String(held?.['owner'] ?? 'nobody'));
      throw new LeaseHeldError({ projectId, owner: holder, expiresAt: isoOf(held?.['expires_at']) });
    };
    return {
      owner,
      expiresAt: await take('takeLease'),
      renew: async () => void (await take('renewLease')),
      release: async () => void (await this.#db.run('dropLease', { projectId, owner })),
    };
  }

  async leaseOf(projectId: string): Promise<LeaseState | null> {
    const [row] = await this.#db.run('lease', { projectId, now: this.#now() });
    if (row === undefined || Number(row['expires_at']) <= Number(row['now'])) return null;
    return { owner: readBack(String(row['owner'])), expiresAt: isoOf(row['expires_at']) };
  }

  async pool(name: string, cap?: number | null): Promise<PoolState> {
    if (cap !== undefined) await this.#db.run('setCap', { name, cap });
    const [row] = await this.#db.run('pool', { name });
    return poolOf(name, row);
  }

  /** Nobody can say for a server. */
  free(): Promise<number | null> {
    return Promise.resolve(null);
  }

  async delete(projectId: string): Promise<void> {
    await this.#db.transaction(projectId, async (run) => {
      for (const name of ['forgetEvents', 'forgetProject', 'forgetLease', 'forgetLabels'] as const)
        await run(name, { projectId });
    });
  }

  async follow(projectId: string, after: number, signal: AbortSignal): Promise<void> {
    return this.#followers.follow(projectId, after, signal);
  }

  async close(): Promise<void> {
    await this.#followers.close(new Error(`The event store ${this.#db.name} was closed.`));
    await this.#db.close();
  }
}

/**
 * An `EventStore` in a schema of PostgreSQL 13 or newer, on the optional package `pg`; for any number of processes and machines. Inert until first use,
 * when it makes or lifts its tables. Events and leases go by the server's clock. Throws `InvalidSettingsError` for options that can not be; later
 * `MissingPackageError`, `DatabaseSetupError` (credentials, rights, version, missing tables), `NewerFormatError`, `CorruptLogError`, and
 * `EventStoreError` for what passes: no server, no free connection, a lock that is held.
 */
export function postgres(options: PostgresOptions = {}): EventStore {
  assertOptions(options);
  return new PostgresEvents(options);
}
