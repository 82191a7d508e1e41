import {
  type AppendBatch,
  type Appended,
  changedHold,
  type HoldChange,
  type HoldState,
  type PoolState,
  ProjectDeletedError,
  SeqConflictError,
  type SqlRow,
} from 'vidpipe/storage';
import type { Run } from './database.ts';
import { readBack } from './statements.ts';

const numberOr = <T>(value: string | number | null | undefined, without: T): number | T =>
  value === null || value === undefined ? without : Number(value);

/** The sums of a pool as its row has them. */
export function poolOf(name: string, row: SqlRow | undefined): PoolState {
  const { cap, held, charged } = row ?? {};
  return { name, cap: numberOr(cap, null), held: numberOr(held, 0), charged: numberOr(charged, 0) };
}

const keyOf = (pool: string, callId: string): string => JSON.stringify([pool, callId]);

type Touching = Exclude<HoldChange, { kind: 'cap' }>;

/** The calls that a batch names, each once. */
function touchedBy(changes: readonly HoldChange[]): Touching[] {
  const named = changes.flatMap((change) => (change.kind === 'cap' ? [] : [change]));
  return [...new Map(named.map((change) => [keyOf(change.pool, change.callId), change])).values()];
}

/** Locks the pools of a batch and tells their sums. */
async function lockedPools(run: Run, changes: readonly HoldChange[]): Promise<Map<string, PoolState>> {
  const rows = await run('lockPools', { names: [...new Set(changes.map(({ pool }) => pool))] });
  return new Map(
    rows.map((row) => {
      const name = readBack(String(row['name']));
      return [name, poolOf(name, row)];
    }),
  );
}

async function knownHolds(run: Run, touched: readonly Touching[]): Promise<Map<string, HoldState>> {
  const asked = { pools: touched.map(({ pool }) => pool), callIds: touched.map(({ callId }) => callId) };
  const rows = touched.length === 0 ? [] : await run('holds', asked);
  return new Map(
    rows.map(({ pool, call_id, held, charged, released }) => [
      keyOf(readBack(String(pool)), readBack(String(call_id))),
      { held: numberOr(held, 0), charged: numberOr(charged, null), released: released === 1 },
    ]),
  );
}

/** Half a pair of a character becomes the one that stands for what is none, as it does on its way into any database. */
function wellFormed(change: HoldChange): HoldChange {
  const pool = change.pool.toWellFormed();
  return change.kind === 'cap' ? { ...change, pool } : { ...change, pool, callId: change.callId.toWellFormed() };
}

/** Applies the changes one after another and writes what they come to. Throws `PoolFullError`. */
async function settle(run: Run, given: readonly HoldChange[]): Promise<void> {
  const changes = given.map(wellFormed);
  const pools = await lockedPools(run, changes);
  const touched = touchedBy(changes);
  const holds = await knownHolds(run, touched);
  for (const change of changes) {
    const pool = pools.get(change.pool) as PoolState;
    if (change.kind === 'cap') {
      pools.set(pool.name, { ...pool, cap: change.amount });
      continue;
    }
    const key = keyOf(pool.name, change.callId);
    const changed = changedHold(change, holds.get(key), pool);
    if (changed === null) continue;
    const { moved, ...hold } = changed;
    holds.set(key, hold);
    pools.set(pool.name, { ...pool, held: pool.held + moved.held, charged: pool.charged + moved.charged });
  }
  const states = touched.map(({ pool, callId }) => holds.get(keyOf(pool, callId)) as HoldState);
  const sums = [...pools.values()];
  await run('settle', {
    pools: touched.map(({ pool }) => pool),
    callIds: touched.map(({ callId }) => callId),
    held: states.map(({ held }) => held),
    charged: states.map(({ charged }) => charged),
    released: states.map(({ released }) => (released ? 1 : 0)),
    names: sums.map(({ name }) => name),
    caps: sums.map(({ cap }) => cap),
    sumsHeld: sums.map(({ held }) => held),
    sumsCharged: sums.map(({ charged }) => charged),
  });
}

/** Events and batch, with the summary where it is newer than the one that is there. */
async function write(run: Run, batch: AppendBatch, at: string, project: SqlRow): Promise<number> {
  const { batchId, projectId, events, summary, counters } = batch;
  const last = numberOr(project['seq'], 0);
  const seq = last + events.length;
  const added = {
    projectId,
    batchId,
    last,
    seq,
    at,
    types: events.map(({ type }) => type),
    formats: events.map(({ format }) => format),
    bodies: events.map(({ body }) => JSON.stringify(body)),
  };
  if (summary === undefined || summary.seq <= numberOr(project['folded_seq'], 0)) {
    await run('add', added);
    return seq;
  }
  const { createdAt, status, account } = summary;
  const labels = JSON.stringify(summary.labels);
  await run('addSummarised', {
    ...added,
    foldedSeq: summary.seq,
    createdAt,
    status,
    account,
    labels,
    summary: JSON.stringify(summary),
    counters: counters === undefined ? null : JSON.stringify(counters),
  });
  if (labels !== (project['labels'] ?? '{}')) {
    await run('forgetLabels', { projectId });
    const [keys, values] = [Object.keys(summary.labels), Object.values(summary.labels)];
    await run('label', { projectId, createdAt: project['created_at'] ?? createdAt, keys, values });
  }
  return seq;
}

/** One append, in the transaction that holds the lock of its project. The pools, which others wait for, come last. */
export async function appendIn(run: Run, batch: AppendBatch, now: number | null): Promise<Appended> {
  const { batchId, projectId, expectedSeq, holds = [] } = batch;
  const [stand = {}] = await run('stand', { batchId, projectId, now });
  const { batch_seq, batch_at = null } = stand;
  if (batch_at !== null) return { seq: Number(batch_seq), at: String(batch_at) };
  const last = numberOr(stand['seq'], 0);
  const deleted = stand['deleted'] === 1;
  if (deleted && expectedSeq !== undefined) throw new ProjectDeletedError({ projectId });
  if (expectedSeq !== undefined && expectedSeq !== last)
    throw new SeqConflictError({ projectId, expected: expectedSeq, actual: last });
  const wall = new Date(Number(stand['now'])).toISOString();
  const at = String(stand['at'] ?? '') > wall ? String(stand['at']) : wall;
  let seq = 0;
  if (deleted) await run('addBatch', { batchId, projectId, seq, at });
  else seq = await write(run, batch, at, stand);
  if (holds.length > 0) await settle(run, holds);
  return { seq, at };
}
