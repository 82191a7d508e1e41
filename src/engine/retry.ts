import pRetry, { AbortError } from 'p-retry';
import { ProviderError } from '../errors/index.ts';
import type { Clock } from '../spec/index.ts';
import { asError } from './as-error.ts';
import { POLICY } from './policy.ts';

/** Numbers from 0 to below 1. */
interface Chance {
  readonly random: () => number;
}

/** Milliseconds before try `attempt + 2`: see `POLICY.waits`. */
export function backoff({ random }: Chance, attempt: number): number {
  const { firstMs, mostMs, jitter } = POLICY.waits;
  return Math.min(mostMs, firstMs * 2 ** attempt) * (1 + random() * jitter);
}

/** How an action is repeated. */
export interface Repeats extends Chance {
  /** Most tries, the first included. */
  readonly tries: number;
  /** What the waits are taken from. */
  readonly clock: Clock;
  /** Ends a wait. */
  readonly signal?: AbortSignal;
  /** Whether another try may help. */
  isRetryable(error: unknown): boolean;
  /** Milliseconds that are left for waiting; a wait that is not shorter gives up. @default no limit */
  leftMs?(): number;
}

/** Milliseconds before the next try: as long as the provider asks, else `backoff`; `null` to give up. */
function waitAfter(error: unknown, attempt: number, repeats: Repeats): number | null {
  if (attempt + 1 >= repeats.tries || !repeats.isRetryable(error)) return null;
  const asked = error instanceof ProviderError ? error.retryAfterMs : null;
  const wait = asked ?? backoff(repeats, attempt);
  return wait < (repeats.leftMs?.() ?? Infinity) ? wait : null;
}

/** The one way of repeating: a stop ends a wait at once. Throws the last error of the action, also then. */
export async function retrying<T>(action: () => Promise<T>, repeats: Repeats): Promise<T> {
  const { tries, clock, signal } = repeats;
  // What is thrown for another try is ours: p-retry would end at a TypeError.
  const attemptOnce = async (attempt: number): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      const wait = waitAfter(error, attempt - 1, repeats);
      if (wait === null) throw new AbortError(asError(error));
      await clock.sleep(wait, signal).catch(() => {
        throw new AbortError(asError(error));
      });
      throw new Error('again', { cause: error });
    }
  };
  return pRetry(attemptOnce, {
    retries: tries,
    minTimeout: 0,
    maxTimeout: 0,
    shouldRetry: () => true,
  });
}
