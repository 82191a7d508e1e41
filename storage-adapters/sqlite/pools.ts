import { type HoldChange, PoolFullError, type PoolState } from 'vidpipe/storage';
import type { Database } from './database.ts';

/** The sums of a pool. */
export function poolState(db: Database, name: string): PoolState {
  const row = db.get('pool', { name });
  return {
    name,
    cap: (row?.['cap'] as number | null | undefined) ?? null,
    held: Number(row?.['held'] ?? 0),
    charged: Number(row?.['charged'] ?? 0),
  };
}

/** Sets or lifts a cap. */
export function setCap(db: Database, name: string, cap: number | null): void {
  db.run('addPool', { name });
  db.run('capPool', { name, cap });
}

function hold(db: Database, { pool, callId, amount }: Extract<HoldChange, { kind: 'hold' }>): void {
  const { cap, held, charged } = poolState(db, pool);
  if (cap !== null && held + charged + amount > cap)
    throw new PoolFullError({ pool, missing: held + charged + amount - cap });
  db.run('setHold', { pool, callId, held: amount, charged: null, released: 0 });
  db.run('movePool', { name: pool, held: amount, charged: 0 });
}

/** Applies one change: a hold counts as the first one of its call only; of charges and releases the last one counts. */
export function applyHold(db: Database, change: HoldChange): void {
  if (change.kind === 'cap') return setCap(db, change.pool, change.amount);
  const { pool, callId } = change;
  db.run('addPool', { name: pool });
  const known = db.get('hold', { pool, callId });
  if (change.kind === 'hold') return known === undefined ? hold(db, change) : undefined;
  const held = known?.['released'] === 1 ? 0 : Number(known?.['held'] ?? 0);
  const before = Number(known?.['charged'] ?? 0);
  const charged = change.kind === 'charge' ? change.amount : null;
  db.run('setHold', { pool, callId, held: Number(known?.['held'] ?? 0), charged, released: 1 });
  db.run('movePool', { name: pool, held: -held, charged: (charged ?? 0) - before });
}
