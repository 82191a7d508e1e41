import { stat } from 'node:fs/promises';
import type { EventStore } from 'vidpipe/storage';

/** Virtual time stands still while files are read, and not while a socket is waited for: so files are read until the answer has come. */
async function attended<T>(work: Promise<T>): Promise<T> {
  let settled = false;
  const done = work.finally(() => (settled = true));
  done.catch(() => undefined);
  while (!settled) await stat('.');
  return done;
}

/** A store behind a socket, on a virtual clock. */
export function attendedEvents(inner: EventStore): EventStore {
  return {
    specVersion: 1,
    append: (batch) => attended(inner.append(batch)),
    async *read(projectId, after) {
      const events = inner.read(projectId, after)[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await attended(events.next());
        if (done === true) return;
        yield value;
      }
    },
    list: (query) => attended(inner.list(query)),
    lease: async (...args) => {
      const lease = await attended(inner.lease(...args));
      return { ...lease, renew: () => attended(lease.renew()), release: () => attended(lease.release()) };
    },
    leaseOf: (projectId) => attended(inner.leaseOf(projectId)),
    pool: (...args) => attended(inner.pool(...args)),
    delete: (projectId) => attended(inner.delete(projectId)),
    close: async () => inner.close?.(),
  };
}
