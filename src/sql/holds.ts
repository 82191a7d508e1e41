import { PoolFullError } from '../errors/pool-full-error.ts';
import type { HoldChange, PoolState } from '../spec/events.ts';

/** What a pool knows of one call: what was held for it, what it was charged, and whether the hold has ended. */
export interface HoldState {
  readonly held: number;
  readonly charged: number | null;
  readonly released: boolean;
}

/** What a change makes of a call, and by how much it moves the sums of its pool. */
export interface HoldChanged extends HoldState {
  readonly moved: { readonly held: number; readonly charged: number };
}

/**
 * What becomes of a call in a pool: a hold counts as the first change of its call only, else it is `null` and changes nothing; of charges and
 * releases the last one counts. Throws `PoolFullError` for a hold that does not fit.
 */
export function changedHold(
  change: Exclude<HoldChange, { kind: 'cap' }>,
  known: HoldState | undefined,
  { name, cap, held, charged }: PoolState,
): HoldChanged | null {
  if (change.kind === 'hold') {
    if (known !== undefined) return null;
    const { amount } = change;
    if (cap !== null && held + charged + amount > cap)
      throw new PoolFullError({ pool: name, missing: held + charged + amount - cap });
    return { held: amount, charged: null, released: false, moved: { held: amount, charged: 0 } };
  }
  const { held: own, charged: before, released } = known ?? { held: 0, charged: null, released: true };
  const now = change.kind === 'charge' ? change.amount : null;
  const moved = { held: released ? 0 : -own, charged: (now ?? 0) - (before ?? 0) };
  return { held: own, charged: now, released: true, moved };
}
