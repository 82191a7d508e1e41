import { changedHold, type HoldChange, type PoolState } from 'vidpipe/storage';
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

/** Applies one change. Throws `PoolFullError`. */
export function applyHold(db: Database, change: HoldChange): void {
  if (change.kind === 'cap') return setCap(db, change.pool, change.amount);
  const { pool, callId } = change;
  db.run('addPool', { name: pool });
  const row = db.get('hold', { pool, callId });
  const known = row && {
    held: Number(row['held'] ?? 0),
    charged: row['charged'] as number | null,
    released: row['released'] === 1,
  };
  const changed = changedHold(change, known, poolState(db, pool));
  if (changed === null) return;
  const { held, charged, released, moved } = changed;
  db.run('setHold', { pool, callId, held, charged, released: released ? 1 : 0 });
  db.run('movePool', { name: pool, ...moved });
}
