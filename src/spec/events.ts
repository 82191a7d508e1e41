import type { MicroUsd } from './money.ts';

/** One line of a project's log as the store keeps it. `seq` is dense from 1; `at` is ISO 8601, stamped by the store, never backwards. */
export interface StoredEvent {
  readonly seq: number;
  readonly at: string;
  readonly projectId: string;
  readonly type: string;
  /** The version of `body`'s shape for this `type`, from 1. */
  readonly format: number;
  readonly body: unknown;
}

/** An event before the store has stamped it. */
export interface NewEvent {
  readonly type: string;
  readonly format: number;
  readonly body: unknown;
}

/**
 * A change of a pool, done in the transaction of its batch. A `hold` takes effect once per (pool, callId), and only as its first change. `charge` and
 * `release` end the hold of that call, and of them the last one counts: a charge takes the place of an earlier one, a release takes it back.
 * A charge without a hold still counts, and no cap refuses it. `cap: null` lifts the cap.
 */
export type HoldChange =
  | { readonly kind: 'hold'; readonly pool: string; readonly callId: string; readonly amount: number }
  | { readonly kind: 'charge'; readonly pool: string; readonly callId: string; readonly amount: number }
  | { readonly kind: 'release'; readonly pool: string; readonly callId: string }
  | { readonly kind: 'cap'; readonly pool: string; readonly amount: number | null };

/** The only sum that a store makes: `held + charged + amount ≤ cap`, checked inside `append`. Money pools count micro-dollars. */
export interface PoolState {
  readonly name: string;
  readonly cap: number | null;
  readonly held: number;
  readonly charged: number;
}

/** What lists show of a project without reading its log. It names the `seq` that it was folded to; the newest stays. */
export interface ProjectSummary {
  readonly projectId: string;
  readonly seq: number;
  readonly status: string;
  readonly prompt: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly scenes: number;
  readonly charged: MicroUsd;
  readonly account: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** Filters of `list`. `limit` is 1 to 200 (default 50); `labels` must all be equal; newest first. */
export interface ProjectQuery {
  /** @default 50 */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
  /** A status as the log says it: an interrupted project is listed as `running`. */
  readonly status?: string;
  /** Projects of this account. */
  readonly account?: string;
  /** Projects with all of these labels. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Sums by name. A name is a JSON array of texts, such as `["status","completed"]`; values are whole numbers. */
export type Counters = Readonly<Record<string, number>>;

/** Which projects are counted: of an account, and created from `from` (ISO 8601, included) to `to` (excluded). */
export interface TallyQuery {
  /** @default all */
  readonly account?: string;
  /** @default ever */
  readonly from?: string;
  /** @default for ever */
  readonly to?: string;
}

/** One page; `next` is the cursor of the following one, `null` at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** One atomic append. */
export interface AppendBatch {
  /** The same id twice appends once; the second answers as the first did. */
  readonly batchId: string;
  readonly projectId: string;
  /** When given, the log must end at this seq (0: the project must be new). */
  readonly expectedSeq?: number;
  readonly events: readonly NewEvent[];
  readonly summary?: ProjectSummary;
  /** With `summary`, and as of its seq: what `tally` adds up of the project. Without it what was given before stays. */
  readonly counters?: Counters;
  readonly holds?: readonly HoldChange[];
}

/** `seq` of the last event of the batch and the time stamped on all of them. */
export interface Appended {
  readonly seq: number;
  readonly at: string;
}

/** The right to drive a project until `expiresAt` (ISO 8601). */
export interface Lease {
  readonly owner: string;
  readonly expiresAt: string;
  /** Extends by the lease's own time. Throws `LeaseHeldError` when another owner has taken it. */
  renew(): Promise<void>;
  /** Gives it back; no error when it is lost already. */
  release(): Promise<void>;
}

/** Who holds a lease now. */
export interface LeaseState {
  readonly owner: string;
  readonly expiresAt: string;
}

/** The log, the pools and the leases. Errors of a driver pass through unwrapped; the typed ones are named at each method. */
export interface EventStore {
  readonly specVersion: 1;
  /**
   * One transaction: events, summary and pools, or nothing.
   * Throws `SeqConflictError` (wrong `expectedSeq`), `PoolFullError` (a hold does not fit), `ProjectDeletedError`
   * (a batch with `expectedSeq` for a deleted project; a batch without one then changes only the pools, and answers seq 0).
   */
  append(batch: AppendBatch): Promise<Appended>;
  /** The events with `seq > after` in order, as of now. Empty for an unknown project. */
  read(projectId: string, after?: number): AsyncIterable<StoredEvent>;
  /** Summaries of projects, newest first, a page at a time. */
  list(query: ProjectQuery): Promise<Page<ProjectSummary>>;
  /** Takes the free, expired or own lease of a project. Throws `LeaseHeldError` naming the owner. `ttlMs` in milliseconds. */
  lease(projectId: string, owner: string, ttlMs: number): Promise<Lease>;
  /** The unexpired lease of a project, or `null`. */
  leaseOf(projectId: string): Promise<LeaseState | null>;
  /** The sums of a pool; a given `cap` is stored first (`null` lifts it). An unknown pool is empty and uncapped. */
  pool(name: string, cap?: number | null): Promise<PoolState>;
  /** Removes events, summary, lease; holds and charges outlive the project. */
  delete(projectId: string): Promise<void>;
  /** Sums of the newest counters of all projects that are not deleted. Without it the core reads the log of each. */
  tally?(query: TallyQuery): Promise<Counters>;
  /** Resolves when the log has events past `after`, or rejects with the signal's reason. Without it the core looks every 500 ms. */
  follow?(projectId: string, after: number, signal: AbortSignal): Promise<void>;
  /** Bytes that can still be written, `null` where nobody can say. Without it no room is looked for before calls are bought. */
  free?(): Promise<number | null>;
  /** Releases what the store holds open. */
  close?(): Promise<void>;
}
