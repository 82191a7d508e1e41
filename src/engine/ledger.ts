import { type Ledger, ledgerOf } from '../money/ledger.ts';
import { readBill } from '../money/ledger-csv.ts';
import { type BilledCall, checkLedger, type LedgerCheck } from '../money/verify-ledger.ts';
import type { EngineContext } from './context.ts';
import type { ProjectLog } from './log.ts';

/** What a ledger is compared with. */
export interface VerifyOptions {
  /** The provider's bill: lines, or CSV with a column `call` and `usd` or `micro_usd`. @default none: estimate and pool only */
  readonly bill?: string | readonly BilledCall[];
}

/** Compares the ledger of a project as it stands with estimates, its pool and a bill. Throws `ProjectNotFoundError`, `InvalidBillError`. */
export async function verifyLedger(
  { events }: EngineContext,
  log: ProjectLog,
  { bill }: VerifyOptions,
): Promise<LedgerCheck> {
  const lines = typeof bill === 'string' ? await readBill(bill) : (bill ?? null);
  const ledger: Ledger = ledgerOf(await log.refresh());
  return checkLedger(ledger, await events.pool(`project/${ledger.projectId}`), lines);
}
