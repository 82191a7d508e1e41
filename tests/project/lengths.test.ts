import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseLengths } from '../../src/project/lengths.ts';

const sum = (lengths: readonly number[]): number => lengths.reduce((total, each) => total + each, 0);

describe('chooseLengths', () => {
  it('takes equal clips where they fit', () => {
    expect(chooseLengths(24, [4, 6, 8], 6)).toEqual([6, 6, 6, 6]);
    expect(chooseLengths(8, [4, 6, 8], 4)).toEqual([4, 4]);
  });
  it('trims the last clip where no sum fits', () => {
    const lengths = chooseLengths(15, [4, 6, 8], 6);
    expect(sum(lengths)).toBeCloseTo(15);
    expect(lengths.slice(0, -1).every((each) => [4, 6, 8].includes(each))).toBe(true);
  });
  it('adds up to the asked total, from the list but for the last', () => {
    const durations = fc
      .uniqueArray(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 })
      .map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(
        durations,
        fc.integer({ min: 1, max: 6000 }),
        fc.integer({ min: 1, max: 20 }),
        (list, tenths, wish) => {
          const total = tenths / 10;
          const lengths = chooseLengths(total, list, wish);
          expect(sum(lengths)).toBeCloseTo(total, 2);
          expect(lengths.every((each) => each > 0)).toBe(true);
          expect(lengths.slice(0, -1).every((each) => list.includes(each))).toBe(true);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});
