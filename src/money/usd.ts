import { InvalidSettingsError } from '../errors/index.ts';
import type { MicroUsd } from '../spec/index.ts';

/**
 * Dollars as money: `usd(6)`, `usd('0.02')`. Whole millionths; finer amounts are refused, never rounded.
 * Throws `InvalidSettingsError` for negative, infinite or absurd (above a billion) amounts.
 */
export function usd(amount: number | string): MicroUsd {
  const match = /^(\d{1,10})(?:\.(\d{1,6})0*)?$/.exec(typeof amount === 'number' ? plain(amount) : amount.trim());
  const micro = match ? Number(match[1]) * 1_000_000 + Number((match[2] ?? '').padEnd(6, '0')) : NaN;
  if (!(micro <= 1e15)) {
    throw new InvalidSettingsError({
      issues: [
        `usd: expected dollars from 0 to a billion with at most 6 decimals, got ${JSON.stringify(String(amount).slice(0, 40))}`,
      ],
    });
  }
  return micro as MicroUsd;
}

function plain(amount: number): string {
  return Math.abs(amount) < 1e-6 && amount !== 0 ? 'too fine' : String(amount);
}

/** `$1.20`, `$0.0336`; `unknown` for `null`. At least two decimals, at most six. */
export function formatUsd(amount: MicroUsd | null): string {
  if (amount === null) return 'unknown';
  const sign = amount < 0 ? '-' : '';
  const digits = Math.abs(amount).toString().padStart(7, '0');
  const cents = digits.slice(-6).replace(/0{1,4}$/, '');
  return `${sign}$${digits.slice(0, -6)}.${cents}`;
}
