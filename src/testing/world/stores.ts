import type { WorkFiles } from 'vidpipe';
import type { AssetStore, EventStore } from 'vidpipe/storage';
import type { StoreFault } from './faults.ts';

/** How the error of a planned fault ends. */
export const PLANNED = 'failed, as planned';

/** Told which fault an operation has met. */
export type OnFault = (name: string) => void;

/** Counts operations of stores and lets some of them fail. One plan serves any number of wrapped stores. */
export class StoreFaults {
  readonly #faults: readonly StoreFault[];
  readonly #onFault: OnFault;
  readonly #counts = new Map<string, number>();
  /** Nothing fails any more. */
  calm = false;

  constructor(faults: readonly StoreFault[], onFault: OnFault = () => undefined) {
    this.#faults = faults;
    this.#onFault = onFault;
  }

  /** An event store whose operations fail as planned. */
  events(inner: EventStore): EventStore {
    return {
      specVersion: 1,
      append: (batch) => this.#run('append', () => inner.append(batch)),
      read: (projectId, after) => this.#read(inner, projectId, after),
      list: (query) => inner.list(query),
      lease: async (...args) => {
        const lease = await this.#run('lease', () => inner.lease(...args));
        return { ...lease, renew: () => this.#run('renew', () => lease.renew()), release: () => lease.release() };
      },
      leaseOf: (projectId) => this.#run('leaseOf', () => inner.leaseOf(projectId)),
      pool: (...args) => inner.pool(...args),
      delete: (projectId) => inner.delete(projectId),
    };
  }

  /** A store of bytes whose operations fail as planned. */
  assets(inner: AssetStore): AssetStore {
    return {
      specVersion: 1,
      put: (...args) => this.#run('put', () => inner.put(...args)),
      get: (...args) => this.#run('get', () => inner.get(...args)),
      delete: (...args) => inner.delete(...args),
      list: () => inner.list(),
    };
  }

  /** Files whose operations fail as planned. */
  files(inner: WorkFiles): WorkFiles {
    return {
      ...inner,
      create: async (path) => {
        const file = await inner.create(path);
        return { ...file, write: (chunk) => this.#run('write', () => file.write(chunk)) };
      },
    };
  }

  async *#read(inner: EventStore, projectId: string, after?: number): ReturnType<EventStore['read']> {
    await this.#run('read', () => Promise.resolve());
    yield* inner.read(projectId, after);
  }

  async #run<T>(operation: StoreFault['operation'], work: () => Promise<T>): Promise<T> {
    const fault = this.#next(operation);
    if (fault === undefined) return work();
    this.#onFault(`${operation} ${fault.how}`);
    if (fault.how === 'answer-lost') await work();
    throw new Error(`${operation} ${PLANNED}`);
  }

  #next(operation: StoreFault['operation']): StoreFault | undefined {
    if (this.calm) return undefined;
    const count = (this.#counts.get(operation) ?? 0) + 1;
    this.#counts.set(operation, count);
    return this.#faults.find(
      (fault) =>
        fault.operation === operation && count >= fault.nth && count < fault.nth + (fault.times ?? Number.MAX_VALUE),
    );
  }
}
