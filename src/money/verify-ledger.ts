import type { MicroUsd } from '../spec/index.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';

/** One line of a provider's bill. `call` is a call's id, or the label that a provider makes of it (lower case, at most its last 63 characters). */
export interface BilledCall {
  readonly call: string;
  readonly microUsd: MicroUsd;
}

/**
 * One thing that does not add up.
 * - `above-worst`: it was charged more than it was to cost at most.
 * - `not-as-estimated`: its price was exact, and it was charged neither that nor nothing.
 * - `pool`: the store's sums are not those of the log.
 * - `not-billed`: it is charged, and the bill has no line for it.
 * - `billed-otherwise`: charged and billed differ.
 * - `billed-unknown`: the bill tells what a call cost that nobody could tell of; answer it with `Pipeline.resolve()`.
 * - `not-recorded`: the bill has a call of this project that the log does not have.
 */
export interface LedgerFinding {
  readonly kind:
    'above-worst' | 'not-as-estimated' | 'pool' | 'not-billed' | 'billed-otherwise' | 'billed-unknown' | 'not-recorded';
  /** The call, or for `pool` the pool's name. */
  readonly subject: string;
  /** What the ledger says, micro-dollars. */
  readonly ledger: MicroUsd | null;
  /** What it was compared with. */
  readonly other: MicroUsd | null;
}

/** What a comparison of a ledger came to. `billed` is `null` where no bill was given. */
export interface LedgerCheck {
  readonly ok: boolean;
  readonly calls: number;
  readonly charged: MicroUsd;
  readonly unknown: MicroUsd;
  readonly billed: MicroUsd | null;
  readonly findings: readonly LedgerFinding[];
}

/** A pool's sums as its store has them. */
export interface PoolSums {
  readonly name: string;
  readonly held: number;
  readonly charged: number;
}

/** What billing labels can hold of an id. */
function labelOf(id: string): string {
  return id
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '_')
    .slice(-63);
}

function finding(
  kind: LedgerFinding['kind'],
  subject: string,
  ledger: number | null,
  other: number | null,
): LedgerFinding {
  return { kind, subject, ledger: ledger as MicroUsd | null, other: other as MicroUsd | null };
}

function againstEstimate({ callId, price, state, charged }: LedgerEntry): LedgerFinding[] {
  if (price === null || state !== 'charged') return [];
  if (charged > price.worst) return [finding('above-worst', callId, charged, price.worst)];
  return price.exact && charged !== price.expected
    ? [finding('not-as-estimated', callId, charged, price.expected)]
    : [];
}

/** Unknown money stays held in the pools. */
function againstPool({ totals }: Ledger, pool: PoolSums): LedgerFinding[] {
  const held = totals.held + totals.unknown;
  return [
    ...(pool.charged === totals.charged ? [] : [finding('pool', pool.name, totals.charged, pool.charged)]),
    ...(pool.held === held ? [] : [finding('pool', pool.name, held, pool.held)]),
  ];
}

function againstLine(entry: LedgerEntry, billed: number | undefined): LedgerFinding[] {
  const { callId, state, charged } = entry;
  if (state === 'unknown') return billed === undefined ? [] : [finding('billed-unknown', callId, null, billed)];
  if (state === 'held' || billed === charged) return [];
  if (billed !== undefined) return [finding('billed-otherwise', callId, charged, billed)];
  return charged === 0 ? [] : [finding('not-billed', callId, charged, null)];
}

function againstBill({ entries, projectId }: Ledger, bill: readonly BilledCall[]): LedgerFinding[] {
  const lines = new Map<string, number>();
  for (const { call, microUsd } of bill) lines.set(labelOf(call), (lines.get(labelOf(call)) ?? 0) + microUsd);
  const known = new Set(entries.map(({ callId }) => labelOf(callId)));
  const ours = (label: string): boolean => label.startsWith(`${labelOf(projectId)}_`);
  return [
    ...entries.flatMap((entry) => againstLine(entry, lines.get(labelOf(entry.callId)))),
    ...[...lines].flatMap(([label, microUsd]) =>
      ours(label) && !known.has(label) ? [finding('not-recorded', label, null, microUsd)] : [],
    ),
  ];
}

/**
 * Compares a ledger with what its calls were to cost, with the store's pool and, where one is given, with a bill: lines of other projects in it are passed over.
 * Pure.
 */
export function checkLedger(ledger: Ledger, pool: PoolSums, bill: readonly BilledCall[] | null): LedgerCheck {
  const findings = [
    ...ledger.entries.flatMap((entry) => againstEstimate(entry)),
    ...againstPool(ledger, pool),
    ...(bill === null ? [] : againstBill(ledger, bill)),
  ];
  const labels = new Set(ledger.entries.map(({ callId }) => labelOf(callId)));
  const billed = bill?.filter(({ call }) => labels.has(labelOf(call))).reduce((sum, { microUsd }) => sum + microUsd, 0);
  const { charged, unknown } = ledger.totals;
  return {
    ok: findings.length === 0,
    calls: ledger.entries.length,
    charged,
    unknown,
    billed: (billed ?? null) as MicroUsd | null,
    findings,
  };
}
