import { CorruptLogError, DatabaseSetupError, EventStoreError, isVidpipeError } from 'vidpipe/storage';

/** What an error of `pg`, of the server behind it or of the network tells. */
interface DriverError {
  readonly code?: string;
  readonly message: string;
}

const LOOK = 'Look at the server and at the way to it';
const ROOM = 'Free some space on the server';
const PRIMARY = 'Connect to the primary server';
const FEWER = 'Raise max_connections of the server, or lower the option connections in each process';

/** What to do, by what the server or the network says. A class is the first two letters of its codes. */
const ADVICE: Readonly<Record<string, string>> = {
  53: FEWER,
  53100: ROOM,
  25006: PRIMARY,
  '55P03': 'Another process holds a lock: look for one that hangs, or raise timeoutMs',
  57014: 'Another process holds a lock or the server is slow: look for one that hangs, or raise timeoutMs',
  28: 'Look at the option password: the server does not take it any more',
  42: 'Look at the tables and the rights of the user: somebody has changed them',
  ECONNREFUSED: 'Start the server, or correct url or host and port',
  ENOTFOUND: 'Correct url or host',
  EAI_AGAIN: 'Correct url or host, or look at the name service',
  ENOENT: 'Start the server, or correct host: there is no such socket',
};

/** What `pg` says without a code, and what to do. */
const SAYINGS: readonly (readonly [RegExp, string, string])[] = [
  [
    /^timeout exceeded when trying to connect/,
    'all connections of the pool are in use',
    'Raise the option connections, or waitMs',
  ],
  [/^Query read timeout/, 'a statement had no answer within timeoutMs', 'Look at the server, or raise timeoutMs'],
  [/timeout/, 'no connection within waitMs', 'Look at the server and the way to it, or raise waitMs'],
];

/** Of SQLSTATE: data or an index that does not hold together. */
const CORRUPT = /^XX00[12]$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Whether the connection goes on after an error: the server has said it, or it is one of ours. */
export function isSound(error: unknown): boolean {
  const { code = '' } = error as DriverError;
  // 08 and 57P are of connections that end; EPIPE only looks like a code of the server.
  return isVidpipeError(error) || (SQLSTATE.test(code) && !/^(08|57P|E)/.test(code));
}

/** The first of several addresses that were tried speaks for all. */
function firstOf(error: unknown): DriverError {
  return (error instanceof AggregateError ? (error.errors[0] ?? error) : error) as DriverError;
}

/** Makes a typed error of what a running store met: damage, or something that may pass. */
export function runningError(database: string, error: unknown): Error {
  if (isVidpipeError(error)) return error;
  const { code = '', message } = firstOf(error);
  if (CORRUPT.test(code)) return new CorruptLogError({ what: database, reason: message }, { cause: error });
  const [, said, fix] = SAYINGS.find(([saying]) => code === '' && saying.test(message)) ?? [];
  const advice = fix ?? ADVICE[code] ?? (SQLSTATE.test(code) ? ADVICE[code.slice(0, 2)] : undefined) ?? LOOK;
  return new EventStoreError({ what: database, reason: said ?? message, advice }, { cause: error });
}

const TRUST = 'Give the certificate of its authority as ssl.ca';
/** What does not pass by itself, by what the server or TLS says. */
const SETUP: Readonly<Record<string, string>> = {
  28: 'Correct user and password, or let pg_hba.conf allow this user',
  '3D': 'Create the database, or name another one',
  42501: 'Grant the user its rights: to create the schema in the database, or to use the tables in it',
  '42P07': 'Other tables have these names: give an option schema of its own',
  DEPTH_ZERO_SELF_SIGNED_CERT: TRUST,
  SELF_SIGNED_CERT_IN_CHAIN: TRUST,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TRUST,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TRUST,
  CERT_HAS_EXPIRED: 'Renew the certificate of the server',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Name the host as its certificate does, or give ssl.servername',
};

/** What stands in the way of opening, as a typed error. */
export function openingError(database: string, error: unknown): Error {
  if (isVidpipeError(error)) return error;
  const { code = '', message } = firstOf(error);
  const noTls = message === 'The server does not support SSL connections';
  const noPassword = /password must be a (non-empty )?string/i.test(message);
  const fix = noTls
    ? 'Turn TLS on at the server, or set ssl to false'
    : (SETUP[code] ??
      (SQLSTATE.test(code) ? SETUP[code.slice(0, 2)] : undefined) ??
      (noPassword ? SETUP[28] : undefined));
  if (fix === undefined) return runningError(database, error);
  return new DatabaseSetupError(
    { database, reason: noPassword ? 'it wants a password' : message, fix },
    { cause: error },
  );
}
