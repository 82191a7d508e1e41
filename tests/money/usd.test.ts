import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUsd, usd } from '../../src/money/usd.ts';
import type { MicroUsd } from '../../src/spec/index.ts';

describe('usd', () => {
  it.each([
    [6, 6_000_000],
    ['0.02', 20_000],
    ['0.0336', 33_600],
    [0, 0],
    [0.1, 100_000],
  ])('%s', (dollars, micro) => expect(usd(dollars)).toBe(micro));
  it.each([-1, NaN, Infinity, '1e3', '', '0.0000001', 1e-7, '12345678901', 2e9])('refuses %s', (bad) => {
    expect(() => usd(bad)).toThrow(/expected dollars/);
  });
  it('comes back from its text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e15 }), (micro) => {
        expect(usd(formatUsd(micro as MicroUsd).slice(1))).toBe(micro);
      }),
      { seed: 7 },
    );
  });
  it('shows two decimals at least', () => {
    expect([0, 1_200_000, 33_600, -5].map((micro) => formatUsd(micro as MicroUsd))).toEqual([
      '$0.00',
      '$1.20',
      '$0.0336',
      '-$0.000005',
    ]);
    expect(formatUsd(null)).toBe('unknown');
  });
});
