import type { Clock } from 'vidpipe';
import { systemClock } from './world.ts';

/** Waits between tries, known by their jitter, pass a hundred times faster than life; deadlines do not. */
export const hasty: Clock = {
  ...systemClock(),
  sleep: (ms, signal) => systemClock().sleep(Number.isInteger(ms) ? ms : ms / 100, signal),
};
