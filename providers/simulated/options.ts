import type { Clock } from 'vidpipe';
import type { MicroUsd } from 'vidpipe/provider';

/**
 * A scripted fault at one request: `reject` (429, nothing is accepted), `accept-then-503` (accepted and billed, the answer is lost), and three that
 * are accepted and not billed: `blocked` by a filter, `empty` (nothing came out), `fail` (a failure that passes).
 */
export type Fault = 'reject' | 'accept-then-503' | 'blocked' | 'empty' | 'fail';

/** Options of `simulated`. */
export interface SimulatedOptions {
  /** Folder of the service's own memory and billing record. */
  readonly dir: string;
  /** The same seed and requests give the same bytes. @default 1 */
  readonly seed?: number;
  /** How much faster than life: a clip takes 60 s at 1. @default 10 */
  readonly speed?: number;
  /** Lengths that `film-1` offers, seconds. @default [4, 6, 8] */
  readonly durations?: readonly number[];
  /** Whether the same callId is billed once. @default true */
  readonly idempotent?: boolean;
  /** Whether a lost submission can be found. @default true */
  readonly lookUp?: boolean;
  /** Time between acceptance and answer, milliseconds. @default 200 */
  readonly acceptDelayMs?: number;
  /** Called at each submission; what it returns happens. @default no faults */
  readonly faults?: (at: { readonly model: string; readonly callId: string }) => Fault | undefined;
  /** The service's time: when it accepted, how far a clip is, its wait before an answer. @default the machine's */
  readonly clock?: Pick<Clock, 'now' | 'sleep'>;
  /** @default FFMPEG_PATH, else `ffmpeg` on PATH */
  readonly ffmpegPath?: string;
}

/** Time that a clip takes at speed 1, milliseconds. */
export const CLIP_MS = 60_000;

const micro = (amount: number): MicroUsd => amount as MicroUsd;
/** Prices, micro-dollars; token prices per million. */
export const RATES = {
  input: micro(500_000),
  output: micro(2_000_000),
  still: micro(20_000),
  sound: micro(50_000),
  silent: micro(40_000),
  drift: micro(30_000),
};
