import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from 'vidpipe';

/** A clock that began on 22 November 2026 and runs `speed` times as fast as the machine's: prices and retirements of models stay what they are. */
export function datedClock(speed = 1): Clock {
  const start = Date.UTC(2026, 10, 22);
  const begun = performance.now();
  const monotonic = (): number => (performance.now() - begun) * speed;
  return {
    now: () => Math.floor(start + monotonic()),
    monotonic,
    sleep: (ms, signal) => wait(ms / speed, undefined, signal === undefined ? {} : { signal }),
  };
}
