import {
  AssetCorruptError,
  AssetNotFoundError,
  type AssetStore,
  assertDigest,
  type ByteRange,
  type Digest,
  type EventStore,
  RangeNotSatisfiableError,
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

class MemoryAssets implements AssetStore {
  readonly specVersion = 1;
  readonly #held = new Map<Digest, Held>();

  async put(
    digest: Digest,
    body: () => ReadableStream<Uint8Array>,
    { size }: { readonly size: number; readonly mediaType: string },
  ): Promise<void> {
    assertDigest(digest);
    const bytes = new Uint8Array(await new Response(body() as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
    if (bytes.byteLength !== size)
      throw new AssetCorruptError({ digest, reason: `${bytes.byteLength} bytes came, ${size} were announced` });
    this.#held.set(digest, { bytes, at: Date.now() });
  }

  async get(digest: Digest, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    assertDigest(digest);
    const held = this.#held.get(digest);
    if (held === undefined) throw new AssetNotFoundError({ digest });
    const size = held.bytes.byteLength;
    if (range !== undefined && range.start >= size) throw new RangeNotSatisfiableError({ digest, size });
    return new Blob([
      range === undefined ? held.bytes : held.bytes.slice(range.start, (range.end ?? size - 1) + 1),
    ]).stream();
  }

  async delete(digest: Digest, { untouchedSince }: { readonly untouchedSince: string }): Promise<void> {
    assertDigest(digest);
    if ((this.#held.get(digest)?.at ?? Infinity) < Date.parse(untouchedSince)) this.#held.delete(digest);
  }

  async *list(): AsyncIterable<StoredAsset> {
    for (const [digest, { bytes, at }] of this.#held)
      yield { digest, size: bytes.byteLength, storedAt: new Date(at).toISOString() };
  }
}

/** An `AssetStore` that is gone with the process. */
export function memoryAssets(): AssetStore {
  return new MemoryAssets();
}
