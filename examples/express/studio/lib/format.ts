import type { LogStatus, ProjectStatus } from 'vidpipe';

/** Dollars of micro-dollars; `null`: nobody knows. Less than a dollar is told to the hundredth of a cent. */
export function usd(microUsd: number | null): string {
  if (microUsd === null) return 'unknown';
  const dollars = microUsd / 1_000_000;
  const maximumFractionDigits = dollars !== 0 && Math.abs(dollars) < 1 ? 4 : 2;
  return dollars.toLocaleString('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits,
  });
}

/** Micro-dollars of dollars as they are typed; `null` for none. */
export function microUsdOf(dollars: string): number | null {
  const amount = Number(dollars);
  return dollars.trim() === '' || !Number.isFinite(amount) ? null : Math.round(amount * 1_000_000);
}

/** A length of time in words. */
export function seconds(amount: number): string {
  if (amount < 60) return `${amount < 10 && !Number.isInteger(amount) ? amount.toFixed(1) : Math.round(amount)} s`;
  const minutes = Math.floor(amount / 60);
  const rest = Math.round(amount % 60);
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
}

/** A time as people say it here. */
export function when(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** `1 scene`, `2 scenes`. */
export const count = (amount: number, word: string): string => `${amount} ${word}${amount === 1 ? '' : 's'}`;

/** What each status is called. */
export const STATUS_NAMES: Readonly<Record<ProjectStatus, string>> = {
  pending: 'Not started',
  running: 'Running',
  waiting: 'Waiting',
  stopped: 'Stopped',
  failed: 'Failed',
  completed: 'Done',
  interrupted: 'Interrupted',
};

/** Those that lists can be narrowed to. */
export const LISTED: readonly LogStatus[] = ['running', 'waiting', 'completed', 'stopped', 'failed', 'pending'];

/** The beginning of a text, as a name for a film. */
export function titleOf(prompt: string, most = 80): string {
  const [line = ''] = prompt.trim().split('\n');
  return line.length <= most ? line : `${line.slice(0, most).replace(/\s+\S*$/, '')}…`;
}
