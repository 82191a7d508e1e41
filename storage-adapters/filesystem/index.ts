import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, lstat, lutimes, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AssetCorruptError,
  AssetNotFoundError,
  type AssetStore,
  assertDigest,
  type ByteRange,
  type Digest,
  freeBytes,
  satisfiedRange,
  type StoredAsset,
} from 'vidpipe/storage';
import { folderAt, openAsset, placeOf, prepareRoot, syncFolder } from './files.ts';

/** Writes at most a chunk more than `most` bytes; answers how many. */
async function writeAll(path: string, body: ReadableStream<Uint8Array>, most: number): Promise<number> {
  const file = await open(path, 'wx', 0o600);
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > most) break;
      // Unlike `write`, it does not stop half way on a disk that is nearly full.
      await file.writeFile(chunk);
    }
    // The kernel's own stamp may lie some milliseconds in the past.
    const now = new Date();
    await file.utimes(now, now);
    await file.sync();
  } finally {
    await file.close();
  }
  return size;
}

function unlessMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

/** Whether a file is there that nobody has touched since a time. */
async function isOlder(path: string, since: number): Promise<boolean> {
  const stat = await lstat(path).catch(unlessMissing);
  return stat !== undefined && stat.mtimeMs < since;
}

/** Renews the age of a file; answers whether it is there. */
async function touched(path: string): Promise<boolean> {
  const now = new Date();
  return lutimes(path, now, now).then(
    () => true,
    (error: unknown) => {
      unlessMissing(error);
      return false;
    },
  );
}

/** Whole reads are hashed on the way; the last chunk is followed by an error when the bytes are not those of the digest. */
function checked(bytes: ReadableStream<Uint8Array>, digest: Digest): ReadableStream<Uint8Array> {
  const hash = createHash('sha256');
  return bytes.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        hash.update(chunk);
        controller.enqueue(chunk);
      },
      flush: () => {
        if (`sha256-${hash.digest('hex')}` !== digest)
          throw new AssetCorruptError({ digest, reason: 'its bytes have another hash' });
      },
    }),
  );
}

/** Bytes of one read: four times the default, for half of the overhead. */
const CHUNK = 262_144;

function streamOf(handle: FileHandle, range: Partial<ByteRange> = {}): ReadableStream<Uint8Array> {
  return Readable.toWeb(handle.createReadStream({ ...range, highWaterMark: CHUNK })) as ReadableStream<Uint8Array>;
}

class FilesystemAssets implements AssetStore {
  readonly specVersion = 1;
  readonly #root: string;
  #temp: Promise<string> | null = null;

  constructor(root: string) {
    this.#root = root;
  }

  async put(
    digest: Digest,
    body: () => ReadableStream<Uint8Array>,
    { size }: { readonly size: number; readonly mediaType: string },
  ): Promise<void> {
    const { folder, path } = placeOf(this.#root, digest);
    await folderAt(folder, digest);
    if ((await this.#isWhole(digest, size)) && (await touched(path))) return;
    const temp = join(await this.#prepared(), `${process.pid}-${randomUUID()}`);
    try {
      const written = await writeAll(temp, body(), size);
      if (written !== size)
        throw new AssetCorruptError({
          digest,
          reason: `${size} bytes were announced, ${written > size ? 'more' : written} came`,
        });
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await rename(temp, path);
      await syncFolder(folder);
    } finally {
      await rm(temp, { force: true });
    }
  }

  /** Prepares once; what failed is tried again. */
  async #prepared(): Promise<string> {
    try {
      return await (this.#temp ??= prepareRoot(this.#root));
    } catch (error) {
      this.#temp = null;
      throw error;
    }
  }

  /** Whether these very bytes are there. Damaged ones are replaced by a put. */
  async #isWhole(digest: Digest, size: number): Promise<boolean> {
    try {
      const handle = await openAsset(this.#root, digest);
      if ((await handle.stat()).size !== size) return (await handle.close(), false);
      for await (const _ of checked(streamOf(handle), digest));
      return true;
    } catch (error) {
      if (error instanceof AssetNotFoundError || error instanceof AssetCorruptError) return false;
      throw error;
    }
  }

  async get(digest: Digest, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    const handle = await openAsset(this.#root, digest);
    try {
      if (range === undefined) return checked(streamOf(handle), digest);
      const { size } = await handle.stat();
      return streamOf(handle, satisfiedRange(range, { digest, size }));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async delete(digest: Digest, { untouchedSince }: { readonly untouchedSince: string }): Promise<void> {
    const { folder, path } = placeOf(this.#root, digest);
    await folderAt(folder, digest);
    const since = Date.parse(untouchedSince);
    if (!(await isOlder(path, since))) return;
    // Out of the way first: a put that comes now stores the bytes anew, and one that came just before is seen.
    const aside = join(await this.#prepared(), `${process.pid}-${randomUUID()}`);
    await rename(path, aside).catch(unlessMissing);
    if (await isOlder(aside, since)) await rm(aside, { force: true });
    else await rename(aside, path).catch(unlessMissing);
  }

  async renew(digest: Digest): Promise<boolean> {
    const { folder, path } = placeOf(this.#root, digest);
    await folderAt(folder, digest);
    return touched(path);
  }

  free(): Promise<number | null> {
    return freeBytes(this.#root);
  }

  async *list(): AsyncIterable<StoredAsset> {
    for (const folder of await readdir(this.#root).catch(() => [])) {
      if (!/^[0-9a-f]{2}$/.test(folder) || (await lstat(join(this.#root, folder))).isDirectory() === false) continue;
      for (const name of await readdir(join(this.#root, folder))) {
        const stat = /^[0-9a-f]{62}$/.test(name) ? await lstat(join(this.#root, folder, name)).catch(() => null) : null;
        if (stat?.isFile() === true)
          yield { digest: `sha256-${folder}${name}`, size: stat.size, storedAt: stat.mtime.toISOString() };
      }
    }
  }

  async path(digest: Digest): Promise<string> {
    assertDigest(digest);
    await (await openAsset(this.#root, digest)).close();
    return placeOf(this.#root, digest).path;
  }
}

/** An `AssetStore` in a folder: `<first two digits>/<the others>`, modes 0700 and 0600, links never followed. Inert until first use. */
export function filesystem(dir: string): AssetStore {
  return new FilesystemAssets(dir);
}
