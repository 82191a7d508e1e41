import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { AssetStoreError, BadOutputError } from '../errors/index.ts';
import { once } from '../project/once.ts';
import type { Digest, WorkFiles } from '../spec/index.ts';
import { asError } from './as-error.ts';
import { disk } from './disk.ts';
import { streamOf } from './stream-of.ts';
import { isProvenDead, thisOwner } from './owner.ts';

/** Bytes on their way into the store, on disk. `bytes` are the same where they came in memory anyway. */
export interface Spooled {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
  readonly bytes?: Uint8Array<ArrayBuffer>;
}

/** Far more than any clip. */
const MOST = 20 * 1024 ** 3;

/** What bytes are stored under. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256-${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Work on the folder. Its failures are of the machine, whatever the bytes are. Throws `AssetStoreError`. */
async function kept<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new AssetStoreError({ reason: asError(cause).message }, { cause });
  }
}

const OWNER_PARTS = 4;

function folderOf(owner: string): string {
  return owner.replaceAll('/', '~');
}

function ownerOf(folder: string): string {
  return folder.replaceAll('~', '/');
}

/** A folder for bytes under way; folders of processes that are proven dead are removed. */
export class Spool {
  readonly #root: string;
  readonly #dir: () => string;
  readonly #files: WorkFiles;
  readonly #most: number;
  #written = 0;
  #ready: Promise<void> | null = null;

  constructor(root: string, files = disk, most = MOST) {
    this.#root = root;
    this.#files = files;
    this.#most = most;
    this.#dir = once(() => join(root, folderOf(thisOwner())));
  }

  /** Bytes that were written so far. */
  get written(): number {
    return this.#written;
  }

  /** A fresh path in the folder. */
  async path(name: string): Promise<string> {
    try {
      await (this.#ready ??= kept(this.#prepare()));
    } catch (error) {
      this.#ready = null;
      throw error;
    }
    return join(this.#dir(), `${randomUUID()}-${name}`);
  }

  /** Writes a stream to disk, hashing on the way; keeps nothing of one that breaks off. Throws `BadOutputError` for nothing or far too much, `AssetStoreError` when the disk takes nothing. */
  async write(body: ReadableStream<Uint8Array> | readonly Uint8Array[]): Promise<Spooled> {
    const path = await this.path('body');
    try {
      return { path, ...(await this.#fill(path, body)) };
    } catch (error) {
      await this.remove(path);
      throw error;
    }
  }

  async #fill(path: string, body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Omit<Spooled, 'path'>> {
    const file = await kept(this.#files.create(path));
    const hash = createHash('sha256');
    let size = 0;
    try {
      for await (const chunk of body) {
        size += chunk.byteLength;
        if (size > this.#most) throw new BadOutputError({ reason: `more than ${this.#most} bytes` });
        hash.update(chunk);
        await kept(file.write(chunk));
        this.#written += chunk.byteLength;
      }
    } finally {
      await kept(file.close());
    }
    if (size === 0) throw new BadOutputError({ reason: 'no bytes' });
    return { digest: `sha256-${hash.digest('hex')}`, size };
  }

  /** Writes bytes that came whole. Throws `BadOutputError` for none, `AssetStoreError`. */
  async writeBytes(bytes: Uint8Array<ArrayBuffer>): Promise<Spooled> {
    return { ...(await this.write([bytes])), bytes };
  }

  /** Takes up a file as it lies there, hashing it. */
  async adopt(path: string): Promise<Spooled> {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of this.#files.read(path)) {
      size += chunk.byteLength;
      hash.update(chunk);
    }
    return { path, digest: `sha256-${hash.digest('hex')}`, size };
  }

  /** Spooled bytes as a web stream. */
  streamOf({ path, bytes }: Spooled): ReadableStream<Uint8Array> {
    return bytes === undefined ? this.#files.read(path) : streamOf(bytes);
  }

  /** Removes a file, where it is there. One that stays is in nobody's way, and goes with the folder: no work fails for it. */
  remove(path: string): Promise<void> {
    return this.#files.remove(path).catch(() => undefined);
  }

  /** Removes the folder, where one was made. */
  async close(): Promise<void> {
    if (this.#ready !== null) await this.remove(this.#dir());
  }

  /** Removes folders of processes that are proven dead. */
  async clean(): Promise<void> {
    for (const name of await this.#folders())
      if (isProvenDead(ownerOf(name))) await this.remove(join(this.#root, name));
  }

  /** Bytes in the folders of all processes. */
  async size(): Promise<number> {
    const sizes = (await this.#folders()).map((folder) => this.#files.size(join(this.#root, folder)));
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  /** Bytes that can still be written, `null` where nobody can say. */
  free(): Promise<number | null> {
    return this.#files.free(this.#root);
  }

  async #folders(): Promise<string[]> {
    const names = await this.#files.list(this.#root).catch(() => []);
    return names.filter((name) => ownerOf(name).split('/').length === OWNER_PARTS);
  }

  async #prepare(): Promise<void> {
    await this.#files.makeFolder(this.#dir());
    await this.clean();
  }
}
