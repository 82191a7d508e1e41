import type { Clock } from 'vidpipe';

/** Time that stands still but for sleeps, which pass at once, and for `pass`. */
export interface HandClock extends Pick<Clock, 'now' | 'sleep'> {
  /** Lengths of all sleeps, milliseconds. */
  readonly slept: number[];
  pass(ms: number): void;
}

/** A clock that begins at `start`, milliseconds since 1970. */
export function handClock(start = Date.UTC(2026, 0, 1)): HandClock {
  let time = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => time,
    pass: (ms) => void (time += ms),
    sleep: (ms, signal) => {
      if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
      slept.push(ms);
      time += ms;
      return Promise.resolve();
    },
  };
}
