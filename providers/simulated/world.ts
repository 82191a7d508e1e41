import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** One request as the service remembers it. */
export interface Job {
  readonly callId: string;
  /** How often the same callId had been accepted before. */
  readonly nth: number;
  readonly model: string;
  readonly microUsd: number;
  /** When it was accepted, milliseconds since 1970. */
  readonly at: number;
  readonly request: Readonly<Record<string, unknown>>;
  readonly cancelled?: boolean;
}

async function durable(path: string, data: string | Uint8Array): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const EXTENSIONS: Readonly<Record<number, string>> = { 0x89: 'png', 0xff: 'jpg', 0x52: 'webp' };

/**
 * The service's own memory on disk: what it accepted, what it bills, the pictures that it was sent. Only the simulated provider reads or writes it.
 * A request is accepted when its bill stands in `bills`, one file each, and not before: no crash can part the two. The name of a bill can be taken
 * once, whichever processes ask for it at the same time.
 */
export class World {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** A name for a call: the n-th acceptance of the same callId has a name of its own. */
  jobId(callId: string, nth = 0): string {
    return createHash('sha256').update(`${callId}/${nth}`).digest('hex').slice(0, 32);
  }

  path(name: string): string {
    return join(this.#dir, 'jobs', name);
  }

  /** Remembers and bills a request and gives its name; `once`: not if that callId was accepted before. Durable when it resolves. */
  async accept(job: Omit<Job, 'nth'>, once: boolean): Promise<string> {
    for (let nth = 0; ; nth += 1) {
      const id = this.jobId(job.callId, nth);
      if ((await this.#bill(id, { ...job, nth })) || once) return id;
    }
  }

  /** Writes a bill unless there is one of that name; says whether it did. */
  async #bill(id: string, job: Job): Promise<boolean> {
    const temp = await this.#temp(id, JSON.stringify(job));
    try {
      await link(temp, this.#billPath(id));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(temp);
      await syncFolder(join(this.#dir, 'bills'));
    }
  }

  /** A job, or `null` when it was never accepted. */
  async job(id: unknown): Promise<Job | null> {
    if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id) || !existsSync(this.#billPath(id))) return null;
    const job = JSON.parse(await readFile(this.#billPath(id), 'utf8')) as Job;
    return { ...job, cancelled: existsSync(this.path(`${id}.cancelled`)) };
  }

  /** Stops a job. Durable when it resolves. */
  cancel(id: string): Promise<void> {
    return this.write(`${id}.cancelled`, '');
  }

  /** Keeps a picture under its hash and gives the name of its file. */
  async keep(bytes: Uint8Array): Promise<string> {
    const hash = createHash('sha256').update(bytes).digest('hex');
    const name = `${hash}.${EXTENSIONS[bytes[0] ?? 0] ?? 'img'}`;
    if (!existsSync(this.path(name))) await this.write(name, bytes);
    return name;
  }

  /** Writes a file of a job, whole or not at all. */
  async write(name: string, data: string | Uint8Array): Promise<void> {
    await rename(await this.#temp(name, data), this.path(name));
    await syncFolder(this.path(''));
  }

  #billPath(id: string): string {
    return join(this.#dir, 'bills', `${id}.json`);
  }

  /** The path of a synced file that has no name of its own yet. */
  async #temp(name: string, data: string | Uint8Array): Promise<string> {
    const folders = [this.path(''), join(this.#dir, 'bills')];
    await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })));
    const temp = this.path(`.${name}.${randomUUID()}`);
    await durable(temp, data);
    return temp;
  }
}
