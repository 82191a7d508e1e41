import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
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

async function durable(path: string, data: string | Uint8Array, flag: 'a' | 'w'): Promise<void> {
  const file = await open(path, flag, 0o600);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

const EXTENSIONS: Readonly<Record<number, string>> = { 0x89: 'png', 0xff: 'jpg', 0x52: 'webp' };
const NEWLINE = 10;

/**
 * The service's own memory on disk: what it accepted, what it bills, the pictures that it was sent. Only the simulated provider reads or writes it.
 * A job is accepted when its line stands in `billing.jsonl`, and not before: no crash can part the two.
 */
export class World {
  readonly #dir: string;
  readonly #billed = new Map<string, number>();
  #readTo = 0;
  #serial = 0;
  #ready: Promise<void> | null = null;
  #accepting: Promise<unknown> = Promise.resolve();

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
  accept(job: Omit<Job, 'nth'>, once: boolean): Promise<string> {
    const accepted = this.#accepting.then(() => this.#accept(job, once));
    this.#accepting = accepted.catch(() => undefined);
    return accepted;
  }

  async #accept(job: Omit<Job, 'nth'>, once: boolean): Promise<string> {
    const { callId, model, microUsd, at } = job;
    const nth = await this.#timesBilled(callId);
    if (once && nth > 0) return this.jobId(callId);
    const id = this.jobId(callId, nth);
    await this.write(`${id}.json`, JSON.stringify({ ...job, nth }));
    const bill = { callId, model, microUsd, at: new Date(at).toISOString() };
    await durable(join(this.#dir, 'billing.jsonl'), `${JSON.stringify(bill)}\n`, 'a');
    return id;
  }

  /** A job, or `null` when it was never accepted. */
  async job(id: unknown): Promise<Job | null> {
    if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id)) return null;
    const path = this.path(`${id}.json`);
    if (!existsSync(path)) return null;
    const job = JSON.parse(await readFile(path, 'utf8')) as Job;
    const accepted = (times = 0): boolean => times > job.nth;
    return accepted(this.#billed.get(job.callId)) || accepted(await this.#timesBilled(job.callId)) ? job : null;
  }

  /** Stops a job. Durable when it resolves. */
  async cancel(id: string, job: Job): Promise<void> {
    await this.write(`${id}.json`, JSON.stringify({ ...job, cancelled: true }));
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
    this.#ready ??= mkdir(this.path(''), { recursive: true, mode: 0o700 }).then(() => undefined);
    await this.#ready;
    const temp = this.path(`.${name}.${process.pid}.${(this.#serial += 1)}`);
    await durable(temp, data, 'w');
    await rename(temp, this.path(name));
  }

  /** Reads the lines that were added since it last looked, by this process or another. */
  async #timesBilled(callId: string): Promise<number> {
    const path = join(this.#dir, 'billing.jsonl');
    if (existsSync(path)) {
      const added = (await readFile(path)).subarray(this.#readTo);
      const whole = added.subarray(0, added.lastIndexOf(NEWLINE) + 1);
      this.#readTo += whole.length;
      for (const line of whole.toString().split('\n').slice(0, -1)) {
        const bill = JSON.parse(line) as { callId: string };
        this.#billed.set(bill.callId, (this.#billed.get(bill.callId) ?? 0) + 1);
      }
    }
    return this.#billed.get(callId) ?? 0;
  }
}
