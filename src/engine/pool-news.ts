import type { HoldChange } from '../spec/index.ts';

type Listener = (pools: ReadonlySet<string>) => void;

/** Tells within this process of pools that may have more room than before: of holds that ended, and of caps that were set. */
export class PoolNews {
  readonly #listeners = new Set<Listener>();

  /** Calls `listener` until what is returned is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What a batch that is durable has done to pools. */
  tell(changes: readonly HoldChange[]): void {
    const pools = new Set(changes.flatMap(({ kind, pool }) => (kind === 'hold' ? [] : [pool])));
    if (pools.size > 0) for (const listener of this.#listeners) listener(pools);
  }
}
