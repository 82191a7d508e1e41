import { closeSync, constants, existsSync, fstatSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { CorruptLogError, STATEMENTS } from 'vidpipe/storage';
import { runningError } from './errors.ts';
import { noteOf, openDatabase } from './opening.ts';

/** Values that a statement binds. */
export type Bound = Readonly<Record<string, string | number | null>>;

/** A row as SQLite answers it. */
export type Row = Readonly<Record<string, string | number | null>>;

type Name = keyof typeof STATEMENTS;

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

/** An open database with its statements prepared once. */
export class Database {
  readonly file: string;
  readonly #db: DatabaseSync;
  readonly #path: string | null;
  readonly #prepared = new Map<string, StatementSync>();
  readonly #wal: number | null;
  #note: number | null = null;

  constructor(file: string, busyTimeoutMs: number) {
    this.file = file;
    ({ db: this.#db, path: this.#path } = openDatabase(file, busyTimeoutMs));
    this.#wal = this.#path === null ? null : inodeOf(`${this.#path}-wal`);
  }

  /** One row, or `undefined`. */
  get(name: Name, bound: Bound): Row | undefined {
    return this.#guarded(() => this.#statement(STATEMENTS[name]).get(bound) as Row | undefined);
  }

  /** All rows. */
  all(name: Name, bound: Bound): Row[] {
    return this.#guarded(() => this.#statement(STATEMENTS[name]).all(bound) as Row[]);
  }

  /** Runs without an answer. */
  run(name: Name, bound: Bound): void {
    this.#guarded(() => void this.#statement(STATEMENTS[name]).run(bound));
  }

  /** All of `work`, or nothing. Takes the write lock at once, so that it can not fail half way. */
  transaction<T>(work: () => T): T {
    this.#assertLinked();
    return this.#guarded(() => {
      this.#db.exec('begin immediate');
      try {
        const result = work();
        this.#db.exec('commit');
        return result;
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('rollback');
        throw error;
      }
    });
  }

  /** A number that changes with every commit of another connection; `null` where there can be none. */
  version(): number | null {
    if (this.#path === null) return null;
    return this.#guarded(() => Number(this.#statement('pragma data_version').get()?.['data_version']));
  }

  /** Notes a commit outside the database. A note that can not be written warns of nothing later, and hurts nothing now. */
  note(projectId: string, seq: number): void {
    if (this.#path === null) return;
    try {
      if (this.#note !== null && fstatSync(this.#note).nlink === 0) this.#dropNote();
      this.#note ??= openSync(noteOf(this.#path), constants.O_WRONLY | constants.O_CREAT, 0o600);
      writeSync(this.#note, `${JSON.stringify({ projectId, seq })}\n`, 0);
    } catch {
      this.#dropNote();
    }
  }

  /** The last one to close leaves nothing but the database. */
  close(): void {
    this.#dropNote();
    if (!this.#db.isOpen) return;
    const linked = this.#isLinked();
    this.#db.close();
    if (this.#path !== null && linked && !existsSync(`${this.#path}-wal`)) rmSync(noteOf(this.#path), { force: true });
  }

  #dropNote(): void {
    if (this.#note !== null) closeSync(this.#note);
    this.#note = null;
  }

  #isLinked(): boolean {
    return this.#path === null || inodeOf(`${this.#path}-wal`) === this.#wal;
  }

  /** Commits to a removed -wal file would be lost with the process; until it closes, SQLite still has those that are there. */
  #assertLinked(): void {
    if (this.#isLinked()) return;
    const reason =
      'its -wal file was removed while in use; end all processes that have it open, closing saves what was committed';
    throw new CorruptLogError({ what: this.file, reason });
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw runningError(this.file, error);
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      statement.setAllowUnknownNamedParameters(true);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}
