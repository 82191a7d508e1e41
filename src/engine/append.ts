import { EventStoreError, isVidpipeError } from '../errors/index.ts';
import type { AppendBatch, Appended } from '../spec/index.ts';
import { asError } from './as-error.ts';
import type { EngineContext } from './context.ts';
import { backoff, retrying } from './retry.ts';

/** What a store of events has thrown; what has no type is taken for something that may pass. */
export function storeFailure(error: unknown): Error {
  if (isVidpipeError(error)) return error;
  const { message: reason } = asError(error);
  return new EventStoreError({ what: 'The event store', reason, advice: 'Look at the store' }, { cause: error });
}

/** Some eight seconds. */
const APPEND_TRIES = 5;

/**
 * Appends a batch, again and again while the store fails in passing: always under its one id, so that it counts once where only the answer was lost.
 * Throws `EventStoreError` for a failure that goes on, at once when the pipeline closes.
 */
export function append(context: EngineContext, batch: AppendBatch): Promise<Appended> {
  const { clock, closing, events } = context;
  const once = async (): Promise<Appended> => {
    try {
      return await events.append(batch);
    } catch (error) {
      throw storeFailure(error);
    }
  };
  const delay = (error: unknown, attempt: number): number | null =>
    error instanceof EventStoreError ? backoff(context, attempt) : null;
  return retrying(once, { tries: APPEND_TRIES, clock, signal: closing.signal, delay });
}
