import { InvalidSettingsError } from 'vidpipe/storage';
import type { PostgresPool } from './client.ts';

/** Where a server is and who asks. What is left out is taken from the variables of psql (`PGHOST`, `PGUSER`, …), then from its defaults. */
export interface PostgresConnection {
  /** `postgres://user:password@host:port/database`, its parts percent-encoded. The other options win over its parts. */
  readonly url?: string;
  /** A name, an address, or the folder of a socket. */
  readonly host?: string;
  /** @default 5432 */
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  /** A function is asked for each new connection, so that it may rotate. */
  readonly password?: string | (() => string | Promise<string>);
  /** TLS; an object is given to `node:tls`. @default none, or what `PGSSLMODE` says */
  readonly ssl?: boolean | PostgresTls;
}

/** Options of `node:tls` for a connection. */
export interface PostgresTls {
  /** Certificates of who is trusted, PEM. @default those of Node */
  readonly ca?: string | Uint8Array;
  /** A certificate of one's own, PEM. */
  readonly cert?: string | Uint8Array;
  /** Its key, PEM. */
  readonly key?: string | Uint8Array;
  /** @default the host */
  readonly servername?: string;
  /** `false` takes any server for the right one. @default true */
  readonly rejectUnauthorized?: boolean;
}

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

/** How a connection is made. No url, since `pg` would keep it, password and all, where it can be printed. */
export interface Parts extends Omit<PostgresConnection, 'url'> {
  readonly ssl?: boolean | PostgresTls;
}

const OF_CONNECTION = ['url', 'host', 'port', 'database', 'user', 'password', 'ssl'] as const;
const NUMBERS = { connections: 1, waitMs: 1, timeoutMs: 1, pollMs: 1, port: 1 } as const;
const KNOWN: ReadonlySet<string> = new Set([
  ...OF_CONNECTION,
  ...Object.keys(NUMBERS),
  ...['pool', 'schema', 'migrate', 'listen', 'now'],
]);
const URL_SHAPE =
  'url: expected postgres://user:password@host:port/database, its parts percent-encoded, at most with ?sslmode=disable, require or verify-full';
const MODES: Readonly<Record<string, boolean | PostgresTls>> = {
  disable: false,
  require: { rejectUnauthorized: false },
  'verify-full': true,
};

/** The parts of a url; `null` where it is none. What is wrong with it is not said by quoting it: it holds a password. */
function partsOf(text: string): Parts | null {
  if (!URL.canParse(text)) return null;
  const { protocol, hostname, port, username, password, pathname, searchParams, hash } = new URL(text);
  const mode = searchParams.get('sslmode');
  searchParams.delete('sslmode');
  const isPlain = /^postgres(ql)?:$/.test(protocol) && hash === '' && searchParams.size === 0;
  if (!isPlain || pathname.includes('@') || (mode !== null && !Object.hasOwn(MODES, mode))) return null;
  try {
    const [host, database] = [hostname, pathname.slice(1)].map(decodeURIComponent);
    return {
      ...(host ? { host: host.replace(/^\[(.*)\]$/, '$1') } : {}),
      ...(port ? { port: Number(port) } : {}),
      ...(database ? { database } : {}),
      ...(username ? { user: decodeURIComponent(username) } : {}),
      ...(password ? { password: decodeURIComponent(password) } : {}),
      ...(mode === null ? {} : { ssl: MODES[mode] ?? true }),
    };
  } catch {
    return null;
  }
}

/** How a connection is made. */
export function connectionOf({ url, host, port, database, user, password, ssl }: PostgresConnection): Parts {
  const given = { host, port, database, user, password, ssl: typeof ssl === 'object' ? { ...ssl } : ssl };
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Parts;
  return { ...(url === undefined ? {} : partsOf(url)), ...named };
}

/** How errors call a database. */
export function nameOf({ host, port, database, user }: Parts): string {
  const { PGHOST, PGPORT, PGDATABASE, PGUSER } = process.env;
  const where = `${host ?? PGHOST ?? 'localhost'}:${port ?? PGPORT ?? 5432}`;
  return `PostgreSQL ${where}/${database ?? PGDATABASE ?? user ?? PGUSER ?? ''}`;
}

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
    ...Object.keys(NUMBERS).flatMap((name) => {
      const value = options[name as keyof typeof NUMBERS];
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
