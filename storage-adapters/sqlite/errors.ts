import { closeSync, openSync } from 'node:fs';
import { CorruptLogError, EventStoreError, ForeignDatabaseError } from 'vidpipe/storage';

/** Result codes of SQLite that say that the file does not hold together; 522 is a read past the end of a file. */
const CORRUPT: ReadonlySet<number> = new Set([11, 522]);
const NOT_A_DATABASE = 26;
/** What SQLite says of any file that it can not open, whatever the reason. */
const CAN_NOT_OPEN = 14;
/** The database, -wal, -shm and the folder. */
const FILES = 4;
const NOT_A_FOLDER: ReadonlySet<unknown> = new Set(['ENOTDIR', 'EEXIST']);

const WHEN_FULL = 'Free some space';
const LOOK = 'Look at the disk';
const LET_WRITE = 'Give this user the right to write the file and its folder';
const FEWER_FILES = 'Close files, or let the process open more (ulimit -n)';
/** What to do, by the result codes that pass. */
const ADVICE: Readonly<Record<number, string>> = {
  3: LET_WRITE,
  5: 'Another process holds the write lock: look for one that hangs, or raise busyTimeoutMs',
  8: LET_WRITE,
  10: LOOK,
  13: WHEN_FULL,
  14: 'Look at the file, its folder and the files that are open',
};
/** What to do, by the codes of the file system. */
const ADVICE_BY_CODE: Readonly<Record<string, string>> = {
  EACCES: LET_WRITE,
  EPERM: LET_WRITE,
  EROFS: LET_WRITE,
  ENOSPC: WHEN_FULL,
  EDQUOT: WHEN_FULL,
  EMFILE: FEWER_FILES,
  ENFILE: FEWER_FILES,
};

interface DriverError {
  readonly code?: string;
  readonly errcode?: number;
  readonly message: string;
}

/** Makes a typed error of damage and of what passes. */
export function runningError(file: string, error: unknown): unknown {
  const { errcode, message } = error as DriverError;
  if (errcode === undefined) return error;
  if (CORRUPT.has(errcode) || CORRUPT.has(errcode & 0xff))
    return new CorruptLogError({ what: file, reason: message }, { cause: error });
  const advice = ADVICE[errcode & 0xff];
  return advice === undefined ? error : new EventStoreError({ what: file, reason: message, advice }, { cause: error });
}

/** The file system's own reason, where SQLite only says that it can not open a file; `null`: it has none now. */
function fileError(file: string): DriverError | null {
  const open: number[] = [];
  try {
    while (open.length < FILES) open.push(openSync(file, 'r+'));
    return null;
  } catch (error) {
    return error as DriverError;
  } finally {
    for (const each of open) closeSync(each);
  }
}

/** What stands in the way of opening a file, as a typed error wherever it lies with the file. */
export function openingError(file: string, error: unknown): unknown {
  const found = error as DriverError;
  const { code, message } = ((found.errcode ?? 0) & 0xff) === CAN_NOT_OPEN ? (fileError(file) ?? found) : found;
  const cause = { cause: error };
  if (found.errcode === NOT_A_DATABASE)
    return new ForeignDatabaseError({ file, reason: 'it is not a database' }, cause);
  if (NOT_A_FOLDER.has(code))
    return new ForeignDatabaseError({ file, reason: 'a part of its path is not a folder' }, cause);
  if (!/^E[A-Z]+$/.test(code ?? '')) return runningError(file, error);
  const reason = `it can not be opened: ${message}`;
  return new EventStoreError({ what: file, reason, advice: ADVICE_BY_CODE[code ?? ''] ?? LOOK }, cause);
}
