import { CorruptLogError, EventStoreError, ForeignDatabaseError } from 'vidpipe/storage';

/** Result codes of SQLite that say that the file does not hold together; 522 is a read past the end of a file. */
const CORRUPT: ReadonlySet<number> = new Set([11, 522]);
const NOT_A_DATABASE = 26;
/** Read-only, no permission, can not open: of SQLite and of the file system. */
const NOT_WRITABLE: ReadonlySet<unknown> = new Set([3, 8, 14, 'EACCES', 'EPERM', 'EROFS']);
const NOT_A_FOLDER: ReadonlySet<unknown> = new Set(['ENOTDIR', 'EEXIST']);

const WHEN_FULL = 'Free some space';
const LOOK = 'Look at the disk';
/** What to do, by the result codes that pass. */
const ADVICE: Readonly<Record<number, string>> = {
  5: 'Another process holds the write lock: look for one that hangs, or raise busyTimeoutMs',
  8: 'Give this user the right to write the file and its folder',
  10: LOOK,
  13: WHEN_FULL,
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

/** What stands in the way of opening a file, as a typed error wherever it lies with the file. */
export function openingError(file: string, error: unknown): unknown {
  const { code, errcode, message } = error as DriverError;
  const cause = { cause: error };
  if (errcode === NOT_A_DATABASE) return new ForeignDatabaseError({ file, reason: 'it is not a database' }, cause);
  if (NOT_A_FOLDER.has(code))
    return new ForeignDatabaseError({ file, reason: 'a part of its path is not a folder' }, cause);
  if (NOT_WRITABLE.has(errcode === undefined ? code : errcode & 0xff)) {
    const reason = `it or its folder can not be written: ${message}; give this user the right to write both`;
    return new ForeignDatabaseError({ file, reason }, cause);
  }
  if (!/^E[A-Z]+$/.test(code ?? '')) return runningError(file, error);
  return new EventStoreError({ what: file, reason: message, advice: code === 'ENOSPC' ? WHEN_FULL : LOOK }, cause);
}
