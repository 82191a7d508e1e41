import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  announcedBytes,
  AssetCorruptError,
  AssetNotFoundError,
  type AssetStore,
  assertDigest,
  type ByteRange,
  checkedBytes,
  type Digest,
  InvalidSettingsError,
  RangeNotSatisfiableError,
  satisfiedRange,
  type StoredAsset,
} from 'vidpipe/storage';
import { loadClient, openRead, type ObjectMetadata, type StorageClient, type StorageFile } from './client.ts';
import { isMissing, statusOf, storageError } from './errors.ts';

import { assertOptions, type GcsOptions } from './options.ts';

export type { GcsOptions } from './options.ts';
export type {
  ClientOptions,
  ObjectMetadata,
  Preconditions,
  RequestInterceptor,
  StorageBucket,
  StorageClient,
  StorageFile,
} from './client.ts';

/** Larger bodies go in pieces of this size, so that a break costs one piece and not all; the client holds about two of them. */
const CHUNK = 8 * 1024 * 1024;
/** Seven days, the longest that Cloud Storage lets a signed link live. */
const LONGEST = 604_800;
/** Rounds of a put that meets others who write or delete the same bytes. */
const ROUNDS = 5;
const PAGE = 1000;

interface Announced {
  readonly digest: Digest;
  readonly size: number;
  readonly mediaType: string;
  readonly md5Hash: string;
}

/** Says that bytes of a digest are other bytes than those that were put. */
function assertSame({ digest, size, md5Hash }: Announced, found: ObjectMetadata): void {
  const differs = Number(found.size) !== size || (found.md5Hash !== undefined && found.md5Hash !== md5Hash);
  if (differs) throw new AssetCorruptError({ digest, reason: 'another object has its name in the bucket' });
}

function generationOf({ generation, metageneration }: ObjectMetadata): {
  ifGenerationMatch: string | number;
  ifMetagenerationMatch: string | number;
} {
  return { ifGenerationMatch: generation ?? 0, ifMetagenerationMatch: metageneration ?? 0 };
}

async function md5Of(body: ReadableStream<Uint8Array>, announced: Omit<Announced, 'md5Hash'>): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of announcedBytes(body, announced)) hash.update(chunk);
  return hash.digest('base64');
}

class GcsAssets implements AssetStore {
  readonly specVersion = 1;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #connect: () => Promise<StorageClient>;
  #client: Promise<StorageClient> | null = null;
  readonly url?: (digest: Digest, ttlSeconds: number) => Promise<string>;

  constructor({ bucket, prefix = '', storage, signedUrls = true, ...options }: GcsOptions) {
    this.#bucket = bucket;
    this.#prefix = prefix === '' ? '' : `${prefix}/`;
    this.#connect = () => (storage === undefined ? loadClient(options) : Promise.resolve(storage));
    if (signedUrls) this.url = (digest, ttlSeconds) => this.#sign(digest, ttlSeconds);
  }

  async put(
    digest: Digest,
    body: () => ReadableStream<Uint8Array>,
    info: { readonly size: number; readonly mediaType: string },
  ): Promise<void> {
    const file = await this.#file(digest);
    const announced = { digest, ...info, md5Hash: await md5Of(body(), { digest, ...info }) };
    // After a first round that others disturbed, what is there is no older than this put.
    for (let round = 0; round < ROUNDS; round += 1) {
      const found = await this.#find(file);
      if (found !== null) {
        assertSame(announced, found);
        if (round > 0 || (await this.#renew(file, found))) return;
      } else if (await this.#upload(file, body, announced)) return;
    }
    throw storageError(new Error('others write and delete the same bytes again and again'), 'store', this.#bucket);
  }

  async get(digest: Digest, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    const file = await this.#file(digest);
    const { start, end = Infinity } = range ?? { start: 0 };
    if (!(Number.isInteger(start) && start >= 0 && end >= start)) await this.#unsatisfied(file, digest, { start, end });
    const asked = range === undefined ? {} : { start, ...(end === Infinity ? {} : { end }) };
    const stream = await openRead(file, asked).catch(async (error: unknown) => {
      if (statusOf(error) === 416) return this.#unsatisfied(file, digest, { start, end });
      throw isMissing(error) ? new AssetNotFoundError({ digest }) : storageError(error, 'read', this.#bucket);
    });
    const told = Readable.from(this.#told(stream), { objectMode: false });
    // A generator that was never asked does not end its source.
    told.once('close', () => stream.destroy());
    const bytes = Readable.toWeb(told) as ReadableStream<Uint8Array>;
    return range === undefined ? checkedBytes(bytes, digest) : bytes;
  }

  async delete(digest: Digest, { untouchedSince }: { readonly untouchedSince: string }): Promise<void> {
    const file = await this.#file(digest);
    const found = await this.#find(file);
    if (found === null || Date.parse(found.updated ?? '') >= Date.parse(untouchedSince)) return;
    await this.#unless('delete', file.delete(generationOf(found)));
  }

  async renew(digest: Digest): Promise<boolean> {
    const file = await this.#file(digest);
    const found = await this.#find(file);
    if (found === null) return false;
    // Where others were quicker, what is there now is no older than this call.
    return (await this.#renew(file, found)) || (await this.#find(file)) !== null;
  }

  async *list(): AsyncIterable<StoredAsset> {
    const bucket = await this.#open();
    const query = { prefix: this.#prefix, autoPaginate: false, maxResults: PAGE } as const;
    let pageToken: string | undefined;
    do {
      const page = await bucket
        .getFiles({ ...query, ...(pageToken === undefined ? {} : { pageToken }) })
        .catch((error: unknown) => {
          throw storageError(error, 'list', this.#bucket);
        });
      for (const { metadata } of page[0]) {
        const name = (metadata.name ?? '').slice(this.#prefix.length);
        const [, first = '', rest = ''] = /^([0-9a-f]{2})\/([0-9a-f]{62})$/.exec(name) ?? [];
        if (rest === '') continue;
        yield { digest: `sha256-${first}${rest}`, size: Number(metadata.size), storedAt: metadata.updated ?? '' };
      }
      pageToken = page[1]?.pageToken;
    } while (pageToken !== undefined);
  }

  async #sign(digest: Digest, ttlSeconds: number): Promise<string> {
    const file = await this.#file(digest);
    if (!(ttlSeconds >= 1 && ttlSeconds <= LONGEST))
      throw new InvalidSettingsError({ issues: [`ttlSeconds: expected 1 to ${LONGEST} (7 days), got ${ttlSeconds}`] });
    const expires = Date.now() + Math.floor(ttlSeconds) * 1000;
    return file.getSignedUrl({ version: 'v4', action: 'read', expires }).then(
      ([link]) => link,
      (error: unknown) => {
        throw storageError(error, 'sign a link (use a service account, or set signedUrls to false)', this.#bucket);
      },
    );
  }

  async #open(): Promise<ReturnType<StorageClient['bucket']>> {
    return (await (this.#client ??= this.#connect())).bucket(this.#bucket);
  }

  async #file(digest: Digest): Promise<StorageFile> {
    assertDigest(digest);
    const hex = digest.slice('sha256-'.length);
    return (await this.#open()).file(`${this.#prefix}${hex.slice(0, 2)}/${hex.slice(2)}`);
  }

  async #find(file: StorageFile): Promise<ObjectMetadata | null> {
    try {
      return (await file.getMetadata())[0];
    } catch (error) {
      if (isMissing(error)) return null;
      throw storageError(error, 'look at an object', this.#bucket);
    }
  }

  /** Whether an action was carried out, and not refused because the object is another one by now. */
  async #unless(action: string, doing: Promise<unknown>): Promise<boolean> {
    try {
      await doing;
      return true;
    } catch (error) {
      if (statusOf(error) === 412 || isMissing(error)) return false;
      throw storageError(error, action, this.#bucket);
    }
  }

  /** A changed field is what makes Cloud Storage stamp `updated` anew. */
  #renew(file: StorageFile, found: ObjectMetadata): Promise<boolean> {
    const metadata = { renewed: new Date().toISOString() };
    return this.#unless('renew', file.setMetadata({ metadata }, generationOf(found)));
  }

  /** Cloud Storage itself compares the checksum, so that no object of other bytes ever comes to be. */
  #upload(file: StorageFile, body: () => ReadableStream<Uint8Array>, announced: Announced): Promise<boolean> {
    const { size, mediaType, md5Hash } = announced;
    const stream = file.createWriteStream({
      resumable: size > CHUNK,
      chunkSize: CHUNK,
      validation: false,
      metadata: { contentType: mediaType, md5Hash },
      preconditionOpts: { ifGenerationMatch: 0 },
    });
    return this.#unless('store', pipeline(Readable.from(announcedBytes(body(), announced)), stream));
  }

  /** Throws `RangeNotSatisfiableError`; for that the size must be known. */
  async #unsatisfied(file: StorageFile, digest: Digest, range: ByteRange): Promise<never> {
    const found = await this.#find(file);
    if (found === null) throw new AssetNotFoundError({ digest });
    const size = Number(found.size);
    satisfiedRange(range, { digest, size });
    throw new RangeNotSatisfiableError({ digest, size });
  }

  async *#told(stream: Readable): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk;
    } catch (error) {
      throw storageError(error, 'read to its end', this.#bucket);
    }
  }
}

/**
 * An `AssetStore` in a bucket of Cloud Storage, on the optional package `@google-cloud/storage`; inert until first use. Names are
 * `<prefix>/<first two digits>/<the others>`, as in `filesystem`. Every upload carries `ifGenerationMatch: 0` and its MD5; what is there already must be
 * of the same size and MD5 (else `AssetCorruptError`), and its age is renewed by a change of its metadata, as `updated` tells it. Deletion names the
 * generations that were seen, so bytes that are put again at that moment stay. Whole reads are hashed, ranges are not. Reads are single
 * requests; everything else is repeated by the client as it is set up (by default three times, where that is safe), and the store adds nothing. Throws `InvalidSettingsError` for options
 * that can not be; later `MissingPackageError`, and `CloudStorageError` without tokens or links.
 */
export function gcs(options: GcsOptions): AssetStore {
  assertOptions(options);
  return new GcsAssets(options);
}
