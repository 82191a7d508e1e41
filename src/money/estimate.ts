import type { MicroUsd, Price } from '../spec/index.ts';

/** What something is going to cost: as expected, and at most. `null`: nobody knows a price. `exact`: as expected to the micro-dollar, if nothing fails. */
export interface Cost {
  readonly expected: MicroUsd | null;
  readonly worst: MicroUsd | null;
  readonly exact: boolean;
}

/** What costs nothing. */
export const FREE: Cost = { expected: 0 as MicroUsd, worst: 0 as MicroUsd, exact: true };

/** The cost of a step that may be bought up to `tries` times. */
export function costOfTries(price: Price | null, tries: number): Cost {
  if (price === null) return { expected: null, worst: null, exact: false };
  return { expected: price.expected, worst: (price.worst * tries) as MicroUsd, exact: price.exact };
}

function add(one: MicroUsd | null, other: MicroUsd | null): MicroUsd | null {
  return one === null || other === null ? null : ((one + other) as MicroUsd);
}

/** The cost of all; unknown where one of them is. */
export function sumOf(costs: readonly Cost[]): Cost {
  return costs.reduce(
    (sum, each) => ({
      expected: add(sum.expected, each.expected),
      worst: add(sum.worst, each.worst),
      exact: sum.exact && each.exact,
    }),
    FREE,
  );
}
