import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import {
  CorruptLogError,
  ForeignDatabaseError,
  MIGRATIONS,
  NewerFormatError,
  SCHEMA,
  SCHEMA_VERSION,
  STATEMENTS,
} from 'vidpipe/storage';
import { openingError } from './errors.ts';

/** `vpip` as a number: marks the file as one of vidpipe. */
const APPLICATION_ID = 0x76706970;

const TABLES = `begin immediate; ${SCHEMA} pragma application_id = ${APPLICATION_ID}; pragma user_version = ${SCHEMA_VERSION}; commit;`;

/** Ends of the files beside the database while it is in use. SQLite makes the first two. */
const SIDES = ['-wal', '-shm', '-last'] as const;

/** Where the last commit is noted outside the database: a lost -wal file takes commits with it, and SQLite would not say so. */
export const noteOf = (path: string): string => `${path}-last`;

/** An open connection, and the file that it is to, links resolved; `null` in memory. */
export interface Connection {
  readonly db: DatabaseSync;
  readonly path: string | null;
}

function connect(path: string, timeout: number): DatabaseSync {
  // Loaded on first use, so that importing this adapter costs and warns nothing.
  const { DatabaseSync: Connecting } = createRequire(import.meta.url)('node:sqlite') as {
    DatabaseSync: new (file: string, options: { timeout: number }) => DatabaseSync;
  };
  return new Connecting(path, { timeout });
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0]);
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** What can not be removed is in nobody's way. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    return;
  }
}

const LONG_AGO_MS = 60_000;

/** Removes what processes left that ended while they made this database: nobody makes one for as long as that. */
function removeUnfinished(file: string): void {
  const base = `${basename(file)}.`;
  for (const name of readdirSync(dirname(file))) {
    if (!name.startsWith(base) || !/^[0-9a-f-]{36}\.new(-journal|-wal|-shm)?$/.test(name.slice(base.length))) continue;
    const path = join(dirname(file), name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && Date.now() - stat.mtimeMs > LONG_AGO_MS) removeQuietly(path);
  }
}

/** Gives a finished file its name, unless another process was first. */
function publish(temp: string, file: string): void {
  try {
    linkSync(temp, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    renameSync(temp, file);
  }
  syncFolder(dirname(file));
}

/** Makes the database whole under another name first: nobody ever meets an empty one or one without tables. */
function create(file: string): void {
  const left = SIDES.filter((end) => existsSync(file + end) && end !== '-shm').map((end) => basename(file) + end);
  if (left.length > 0 && !existsSync(file)) {
    const reason = `the file itself is gone, and ${left.join(', ')} of it are left; put it back, or remove them to begin anew`;
    throw new CorruptLogError({ what: file, reason });
  }
  const temp = `${file}.${randomUUID()}.new`;
  try {
    closeSync(openSync(temp, 'wx', 0o600));
    const db = connect(temp, 0);
    try {
      db.exec(`${TABLES} pragma journal_mode = wal;`);
    } finally {
      db.close();
    }
    publish(temp, file);
  } finally {
    removeQuietly(temp);
  }
}

function assertPlain(path: string): void {
  const stat = statSync(path);
  if (stat.isDirectory()) throw new ForeignDatabaseError({ file: path, reason: 'it is a folder' });
  if (!stat.isFile()) throw new ForeignDatabaseError({ file: path, reason: 'it is not a regular file' });
  if (stat.size > 0) return;
  if (SIDES.some((end) => existsSync(path + end)))
    throw new CorruptLogError({ what: path, reason: 'the file is empty, and others of it are left beside it' });
  throw new ForeignDatabaseError({ file: path, reason: 'the file is empty; remove it to begin anew' });
}

function assertOurs(db: DatabaseSync, path: string): void {
  if (pragma(db, 'application_id') !== APPLICATION_ID)
    throw new ForeignDatabaseError({ file: path, reason: 'another program made it' });
  const found = pragma(db, 'user_version');
  if (found > SCHEMA_VERSION) throw new NewerFormatError({ what: path, found, known: SCHEMA_VERSION });
}

/** Lifts the tables of an older version, in one transaction: of two processes the second finds it done. */
function migrate(db: DatabaseSync): void {
  if (pragma(db, 'user_version') === SCHEMA_VERSION) return;
  db.exec('begin immediate');
  try {
    for (let version = pragma(db, 'user_version'); version < SCHEMA_VERSION; version += 1)
      db.exec(MIGRATIONS[version] ?? '');
    db.exec(`pragma user_version = ${SCHEMA_VERSION}; commit`);
  } catch (error) {
    db.exec('rollback');
    throw error;
  }
}

interface Note {
  readonly projectId: string;
  readonly seq: number;
}

function noted(path: string): Note | null {
  try {
    return JSON.parse(readFileSync(noteOf(path), 'utf8').split('\n')[0] ?? '') as Note;
  } catch {
    return null;
  }
}

/** The size is of whole pages once all is written back; the last commit that was noted is there. */
function assertWhole(db: DatabaseSync, path: string): void {
  const ahead = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (ahead === 0 && statSync(path).size % pragma(db, 'page_size') !== 0)
    throw new CorruptLogError({ what: path, reason: 'its end is cut off' });
  const last = noted(path);
  if (last === null) return;
  const row = db.prepare(STATEMENTS.project).get({ projectId: last.projectId });
  if (Number(row?.['seq'] ?? 0) >= last.seq) return;
  const reason =
    `event ${last.seq} of ${last.projectId} was committed and is missing: its -wal file was removed or cut, or this is an older copy. ` +
    `Put ${basename(path)}-wal back; or, if the copy is the one to go on with, remove ${noteOf(path)}`;
  throw new CorruptLogError({ what: path, reason });
}

/** A file system or an owner that forbids it is no reason not to work. */
function keepPrivate(path: string): void {
  for (const end of ['', '-wal', '-shm']) {
    try {
      if ((statSync(path + end).mode & 0o077) !== 0) chmodSync(path + end, 0o600);
    } catch {
      continue;
    }
  }
}

function openFile(path: string, timeout: number): DatabaseSync {
  assertPlain(path);
  const db = connect(path, timeout);
  try {
    assertOurs(db, path);
    assertWhole(db, path);
    db.exec('pragma journal_mode = wal; pragma synchronous = full');
    // Changes nothing, and fails here, before anything is paid, where nothing can be written.
    db.exec('delete from leases where false');
    migrate(db);
    keepPrivate(path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens a database, made if there is none. Throws `ForeignDatabaseError`, `NewerFormatError`, `CorruptLogError`, `EventStoreError`, and leaves the file as it was. */
export function openDatabase(file: string, timeout: number): Connection {
  if (file === ':memory:') {
    const db = connect(file, timeout);
    db.exec(TABLES);
    return { db, path: null };
  }
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    removeUnfinished(file);
    if (!existsSync(file)) create(file);
    const path = realpathSync(file);
    return { db: openFile(path, timeout), path };
  } catch (error) {
    throw openingError(file, error);
  }
}
