import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  CorruptLogError,
  ForeignDatabaseError,
  NewerFormatError,
  SCHEMA,
  SCHEMA_VERSION,
  STATEMENTS,
} from 'vidpipe/storage';

/** `vpip` as a number: marks the file as one of vidpipe. */
const APPLICATION_ID = 0x76706970;

/** Values that a statement binds. */
export type Bound = Readonly<Record<string, string | number | null>>;

/** A row as SQLite answers it. */
export type Row = Readonly<Record<string, string | number | null>>;

type Name = keyof typeof STATEMENTS;

/** An open database with its statements prepared once. */
export class Database {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<Name, StatementSync>();

  constructor(file: string, busyTimeoutMs: number) {
    const isNew = prepareFile(file);
    const sqlite = createRequire(import.meta.url)('node:sqlite') as {
      DatabaseSync: new (file: string, options: { timeout: number }) => DatabaseSync;
    };
    try {
      this.#db = new sqlite.DatabaseSync(file, { timeout: busyTimeoutMs });
      this.#open(file, isNew);
    } catch (error) {
      throw openingError(file, error);
    }
    if (file !== ':memory:')
      for (const end of ['', '-wal', '-shm']) if (existsSync(file + end)) chmodSync(file + end, 0o600);
  }

  /** One row, or `undefined`. */
  get(name: Name, bound: Bound): Row | undefined {
    return this.#statement(name).get(bound) as Row | undefined;
  }

  /** All rows. */
  all(name: Name, bound: Bound): Row[] {
    return this.#statement(name).all(bound) as Row[];
  }

  /** Runs without an answer. */
  run(name: Name, bound: Bound): void {
    this.#statement(name).run(bound);
  }

  /** All of `work`, or nothing. Takes the write lock at once, so that it can not fail half way. */
  transaction<T>(work: () => T): T {
    this.#db.exec('begin immediate');
    try {
      const result = work();
      this.#db.exec('commit');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback');
      throw error;
    }
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #statement(name: Name): StatementSync {
    let statement = this.#prepared.get(name);
    if (statement === undefined) {
      statement = this.#db.prepare(STATEMENTS[name]);
      statement.setAllowUnknownNamedParameters(true);
      this.#prepared.set(name, statement);
    }
    return statement;
  }

  #pragma(name: string): number {
    return Number(Object.values(this.#db.prepare(`pragma ${name}`).get() ?? {})[0]);
  }

  #open(file: string, isNew: boolean): void {
    if (!isNew && this.#pragma('application_id') !== APPLICATION_ID)
      throw new ForeignDatabaseError({ file, reason: 'another program made it' });
    const version = this.#pragma('user_version');
    if (version > SCHEMA_VERSION) throw new NewerFormatError({ what: file, found: version, known: SCHEMA_VERSION });
    this.#db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
    if (isNew) this.transaction(() => this.#create());
  }

  /** Another process may have been first between the look and the lock. */
  #create(): void {
    if (this.#pragma('application_id') === APPLICATION_ID) return;
    this.#db.exec(`${SCHEMA} pragma application_id = ${APPLICATION_ID}; pragma user_version = ${SCHEMA_VERSION};`);
  }
}

/** Makes the folder; says whether the database is to be created. An empty file is not ours: a lost one may look so. */
function prepareFile(file: string): boolean {
  if (file === ':memory:') return true;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) return true;
  if (statSync(file).size > 0) return false;
  if (existsSync(`${file}-wal`)) return true;
  throw new ForeignDatabaseError({ file, reason: 'the file is empty; remove it to begin anew' });
}

function openingError(file: string, error: unknown): unknown {
  const code = (error as { errcode?: number }).errcode;
  if (code === 26) return new ForeignDatabaseError({ file, reason: 'it is not a database' }, { cause: error });
  if (code === 11) return new CorruptLogError({ what: file, reason: 'its pages are malformed' }, { cause: error });
  return error;
}
