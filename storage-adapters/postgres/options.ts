import { InvalidSettingsError } from 'vidpipe/storage';
import type { PostgresPool } from './client.ts';
import { partsOf, type PostgresConnection } from './connection.ts';

/** Options of `postgres`. */
export interface PostgresOptions extends PostgresConnection {
  /** A `Pool` of `pg` of your own, used as it is and never ended, instead of the options that make one. Listen to its `error` events, as `pg` asks. */
  readonly pool?: PostgresPool;
  /** The schema that the tables are in: lower case letters, figures and `_`. @default 'vidpipe' */
  readonly schema?: string;
  /** Whether missing tables are made and old ones lifted on first use. @default true */
  readonly migrate?: boolean;
  /** Connections at most, each made when needed; one more listens. @default 10 */
  readonly connections?: number;
  /** How long a call waits for a connection, milliseconds. @default 10000 */
  readonly waitMs?: number;
  /** How long one statement may take, a wait for others who write the same project or pool included, milliseconds. @default 30000 */
  readonly timeoutMs?: number;
  /**
   * Whether a connection of its own hears by LISTEN that logs grow, made with the first `follow`. LISTEN does not go through pgbouncer in transaction
   * mode: name the server itself here, or say `false`. Without it logs of other processes are looked at every `pollMs`. @default true, without it with `pool`
   */
  readonly listen?: boolean | PostgresConnection;
  /** How often followed logs are looked at while nobody listens, milliseconds. @default 500 */
  readonly pollMs?: number;
  /** The clock that stamps events and ends leases. @default the server's */
  readonly now?: () => number;
}

const OF_CONNECTION = ['url', 'host', 'port', 'database', 'user', 'password', 'ssl'] as const;
const NUMBERS = ['connections', 'waitMs', 'timeoutMs', 'pollMs', 'port'] as const;
const KNOWN: ReadonlySet<string> = new Set([
  ...OF_CONNECTION,
  ...NUMBERS,
  'pool',
  'schema',
  'migrate',
  'listen',
  'now',
]);
const URL_SHAPE =
  'url: expected postgres://user:password@host:port/database, its parts percent-encoded, at most with ?sslmode=disable, require or verify-full';

function issuesOf(options: PostgresOptions): string[] {
  const { url, pool, schema, listen } = options;
  const fromListen = typeof listen === 'object' && listen.url !== undefined ? [listen.url] : [];
  return [
    ...Object.keys(options).flatMap((name) => (KNOWN.has(name) ? [] : [`${name}: there is no such option`])),
    ...[...(url === undefined ? [] : [url]), ...fromListen].flatMap((each) =>
      partsOf(each) === null ? [URL_SHAPE] : [],
    ),
    ...(pool === undefined ? [] : ([...OF_CONNECTION, 'connections', 'waitMs'] as const)).flatMap((name) =>
      options[name] === undefined ? [] : [`${name}: belongs to a pool that is made here, and pool was given`],
    ),
    ...(pool !== undefined && listen === true
      ? ['listen: with pool, name the connection that listens, such as { url }']
      : []),
    ...(schema === undefined || /^[a-z_][a-z0-9_]{0,39}$/.test(schema)
      ? []
      : [`schema: expected lower case letters, figures and _, at most 40, got ${JSON.stringify(schema)}`]),
    ...NUMBERS.flatMap((name) => {
      const value = options[name];
      return value === undefined || (Number.isSafeInteger(value) && value >= 1)
        ? []
        : [`${name}: expected a whole number from 1, got ${value}`];
    }),
  ];
}

/** Throws `InvalidSettingsError` that names each option. */
export function assertOptions(options: PostgresOptions): void {
  const issues = issuesOf(options);
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
}
