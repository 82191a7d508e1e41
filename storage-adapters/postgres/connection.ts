/** Where a server is and who asks. What is left out is taken from the variables of psql (`PGHOST`, `PGUSER`, …), then from its defaults. */
export interface PostgresConnection {
  /** `postgres://user:password@host:port/database`, its parts percent-encoded, with `?sslmode=disable`, `require` or `verify-full` if need be. The other options win over its parts. */
  readonly url?: string;
  /** A name, an address, or the folder of a socket. */
  readonly host?: string;
  /** @default 5432 */
  readonly port?: number;
  /** @default that of the user's name */
  readonly database?: string;
  /** Who asks. */
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

/** How a connection is made. No url, since `pg` would keep it, password and all, where it can be printed. */
export type Parts = Omit<PostgresConnection, 'url'>;

const MODES: Readonly<Record<string, boolean | PostgresTls>> = {
  disable: false,
  require: { rejectUnauthorized: false },
  'verify-full': true,
};

/** The parts of a url; `null` where it is none. What is wrong with it is not said by quoting it: it holds a password. */
export function partsOf(text: string): Parts | null {
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
