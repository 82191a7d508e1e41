import { createHash } from 'node:crypto';
import type { SqlRow } from 'vidpipe/storage';
import { loadPool, type OwnPool, type PostgresClient, type PostgresPool, type PostgresQuery } from './client.ts';
import { connectionOf, nameOf } from './connection.ts';
import { isSound, openingError, runningError } from './errors.ts';
import { openSchema } from './opening.ts';
import type { PostgresOptions } from './options.ts';
import { type Bound, type StatementName, Statements } from './statements.ts';

/** Runs statements in one transaction. */
export type Run = (name: StatementName, bound: Bound) => Promise<SqlRow[]>;

/** How far a log has grown. */
export interface Growth {
  readonly projectId: string;
  readonly seq: number;
}

/** The server is the first to give up, and says why. */
const GRACE_MS = 2_000;

/** The channel on which the growth of logs is told. */
export const channelOf = (schema: string): string => `vidpipe:${schema}`;

/** Hears of nothing: what broke is told by the statement that fails. */
const ignore = (): void => undefined;

/** A number for a lock of the server, the same in all processes. */
function lockOf(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigInt64BE();
}

/** A schema of a server, opened with the first statement. */
export class Database {
  /** How errors call it. */
  readonly name: string;
  /** The schema of its tables. */
  readonly schema: string;
  readonly #options: PostgresOptions;
  readonly #timeoutMs: number;
  readonly #statements: Statements;
  #own: Promise<OwnPool> | null = null;
  #opened: Promise<void> | null = null;

  constructor(options: PostgresOptions) {
    const { pool, schema = 'vidpipe', timeoutMs = 30_000 } = options;
    this.#options = options;
    this.#timeoutMs = timeoutMs;
    this.schema = schema;
    this.#statements = new Statements(schema);
    this.name = `${pool === undefined ? nameOf(connectionOf(options)) : 'PostgreSQL'}, schema ${schema}`;
  }

  /** One statement, on its own. */
  async run(name: StatementName, bound: Bound): Promise<SqlRow[]> {
    await this.#open();
    return this.#lent((client) => this.#query(client, this.#statements.query(name, bound)), runningError);
  }

  /** All of `work` or nothing, alone among those with the same `key`; `told` says of what is done which growth others hear of. */
  async transaction<T>(key: string, work: (run: Run) => Promise<T>, told?: (done: T) => Growth): Promise<T> {
    await this.#open();
    return this.#lent(async (client) => {
      try {
        await this.#query(client, { text: this.#begin(key) });
        const done = await work((name, bound) => this.#query(client, this.#statements.query(name, bound)));
        await this.#query(client, { text: `commit${told === undefined ? '' : this.#notify(told(done))}` });
        return done;
      } catch (error) {
        if (isSound(error)) await this.#query(client, { text: 'rollback' });
        throw error;
      }
    }, runningError);
  }

  /** Ends the connections that were made here. */
  async close(): Promise<void> {
    const own = this.#own;
    [this.#own, this.#opened] = [null, null];
    await (await own?.catch(() => undefined))?.end();
  }

  async #open(): Promise<void> {
    this.#opened ??= this.#lent((client) => this.#openSchema(client), openingError);
    const opening = this.#opened;
    try {
      await opening;
    } catch (error) {
      // The next call tries again.
      if (this.#opened === opening) this.#opened = null;
      throw error;
    }
  }

  #openSchema(client: PostgresClient): Promise<void> {
    const { schema, name } = this;
    const asked = { schema, database: name, migrate: this.#options.migrate ?? true, lock: lockOf(schema) };
    return openSchema((text) => this.#query(client, { text }), asked);
  }

  /** What follows reads what is committed once it has the lock. A process that stands still gives its locks back after a while; commits last. */
  #begin(key: string): string {
    return [
      'begin isolation level read committed read write',
      `set local idle_in_transaction_session_timeout = ${this.#timeoutMs}`,
      `set local statement_timeout = ${this.#timeoutMs}`,
      "select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'",
      `select pg_advisory_xact_lock(${lockOf(`${this.schema}/${key}`)})`,
    ].join('; ');
  }

  /** After the commit and not in it: a commit that notifies waits for all others that do. */
  #notify({ projectId, seq }: Growth): string {
    if (!/^[\w.:-]{1,500}$/.test(projectId)) return '';
    return `; select pg_notify('${channelOf(this.schema)}', '${projectId} ${seq}')`;
  }

  /** The rows of one statement; a text of several answers none. */
  async #query(client: PostgresClient, query: PostgresQuery): Promise<SqlRow[]> {
    const { rows } = await client.query({ ...query, query_timeout: this.#timeoutMs + GRACE_MS });
    return rows as SqlRow[];
  }

  #pool(): Promise<PostgresPool> {
    const { pool, waitMs = 10_000, connections = 10 } = this.#options;
    if (pool !== undefined) return Promise.resolve(pool);
    return (this.#own ??= loadPool(this.name, connectionOf(this.#options), { waitMs, connections }));
  }

  /** Work on a connection, which goes back only if it is known to be good. */
  async #lent<T>(
    work: (client: PostgresClient) => Promise<T>,
    typed: (database: string, error: unknown) => Error,
  ): Promise<T> {
    let client: PostgresClient | undefined;
    let isGood = true;
    try {
      client = await (await this.#pool()).connect();
      client.on('error', ignore);
      return await work(client);
    } catch (error) {
      isGood = isSound(error);
      throw typed(this.name, error);
    } finally {
      client?.removeListener('error', ignore);
      client?.release(!isGood);
    }
  }
}
