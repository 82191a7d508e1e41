import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { AssetStoreError, BadOutputError } from '../errors/index.ts';
import type { Digest } from '../spec/index.ts';
import { asError } from './as-error.ts';

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

/** A folder for bytes under way; folders of processes that are gone are removed. */
export class Spool {
  readonly #root: string;
  readonly #dir: string;
  readonly #most: number;
  #ready: Promise<void> | null = null;

  constructor(root: string, most = MOST) {
    this.#root = root;
    this.#most = most;
    this.#dir = join(root, `${process.pid}-${randomUUID().slice(0, 8)}`);
  }

  /** A fresh path in the folder. */
  async path(name: string): Promise<string> {
    try {
      await (this.#ready ??= kept(this.#prepare()));
    } catch (error) {
      this.#ready = null;
      throw error;
    }
    return join(this.#dir, `${randomUUID()}-${name}`);
  }

  /** Writes a stream to disk, hashing on the way; keeps nothing of one that breaks off. Throws `BadOutputError` for nothing or far too much, `AssetStoreError` when the disk takes nothing. */
  async write(body: ReadableStream<Uint8Array>): Promise<Spooled> {
    const path = await this.path('body');
    try {
      return { path, ...(await this.#fill(path, body)) };
    } catch (error) {
      await this.remove(path);
      throw error;
    }
  }

  async #fill(path: string, body: ReadableStream<Uint8Array>): Promise<Omit<Spooled, 'path'>> {
    const file = await kept(open(path, 'wx', 0o600));
    const hash = createHash('sha256');
    let size = 0;
    try {
      for await (const chunk of body) {
        size += chunk.byteLength;
        if (size > this.#most) throw new BadOutputError({ reason: `more than ${this.#most} bytes` });
        hash.update(chunk);
        await kept(file.writeFile(chunk));
      }
    } finally {
      await kept(file.close());
    }
    if (size === 0) throw new BadOutputError({ reason: 'no bytes' });
    return { digest: `sha256-${hash.digest('hex')}`, size };
  }

  /** Writes bytes that came whole. Throws `BadOutputError` for none, `AssetStoreError`. */
  async writeBytes(bytes: Uint8Array<ArrayBuffer>): Promise<Spooled> {
    if (bytes.byteLength === 0) throw new BadOutputError({ reason: 'no bytes' });
    const path = await this.path('body');
    try {
      await kept(writeFile(path, bytes, { flag: 'wx', mode: 0o600 }));
    } catch (error) {
      await this.remove(path);
      throw error;
    }
    return { path, digest: digestOf(bytes), size: bytes.byteLength, bytes };
  }

  /** Takes up a file as it lies there, hashing it. */
  async adopt(path: string): Promise<Spooled> {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      hash.update(chunk);
    }
    return { path, digest: `sha256-${hash.digest('hex')}`, size };
  }

  /** Removes a file, where it is there. One that stays is in nobody's way, and goes with the folder: no work fails for it. */
  async remove(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }

  /** Removes the folder, where one was made. */
  async close(): Promise<void> {
    if (this.#ready !== null) await this.remove(this.#dir);
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#root)) {
      const pid = /^(\d+)-[0-9a-f]{8}$/.exec(name)?.[1];
      if (pid !== undefined && !alive(Number(pid))) await this.remove(join(this.#root, name));
    }
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Opens spooled bytes as a web stream. */
export function streamOf({ path, bytes }: Spooled): ReadableStream<Uint8Array> {
  if (bytes !== undefined) return new Blob([bytes]).stream();
  return Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
}
