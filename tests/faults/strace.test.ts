import { describe, expect, it } from 'vitest';
import { canTrace, type Point, playPoint } from './strace.ts';

/** A few of the points that the soak plays, of each kind of call and fault. */
const POINTS: readonly Point[] = [
  { call: 'pwrite64', nth: 25, fault: 'KILL', stays: false, keys: 'keys' },
  { call: 'fsync', nth: 6, fault: 'EIO', stays: true, keys: 'keys' },
  { call: 'rename', nth: 2, fault: 'ENOSPC', stays: false, keys: 'keys' },
];

describe.skipIf(!canTrace())('a fault in a system call', () => {
  it.each(POINTS)(
    '$fault at $call, number $nth (from then on: $stays): nothing is lost, nothing bought twice',
    async (point) => {
      const { happened, violations } = await playPoint(point);
      expect({ happened, violations }).toEqual({ happened: true, violations: [] });
    },
  );
});
