// One deed of a store in a process of its own; what it prints is read by `startChild`.
import { createHash } from 'node:crypto';
import type { Digest, EventStore } from 'vidpipe/storage';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const [deed = '', path = '', ...rest] = process.argv.slice(2);

async function append(store: EventStore, projectId: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const batchId = `${process.pid}-${index}`;
    const holds = [{ kind: 'hold', pool: 'pool', callId: batchId, amount: 1 } as const];
    const body = { text: 'x'.repeat(200) };
    const { seq } = await store.append({
      batchId,
      projectId,
      events: [
        { type: 'test.happened', format: 1, body },
        { type: 'test.happened', format: 1, body },
      ],
      holds,
    });
    console.log(`appended ${seq}`);
  }
}

const deeds: Readonly<Record<string, () => Promise<void>>> = {
  /** Appends and closes. */
  append: async () => {
    const [projectId = 'p1', count = '1'] = rest;
    const store = sqlite(path);
    await append(store, projectId, Number(count));
    await store.close?.();
    console.log('closed');
  },
  /** Opens, appends and closes, over and over. */
  reopen: async () => {
    const [projectId = 'p1', count = '1'] = rest;
    for (let index = 0; index < Number(count); index += 1) {
      const store = sqlite(path);
      await store.append({
        batchId: `${process.pid}-${index}`,
        projectId,
        events: [{ type: 'test.happened', format: 1, body: {} }],
      });
      await store.close?.();
    }
    console.log('closed');
  },
  /** Appends and dies. */
  crash: async () => {
    const [projectId = 'p1', count = '1'] = rest;
    await append(sqlite(path), projectId, Number(count));
    process.kill(process.pid, 'SIGKILL');
  },
  /** Follows what never comes; nothing else keeps the process. */
  follow: async () => {
    void sqlite(path).follow?.('p1', 1_000_000, new AbortController().signal);
    console.log('following');
  },
  /** Puts a body that stalls half way. */
  stall: async () => {
    setInterval(() => undefined, 1000);
    let pulls = 0;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> | void => {
      pulls += 1;
      if (pulls < 3) return controller.enqueue(new Uint8Array(1000));
      console.log('stalled');
      return new Promise(() => undefined);
    };
    const digest: Digest = `sha256-${'cd'.repeat(32)}`;
    await filesystem(path).put(digest, () => new ReadableStream({ pull }, { highWaterMark: 0 }), {
      size: 9999,
      mediaType: 'x/y',
    });
  },
  /** Puts bytes in one chunk, and tells how it went. */
  put: async () => {
    const bytes = new Uint8Array(Number(rest[0])).fill(7);
    const digest: Digest = `sha256-${createHash('sha256').update(bytes).digest('hex')}`;
    const store = filesystem(path);
    try {
      await store.put(digest, () => new Blob([bytes]).stream(), { size: bytes.byteLength, mediaType: 'x/y' });
      console.log(`put ${digest}`);
    } catch (error) {
      console.log(`refused ${(error as NodeJS.ErrnoException).code}`);
    }
  },
};

await deeds[deed]?.();
