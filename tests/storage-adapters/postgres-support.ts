import { afterAll, beforeAll, describe } from 'vitest';
import { Client, Pool } from 'pg';
import type { EventStore } from 'vidpipe/storage';
import {
  postgres,
  type PostgresOptions,
  type PostgresPool,
  type PostgresQuery,
} from 'vidpipe/storage-adapters/postgres';
import { hasPostgres, startPostgres, type TestServer } from '../support/postgres.ts';

let serial = 0;

/** A server, and stores in it. */
export class Postgres {
  server!: TestServer;
  admin!: Client;
  #pool!: Pool;
  readonly #stores: EventStore[] = [];

  /** Options of a store in a schema of its own. */
  options(more: PostgresOptions = {}): PostgresOptions & { readonly schema: string } {
    return { ...this.server.connection, schema: `s${(serial += 1)}`, ...more };
  }

  /** A store in a schema of its own, closed in the end. */
  store(more: PostgresOptions = {}): EventStore {
    const store = postgres(this.options(more));
    this.#stores.push(store);
    return store;
  }

  /** A store in a schema that is emptied for it, which is quicker than to make one. */
  async emptied(schema: string, more: PostgresOptions = {}): Promise<EventStore> {
    const store = postgres(this.options({ schema, ...more }));
    await store.pool('x');
    const tables = ['events', 'batches', 'projects', 'project_labels', 'pools', 'holds', 'leases'];
    await this.admin.query(tables.map((table) => `delete from ${schema}.${table}`).join('; '));
    return store;
  }

  /** A pool that tells of each statement before it is sent; what `before` throws is thrown. */
  tapped(before: (query: PostgresQuery, pid: number) => Promise<void> | void): PostgresPool {
    return {
      connect: async () => {
        const client = await this.#pool.connect();
        return {
          query: async (query) => {
            await before(query, (client as unknown as { processID: number }).processID);
            return client.query(query as { text: string });
          },
          release: (destroy) => client.release(destroy),
          on: (event, listener) => client.on(event, listener),
          removeListener: (event, listener) => client.removeListener(event, listener),
        };
      },
    };
  }

  async start(): Promise<void> {
    this.server = await startPostgres();
    this.admin = new Client(this.server.connection);
    this.admin.on('error', () => undefined);
    await this.admin.connect();
    this.#pool = new Pool({ ...this.server.connection, max: 20 });
    this.#pool.on('error', () => undefined);
  }

  async stop(): Promise<void> {
    for (const store of this.#stores) await store.close?.();
    await this.#pool.end();
    await this.admin.end().catch(() => undefined);
    await this.server.stop();
  }
}

/** Tests with a server of their own. Where none can be had they say that they are skipped; in CI they fail. */
export function withPostgres(name: string, tests: (pg: Postgres) => void): void {
  describe.skipIf(!hasPostgres && !process.env['CI'])(`${name}`, () => {
    const pg = new Postgres();
    beforeAll(() => pg.start());
    afterAll(() => pg.stop());
    tests(pg);
  });
}
