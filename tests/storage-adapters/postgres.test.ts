import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventStore } from 'vidpipe/storage';
import { postgres, type PostgresOptions } from 'vidpipe/storage-adapters/postgres';
import { eventStoreCases } from 'vidpipe/testing';
import { declare } from '../support/conformance.ts';
import { hasPostgres, startBouncer, startPostgres, type TestServer } from '../support/postgres.ts';

let server: TestServer;
let bouncer: Awaited<ReturnType<typeof startBouncer>>;
let serial = 0;

const destroy = (store: { close?(): Promise<void> }): Promise<void> | void => store.close?.();

/** A store in a schema of its own. */
function fresh(more: PostgresOptions = {}): EventStore {
  return postgres({ ...server.connection, schema: `s${(serial += 1)}`, connections: 8, ...more });
}

describe.skipIf(!hasPostgres && !process.env['CI'])('postgres', () => {
  beforeAll(async () => {
    server = await startPostgres();
    bouncer = await startBouncer(server);
  });
  afterAll(async () => {
    await bouncer.stop();
    await server.stop();
  });

  describe('conformance', () => {
    declare(eventStoreCases({ create: () => fresh(), destroy }));
  });
  describe('conformance behind pgbouncer in transaction mode, without LISTEN', () => {
    const through = (): EventStore => fresh({ port: bouncer.port, listen: false, pollMs: 50 });
    declare(eventStoreCases({ create: through, destroy }));
  });
});
