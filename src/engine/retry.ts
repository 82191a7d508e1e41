import pRetry, { AbortError } from 'p-retry';
import type { Clock } from '../spec/index.ts';
import { asError } from './as-error.ts';
import type { EngineContext } from './context.ts';

/** Milliseconds before try `attempt + 2`: 0.5 s doubling to 30 s, with up to a quarter of jitter. */
export function backoff({ random }: Pick<EngineContext, 'random'>, attempt: number): number {
  return Math.min(30_000, 500 * 2 ** attempt) * (1 + random() / 4);
}

/** How an action is repeated. */
export interface RetryOptions {
  /** Most tries, the first included. */
  readonly tries: number;
  /** What the waits are taken from. */
  readonly clock: Clock;
  /** Ends a wait. */
  readonly signal?: AbortSignal;
  /** Milliseconds to wait before the next try, or `null` to give up on this error. */
  delay(error: unknown, attempt: number): number | null;
}

/** The one retry policy: repeats while `delay` says so; a stop ends a wait at once. Throws the last error of the action, also then. */
export async function retrying<T>(action: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { tries, clock, signal } = options;
  // What is thrown for another try is ours: p-retry would end at a TypeError.
  const attemptOnce = async (attempt: number): Promise<T> => {
    try {
      return await action(attempt - 1);
    } catch (error) {
      const wait = attempt < tries ? options.delay(error, attempt - 1) : null;
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
