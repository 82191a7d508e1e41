import { describe, expect, it } from 'vitest';
import { ENDS, frozenCase, POINTS } from '../soak/frozen.ts';

const keys = ['keys', 'look-up', 'neither'] as const;
const orders = POINTS.flatMap((point, row) =>
  ENDS.map((end, column) => ({ point, end, keys: keys[(row + column) % 3] ?? 'keys' })),
);

describe.concurrent('a driver frozen at its paid clip', () => {
  it.each(orders)(
    'frozen $point, goes on $end ($keys): nothing paid is lost, nothing is paid twice',
    async (order) => {
      expect(await frozenCase(order)).toEqual([]);
    },
    90_000,
  );
});
