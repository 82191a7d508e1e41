import { InvalidBillError } from '../errors/index.ts';
import type { MicroUsd } from '../spec/index.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { BilledCall } from './verify-ledger.ts';

/** Columns of a ledger as CSV, and what stands in them. */
const COLUMNS: Readonly<Record<string, (entry: LedgerEntry) => string | number | null>> = {
  call: ({ callId }) => callId,
  step: ({ stepId }) => stepId,
  scene: ({ sceneId }) => sceneId,
  model: ({ model }) => model,
  kind: ({ kind }) => kind,
  state: ({ state }) => state,
  at: ({ at }) => at,
  ended_at: ({ endedAt }) => endedAt,
  expected_micro_usd: ({ price }) => price?.expected ?? null,
  worst_micro_usd: ({ price }) => price?.worst ?? null,
  held_micro_usd: ({ held }) => held,
  charged_micro_usd: ({ charged }) => charged,
  released_micro_usd: ({ released }) => released,
  unknown_micro_usd: ({ unknown }) => unknown,
  superseded_micro_usd: ({ superseded }) => superseded,
  usage: ({ usage }) => (usage === null ? null : JSON.stringify(usage)),
};

function cell(value: string | number | null): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A ledger as CSV (RFC 4180), a line for each call after the header; money in whole micro-dollars. As JSON it is plain data. */
export function ledgerCsv({ entries }: Ledger): string {
  const lines = entries.map((entry) => Object.values(COLUMNS).map((of) => cell(of(entry))));
  return [Object.keys(COLUMNS), ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

function microOf(row: Readonly<Record<string, string>>): number {
  const micro = row['micro_usd'];
  return micro === undefined ? Math.round(Number(row['usd']?.trim() || NaN) * 1_000_000) : Number(micro.trim() || NaN);
}

function lineOf(row: Readonly<Record<string, string>>, index: number): BilledCall {
  const microUsd = microOf(row);
  if (!Number.isSafeInteger(microUsd))
    throw new InvalidBillError({ reason: `line ${index + 2}: its amount is no number` });
  return { call: row['call'] ?? '', microUsd: microUsd as MicroUsd };
}

/**
 * Reads a bill in CSV: a header with `call` and `usd` or `micro_usd`; other columns are passed over, as are lines without a call. Amounts in `usd` are rounded to
 * micro-dollars line by line. Throws `InvalidBillError`.
 */
export async function readBill(csv: string): Promise<readonly BilledCall[]> {
  const { parse } = await import('csv-parse/sync');
  let rows: Record<string, string>[];
  try {
    rows = parse(csv, { columns: true, bom: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new InvalidBillError(
      { reason: 'it is not CSV with as many cells in each line as in its header' },
      { cause: error },
    );
  }
  const [first] = rows;
  if (first !== undefined && (!('call' in first) || !('usd' in first || 'micro_usd' in first)))
    throw new InvalidBillError({ reason: 'its header has to have a column call and one of usd, micro_usd' });
  return rows.map((row, index) => lineOf(row, index)).filter(({ call }) => call !== '');
}
