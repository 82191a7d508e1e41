import type { Clock } from '../spec/index.ts';

/** What a hook of the user answers within its time; its signal is aborted at the limit and with `stopped`. Throws what it throws, and then. */
export async function withinTime<T>(
  clock: Clock,
  ms: number,
  stopped: AbortSignal,
  look: (signal: AbortSignal) => T | Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const signal = AbortSignal.any([stopped, over.signal]);
  const late = clock.sleep(ms, signal).then(() => {
    throw new Error(`it took longer than ${ms} ms`);
  });
  const looking = Promise.resolve().then(() => look(signal));
  try {
    return await Promise.race([looking, late]);
  } finally {
    over.abort();
    await late.catch(() => undefined);
    looking.catch(() => undefined);
  }
}
