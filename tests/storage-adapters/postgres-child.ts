// One deed of a store in PostgreSQL in a process of its own; its options come as JSON, what it prints is read by `startScript`.
import { Pool } from 'pg';
import type { EventStore } from 'vidpipe/storage';
import { postgres, type PostgresOptions, type PostgresPool } from 'vidpipe/storage-adapters/postgres';

const [deed = '', given = '{}', ...rest] = process.argv.slice(2);
const options = JSON.parse(given) as PostgresOptions;

/** Appends once to a log that others append to, as often as it takes; holds one of a pool with room for some only. */
async function append(store: EventStore, index: number): Promise<'held' | 'full'> {
  for (let tries = 0; ; tries += 1) {
    let last = 0;
    for await (const { seq } of store.read('p1')) last = seq;
    const batchId = `${process.pid}-${index}-${tries}`;
    const hold = { kind: 'hold', pool: 'capped', callId: batchId, amount: 1 } as const;
    try {
      const events = [{ type: 'test.happened', format: 1, body: { pid: process.pid, index } }];
      await store.append({ batchId, projectId: 'p1', expectedSeq: last, events, holds: [hold] });
      return 'held';
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'pool-full') return 'full';
      if (code !== 'seq-conflict') throw error;
    }
  }
}

/** A pool whose connection stands still, process and all, once the pools are locked. */
function freezing(): PostgresPool {
  const { host, port, database, user, password } = options;
  const pool = new Pool({ host, port, database, user, password, allowExitOnIdle: true });
  return {
    connect: async () => {
      const client = await pool.connect();
      return {
        query: async (query) => {
          const answer = await client.query(query as { text: string });
          if (/into "\w+"\.pools \(name\)/.test(query.text)) process.kill(process.pid, 'SIGSTOP');
          return answer;
        },
        release: (destroy) => client.release(destroy),
        on: (event, listener) => client.on(event, listener),
        removeListener: (event, listener) => client.removeListener(event, listener),
      };
    },
  };
}

const deeds: Readonly<Record<string, () => Promise<void>>> = {
  /** Opens a new schema, and closes. */
  open: async () => {
    const store = postgres(options);
    await store.pool('capped');
    await store.close?.();
    console.log('closed');
  },
  /** Appends, and tells how many holds it got. */
  append: async () => {
    const store = postgres(options);
    const outcomes: string[] = [];
    for (let index = 0; index < Number(rest[0]); index += 1) outcomes.push(await append(store, index));
    console.log(`held ${outcomes.filter((outcome) => outcome === 'held').length}`);
    await store.close?.();
  },
  /** Keeps a lease until it is lost. */
  lease: async () => {
    const store = postgres(options);
    const lease = await store.lease('p1', 'frozen', 1_000);
    console.log('leased');
    try {
      for (;;) await lease.renew();
    } catch (error) {
      const { code, details } = error as { code: string; details: { owner: string } };
      console.log(`lost ${code} ${details.owner}`);
    }
    await store.close?.();
  },
  /** Stands still in an append that has locked its project and a pool. */
  freeze: async () => {
    const { schema, timeoutMs } = options;
    const store = postgres({ pool: freezing(), ...(schema ? { schema } : {}), ...(timeoutMs ? { timeoutMs } : {}) });
    const events = [{ type: 'test.happened', format: 1, body: {} }];
    const hold = { kind: 'hold', pool: 'shared', callId: 'frozen', amount: 5 } as const;
    await store.append({ batchId: 'frozen', projectId: 'p1', events, holds: [hold] }).catch((error: unknown) => {
      console.log(`failed ${(error as { code: string }).code}`);
    });
  },
  /** Follows what never comes; nothing else keeps the process. */
  follow: async () => {
    const store = postgres(options);
    await store.pool('capped');
    void store.follow?.('p1', 1_000_000, new AbortController().signal);
    console.log('following');
  },
};

await deeds[deed]?.();
