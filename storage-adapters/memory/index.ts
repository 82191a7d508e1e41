import {
  announcedBytes,
  AssetNotFoundError,
  type AssetStore,
  assertDigest,
  type ByteRange,
  type Digest,
  type EventStore,
  satisfiedRange,
  type StoredAsset,
} from 'vidpipe/storage';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

/** An `EventStore` that is gone with the process. */
export function memoryEvents(options: { readonly now?: () => number } = {}): EventStore {
  return sqlite(':memory:', options);
}

interface Held {
  readonly bytes: Uint8Array<ArrayBuffer>;
  at: number;
}

/** All at once: a `Blob` would read in a thread, in its own time. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

class MemoryAssets implements AssetStore {
  readonly specVersion = 1;
  readonly #held = new Map<Digest, Held>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async put(
    digest: Digest,
    body: () => ReadableStream<Uint8Array>,
    { size }: { readonly size: number; readonly mediaType: string },
  ): Promise<void> {
    assertDigest(digest);
    const chunks: Uint8Array[] = [];
    for await (const chunk of announcedBytes(body(), { digest, size })) chunks.push(chunk);
    this.#held.set(digest, { bytes: Buffer.concat(chunks), at: this.#now() });
  }

  async get(digest: Digest, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    assertDigest(digest);
    const held = this.#held.get(digest);
    if (held === undefined) throw new AssetNotFoundError({ digest });
    const size = held.bytes.byteLength;
    if (range === undefined) return streamOf(held.bytes.slice());
    const { start, end } = satisfiedRange(range, { digest, size });
    return streamOf(held.bytes.slice(start, end + 1));
  }

  async delete(digest: Digest, { untouchedSince }: { readonly untouchedSince: string }): Promise<void> {
    assertDigest(digest);
    if ((this.#held.get(digest)?.at ?? Infinity) < Date.parse(untouchedSince)) this.#held.delete(digest);
  }

  async renew(digest: Digest): Promise<boolean> {
    assertDigest(digest);
    const held = this.#held.get(digest);
    if (held !== undefined) held.at = this.#now();
    return held !== undefined;
  }

  async *list(): AsyncIterable<StoredAsset> {
    for (const [digest, { bytes, at }] of this.#held)
      yield { digest, size: bytes.byteLength, storedAt: new Date(at).toISOString() };
  }
}

/** An `AssetStore` that is gone with the process. */
export function memoryAssets({ now = Date.now }: { readonly now?: () => number } = {}): AssetStore {
  return new MemoryAssets(now);
}
