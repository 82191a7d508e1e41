import { EventStoreError, ProjectDeletedError } from '../errors/index.ts';
import type { EngineContext } from './context.ts';
import { POLICY } from './policy.ts';
import { backoff, retrying } from './retry.ts';

/** What became of calls, until the log has it. While the store has refused any of it, nothing new is intended. */
export class Owed {
  readonly #context: EngineContext;
  readonly #refused = new Set<string>();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Whether the store has refused something and does not have it yet. */
  get isAny(): boolean {
    return this.#refused.size > 0;
  }

  /** Does `append` until the log has it, or its project is gone; once the pipeline closes, one last time. */
  async write(id: string, about: object, append: () => Promise<unknown>): Promise<void> {
    const { clock, closing, logger } = this.#context;
    for (let [attempt, isLast] = [0, false]; ; attempt += 1) {
      try {
        await append();
        break;
      } catch (error) {
        if (error instanceof ProjectDeletedError) break;
        this.#refused.add(id);
        logger.error({ ...about, error: String(error) }, 'a fact is not durable yet');
        if (isLast) throw error;
        await clock.sleep(backoff(this.#context, attempt), closing.signal).catch(() => (isLast = true));
      }
    }
    this.#refused.delete(id);
  }

  /** Resolves when nothing is owed. Throws `EventStoreError` when that lasts longer than a decision is tried for, and as soon as `signal` aborts. */
  async none(signal: AbortSignal): Promise<void> {
    const reason = 'it has not taken yet what became of a call';
    const look = async (): Promise<void> => {
      if (this.isAny) throw new EventStoreError({ what: 'The event store', reason, advice: 'Look at the store' });
    };
    await retrying(look, { ...this.#context, tries: POLICY.logTries, signal, isRetryable: () => true });
  }
}
