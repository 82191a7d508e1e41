/** The address of immutable bytes: `sha256-` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256-${string}`;

/** Bytes `start` to `end`, both included; without `end`, to the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/** One row of `AssetStore.list`. `storedAt` is an ISO 8601 time, renewed when the same bytes are put again. */
export interface StoredAsset {
  readonly digest: Digest;
  readonly size: number;
  readonly storedAt: string;
}

/**
 * What the core knows of stored bytes. Facts that could be probed are there:
 * `width`, `height` in pixels (pictures and video), `seconds`, `fps` and `hasAudio` (video).
 */
export interface Asset {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  readonly width?: number;
  readonly height?: number;
  readonly seconds?: number;
  readonly fps?: number;
  readonly hasAudio?: boolean;
}

/**
 * Immutable bytes under their digest. The core has spooled, hashed and verified what it puts,
 * so a store neither hashes nor retries nor wraps errors. Every method refuses a malformed digest
 * with `InvalidDigestError` before it touches anything.
 */
export interface AssetStore {
  readonly specVersion: 1;
  /** Stores the bytes durably before it resolves; all or nothing. `body` may be called more than once. Putting present bytes renews `storedAt`. */
  put(
    digest: Digest,
    body: () => ReadableStream<Uint8Array>,
    info: { readonly size: number; readonly mediaType: string },
  ): Promise<void>;
  /** Streams the bytes. Throws `AssetNotFoundError` when there are none, `RangeNotSatisfiableError` when `range` starts past the end. */
  get(digest: Digest, range?: ByteRange): Promise<ReadableStream<Uint8Array>>;
  /** Deletes unless the bytes were put (again) at or after `untouchedSince` (ISO 8601). Deleting what is not there is no error. */
  delete(digest: Digest, condition: { readonly untouchedSince: string }): Promise<void>;
  /** Every complete asset, in no particular order. */
  list(): AsyncIterable<StoredAsset>;
  /** Renews `storedAt` of present bytes, as putting them does; answers whether they are there. Without it the core puts what it reads. */
  renew?(digest: Digest): Promise<boolean>;
  /** Bytes that can still be stored, `null` where nobody can say. Without it no room is looked for before calls are bought. */
  free?(): Promise<number | null>;
  /** A readable local path of the bytes. Without it the core copies them to its work folder for ffmpeg. */
  path?(digest: Digest): Promise<string>;
  /** A link that serves the bytes for `ttlSeconds`. Without it the core serves them itself. */
  url?(digest: Digest, ttlSeconds: number): Promise<string>;
  /** Releases what the store holds open. */
  close?(): Promise<void>;
}
