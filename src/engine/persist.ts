import { EventStoreError, isVidpipeError } from '../errors/index.ts';
import { asError } from './as-error.ts';
import type { EngineContext } from './context.ts';
import { POLICY } from './policy.ts';
import { retrying } from './retry.ts';

/** What a store of events has thrown; what has no type is taken for something that may pass. */
export function storeFailure(error: unknown): Error {
  if (isVidpipeError(error)) return error;
  const { message: reason } = asError(error);
  return new EventStoreError({ what: 'The event store', reason, advice: 'Look at the store' }, { cause: error });
}

/** Work on the event store, done again while the store fails in passing. Throws `EventStoreError` for a failure that goes on, at once when the pipeline closes. */
export function persist<T>(context: EngineContext, work: () => Promise<T>): Promise<T> {
  const once = async (): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw storeFailure(error);
    }
  };
  const isRetryable = (error: unknown): boolean => error instanceof EventStoreError;
  return retrying(once, { ...context, tries: POLICY.logTries, signal: context.closing.signal, isRetryable });
}
