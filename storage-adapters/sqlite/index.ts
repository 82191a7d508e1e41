import { dirname, resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import {
  type AppendBatch,
  type Appended,
  type Counters,
  type EventStore,
  eventsOf,
  freeBytes,
  type Lease,
  LeaseHeldError,
  type LeaseState,
  type Page,
  pageAsked,
  pageOf,
  type PoolState,
  ProjectDeletedError,
  type ProjectQuery,
  type ProjectSummary,
  SeqConflictError,
  type StoredEvent,
  type TallyQuery,
} from 'vidpipe/storage';
import { Database } from './database.ts';
import { FileFollowers } from './followers.ts';
import { applyHold, poolState, setCap } from './pools.ts';

/** Options of `sqlite`. */
export interface SqliteOptions {
  /** How long a write waits for another process, milliseconds. @default 5000 */
  readonly busyTimeoutMs?: number;
  /** The wall clock. @default Date.now */
  readonly now?: () => number;
}

class SqliteEvents implements EventStore {
  readonly specVersion = 1;
  readonly #file: string;
  readonly #busyTimeoutMs: number;
  readonly #now: () => number;
  readonly #followers = new FileFollowers({
    version: () => this.#db.version(),
    seqOf: (projectId) => {
      const project = this.#db.get('project', { projectId });
      return project === undefined || project['deleted'] === 1 ? 0 : Number(project['seq']);
    },
  });
  #opened: Database | null = null;

  constructor(file: string, { busyTimeoutMs = 5000, now = Date.now }: SqliteOptions) {
    this.#file = file === ':memory:' ? file : resolve(file);
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#now = now;
  }

  get #db(): Database {
    return (this.#opened ??= new Database(this.#file, this.#busyTimeoutMs));
  }

  async append(batch: AppendBatch): Promise<Appended> {
    const appended = this.#db.transaction(() => this.#append(batch));
    const { projectId } = batch;
    this.#db.note(projectId, appended.seq);
    this.#followers.grew(projectId, appended.seq);
    // A commit holds up the process; between two the host has its turn, however many are waiting.
    await turn();
    return appended;
  }

  #append(batch: AppendBatch): Appended {
    const { batchId, projectId, expectedSeq } = batch;
    const before = this.#db.get('batch', { batchId });
    if (before !== undefined) return { seq: Number(before['seq']), at: String(before['at']) };
    const project = this.#db.get('project', { projectId });
    const last = Number(project?.['seq'] ?? 0);
    const deleted = project?.['deleted'] === 1;
    if (deleted && expectedSeq !== undefined) throw new ProjectDeletedError({ projectId });
    if (expectedSeq !== undefined && expectedSeq !== last)
      throw new SeqConflictError({ projectId, expected: expectedSeq, actual: last });
    for (const change of batch.holds ?? []) applyHold(this.#db, change);
    const wall = new Date(this.#now()).toISOString();
    const at = project !== undefined && String(project['at']) > wall ? String(project['at']) : wall;
    const seq = deleted ? 0 : this.#write(batch, last, at);
    this.#db.run('addBatch', { batchId, projectId, seq, at });
    return { seq, at };
  }

  #write({ projectId, events, summary, counters }: AppendBatch, last: number, at: string): number {
    let seq = last;
    for (const { type, format, body } of events)
      this.#db.run('addEvent', { projectId, seq: (seq += 1), at, type, format, body: JSON.stringify(body) });
    this.#db.run('addProject', { projectId, seq, at });
    if (summary !== undefined) {
      const { createdAt, status, account, labels } = summary;
      this.#db.run('summarise', {
        projectId,
        seq: summary.seq,
        createdAt,
        status,
        account,
        labels: JSON.stringify(labels),
        summary: JSON.stringify(summary),
        counters: counters === undefined ? null : JSON.stringify(counters),
      });
    }
    return seq;
  }

  /** One statement, whatever the length of the log, and no transaction that outlives it. */
  read(projectId: string, after = 0): AsyncIterable<StoredEvent> {
    // A generator that awaits makes three promises an event, which is half the time of reading a long log.
    const events = eventsOf(this.#file, projectId, after, () => this.#db.all('read', { projectId, after }));
    return {
      [Symbol.asyncIterator]: () => ({ next: async () => events.next(), return: async () => events.return(undefined) }),
    };
  }

  async list(query: ProjectQuery): Promise<Page<ProjectSummary>> {
    const { status = null, account = null, labels = {} } = query;
    const asked = pageAsked(query);
    return pageOf(this.#db.all('list', { ...asked, status, account, labels: JSON.stringify(labels) }), asked.limit);
  }

  async tally({ account, from, to }: TallyQuery): Promise<Counters> {
    const rows = this.#db.all('tally', { account: account ?? null, from: from ?? null, to: to ?? null });
    return Object.fromEntries(Array.from(rows, ({ name, value }) => [String(name), Number(value)]));
  }

  async lease(projectId: string, owner: string, ttlMs: number): Promise<Lease> {
    const take = (own: boolean): string =>
      this.#db.transaction(() => {
        const held = this.#db.get('lease', { projectId });
        const live = held !== undefined && Number(held['expires_at']) > this.#now();
        const foreign = held?.['owner'] !== owner;
        if ((live && foreign) || (own && foreign)) {
          const expiresAt = new Date(Number(held?.['expires_at'] ?? 0)).toISOString();
          throw new LeaseHeldError({ projectId, owner: String(held?.['owner'] ?? 'nobody'), expiresAt });
        }
        const expiresAt = this.#now() + ttlMs;
        this.#db.run('setLease', { projectId, owner, expiresAt });
        return new Date(expiresAt).toISOString();
      });
    return {
      owner,
      expiresAt: take(false),
      renew: async () => void take(true),
      release: async () => this.#db.run('dropLease', { projectId, owner }),
    };
  }

  async leaseOf(projectId: string): Promise<LeaseState | null> {
    const row = this.#db.get('lease', { projectId });
    if (row === undefined || Number(row['expires_at']) <= this.#now()) return null;
    return { owner: String(row['owner']), expiresAt: new Date(Number(row['expires_at'])).toISOString() };
  }

  async pool(name: string, cap?: number | null): Promise<PoolState> {
    if (cap !== undefined) this.#db.transaction(() => setCap(this.#db, name, cap));
    return poolState(this.#db, name);
  }

  free(): Promise<number | null> {
    return this.#file === ':memory:' ? Promise.resolve(null) : freeBytes(dirname(this.#file));
  }

  async delete(projectId: string): Promise<void> {
    this.#db.transaction(() => {
      for (const name of ['forgetEvents', 'forgetProject', 'forgetLease'] as const) this.#db.run(name, { projectId });
    });
  }

  async follow(projectId: string, after: number, signal: AbortSignal): Promise<void> {
    return this.#followers.follow(projectId, after, signal);
  }

  async close(): Promise<void> {
    this.#followers.close(new Error(`The event store ${this.#file} was closed.`));
    this.#opened?.close();
    this.#opened = null;
  }
}

/** An `EventStore` in one SQLite file (WAL, fully synchronous, mode 0600). Inert until first use; many processes may open it. Throws `ForeignDatabaseError`, `NewerFormatError`, `CorruptLogError`, `EventStoreError`. */
export function sqlite(file: string, options: SqliteOptions = {}): EventStore {
  return new SqliteEvents(file, options);
}
