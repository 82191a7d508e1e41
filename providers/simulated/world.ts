import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** One accepted request as the service remembers it. */
export interface Job {
  readonly callId: string;
  readonly model: string;
  readonly microUsd: number;
  /** When it was accepted, milliseconds since 1970. */
  readonly at: number;
  readonly request: Readonly<Record<string, unknown>>;
  cancelled?: boolean;
}

async function durable(path: string, data: string | Uint8Array, flag: 'a' | 'w'): Promise<void> {
  const file = await open(path, flag, 0o600);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The service's own memory on disk: what it accepted, what it bills, the pictures that it was sent. Only the simulated provider reads or writes it. */
export class World {
  readonly #dir: string;
  #ready: Promise<void> | null = null;

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

  /** Remembers and bills a request. Durable when it resolves. */
  async accept(id: string, job: Job): Promise<void> {
    await this.#prepare();
    await this.write(`${id}.json`, JSON.stringify(job));
    const { callId, model, microUsd, at } = job;
    await durable(
      join(this.#dir, 'billing.jsonl'),
      `${JSON.stringify({ callId, model, microUsd, at: new Date(at).toISOString() })}\n`,
      'a',
    );
  }

  /** A job, or `null` when it was never accepted. */
  async job(id: string): Promise<Job | null> {
    const path = this.path(`${id}.json`);
    return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as Job) : null;
  }

  /** Writes a file of a job, whole or not at all. */
  async write(name: string, data: string | Uint8Array): Promise<void> {
    await this.#prepare();
    const temp = this.path(`.${name}.${process.pid}`);
    await durable(temp, data, 'w');
    await rename(temp, this.path(name));
  }

  async #prepare(): Promise<void> {
    this.#ready ??= mkdir(join(this.#dir, 'jobs'), { recursive: true, mode: 0o700 }).then(() => undefined);
    await this.#ready;
  }
}
