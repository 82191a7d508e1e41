import { MissingPackageError } from 'vidpipe/storage';
import { type Parts, type PostgresOptions } from './options.ts';

/** What a value of a statement may be. */
export type Value = string | number | null | readonly (string | number | null)[];

/** A statement with its values in order. */
export interface PostgresQuery {
  readonly text: string;
  readonly values?: readonly Value[];
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

async function loadPackage(): Promise<typeof import('pg')> {
  try {
    return await import('pg');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new MissingPackageError({ package: 'pg', neededBy: 'postgres()' }, { cause });
  }
}

/** As types of `pg` have it. */
type Config = ConstructorParameters<(typeof import('pg'))['Client']>[0] & object;

function configOf(parts: Parts, waitMs: number): Config {
  const config = { ...parts, application_name: 'vidpipe', keepAlive: true, connectionTimeoutMillis: waitMs };
  return config as Config;
}

/** Makes a pool that keeps no process alive. Throws `MissingPackageError`. */
export async function loadPool(
  parts: Parts,
  { connections = 10, waitMs }: Pick<PostgresOptions, 'connections'> & { readonly waitMs: number },
): Promise<OwnPool> {
  const { Pool } = await loadPackage();
  const pool = new Pool({ ...configOf(parts, waitMs), max: connections, allowExitOnIdle: true });
  // A connection that breaks while it is idle leaves the pool; the next call makes another one.
  pool.on('error', () => undefined);
  return pool as unknown as OwnPool;
}

/** Makes a connection that is not open yet. */
export async function loadListener(parts: Parts, waitMs: number): Promise<Listener> {
  const { Client } = await loadPackage();
  return new Client(configOf(parts, waitMs)) as unknown as Listener;
}
