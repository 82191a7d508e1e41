import type { Clock } from 'vidpipe';
import type { Content } from './content.ts';
import type { Ledger } from './ledger.ts';

/** What the services of the loopback Google share. */
export interface Cloud {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly content: Content;
  readonly ledger: Ledger;
  /** Times of Google are divided by this. */
  readonly speed: number;
}

/** Times at speed 1, milliseconds. */
export const TIMES = { text: 4_000, image: 8_000, clip: 60_000 };

/** Waits as long as Google takes for a reply. */
export function think({ clock, speed }: Cloud, ms: number): Promise<void> {
  return clock.sleep(ms / speed);
}
