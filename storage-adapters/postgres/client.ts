import type { ClientConfig } from 'pg';
import { EventStoreError, MissingPackageError } from 'vidpipe/storage';
import type { Parts } from './connection.ts';

/** What a value of a statement may be. */
export type PostgresValue = string | number | null | readonly (string | number | null)[];

/** A statement with its values in order. */
export interface PostgresQuery {
  readonly text: string;
  readonly values?: readonly PostgresValue[];
  /** How long the answer may take, milliseconds. */
  readonly query_timeout?: number;
}

/** A connection that a pool has lent. */
export interface PostgresClient {
  /** Runs a statement. */
  query(query: PostgresQuery): Promise<{ readonly rows: readonly object[] }>;
  /** Gives the connection back, or away. */
  release(destroy?: boolean): void;
  /** Hears of a connection that breaks while nothing is asked. */
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Hears no longer. */
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
}

/** What the store calls of a pool; a `Pool` of `pg` fits. */
export interface PostgresPool {
  /** Lends a connection. */
  connect(): Promise<PostgresClient>;
}

/** A pool that was made here. */
export interface OwnPool extends PostgresPool {
  end(): Promise<void>;
}

/** A connection that listens. */
export interface Listener {
  connect(): Promise<unknown>;
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
  unref(): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown;
}

async function loadPackage() {
  try {
    return await import('pg');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new MissingPackageError({ package: 'pg', neededBy: 'postgres()' }, { cause });
  }
}

/** What a user's function throws may quote what it had; its message stays in `cause`. */
async function askedFor(password: () => string | Promise<string>, what: string): Promise<string> {
  try {
    return await password();
  } catch (cause) {
    const reason = 'the function password has thrown';
    throw new EventStoreError({ what, reason, advice: 'Look at the cause of this error' }, { cause });
  }
}

function configOf(what: string, { password, ...parts }: Parts, waitMs: number): ClientConfig {
  const config = {
    ...parts,
    ...(typeof password === 'function' ? { password: () => askedFor(password, what) } : {}),
    ...(typeof password === 'string' ? { password } : {}),
    application_name: 'vidpipe',
    keepAlive: true,
    connectionTimeoutMillis: waitMs,
  };
  return config as ClientConfig;
}

/** Makes a pool that keeps no process alive. `what` is how errors call the database. Throws `MissingPackageError`. */
export async function loadPool(
  what: string,
  parts: Parts,
  { connections, waitMs }: { readonly connections: number; readonly waitMs: number },
): Promise<OwnPool> {
  const { Pool } = await loadPackage();
  const pool = new Pool({ ...configOf(what, parts, waitMs), max: connections, allowExitOnIdle: true });
  // A connection that breaks while it is idle leaves the pool; the next call makes another one.
  pool.on('error', () => undefined);
  return pool;
}

/** Makes a connection that is not open yet. */
export async function loadListener(what: string, parts: Parts, waitMs: number): Promise<Listener> {
  const { Client } = await loadPackage();
  return new Client(configOf(what, parts, waitMs)) as InstanceType<typeof Client> & { unref(): void };
}
