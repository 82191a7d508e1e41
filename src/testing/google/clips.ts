import { type Cloud, TIMES } from './cloud.ts';
import type { ClipWish } from './content.ts';
import type { GoogleFault, ScriptedFault } from './faults.ts';
import { Records } from './files.ts';
import { delivered } from './image.ts';
import type { FakeStorage } from './storage.ts';

/** An operation of Veo, or an interaction of Omni, as it is remembered. */
export interface ClipJob {
  readonly id: string;
  readonly model: string;
  /** When it was accepted, milliseconds since 1970. */
  readonly at: number;
  /** Takes, and what each is. */
  readonly samples: number;
  readonly seconds: number;
  readonly resolution: string;
  readonly audio: boolean;
  /** What went in, where it is reported. */
  readonly promptTokens?: number;
  /** Where its clips are stored, by their place among the samples; else they come inline or as files. */
  readonly bucket?: string;
  readonly objects?: readonly string[];
  /** How its result is handed out. */
  readonly delivery: 'inline' | 'uri';
  /** The fault that was scripted for it. */
  readonly scripted?: ScriptedFault;
  /** When it was cancelled. */
  readonly cancelledAt?: number;
}

const TAKES_ALL: readonly (GoogleFault | undefined)[] = [
  'filtered',
  'filtered-without-code',
  'error-3',
  'error-3-image',
  'error-8',
  'error-13',
  'empty',
  'lost',
  'refusal',
  'budget-exceeded',
  'failed',
];

/** How many clips of a job there are in the end. */
export function usable({ samples, scripted, cancelledAt }: ClipJob): number {
  if (TAKES_ALL.includes(scripted?.fault) || cancelledAt !== undefined) return 0;
  return scripted?.fault === 'partial' ? samples - 1 : samples;
}

/** The jobs that make clips: remembered in a folder, rendered and stored when they are due. */
export class Clips {
  readonly #cloud: Cloud;
  readonly #storage: FakeStorage;
  readonly #records: Records<ClipJob>;
  readonly #jobs = new Map<string, ClipJob>();
  readonly #stored = new Map<string, Promise<void>>();

  constructor(cloud: Cloud, storage: FakeStorage, folder: string) {
    this.#cloud = cloud;
    this.#storage = storage;
    this.#records = new Records(folder);
  }

  /** Reads the folder, and bills what was accepted as an earlier process died. */
  async load(): Promise<void> {
    const billed = new Set((await this.#cloud.ledger.all()).map(({ id }) => id));
    for (const job of await this.#records.all()) {
      this.#jobs.set(job.id, job);
      if (!billed.has(job.id)) await this.#keep(job);
    }
  }

  /** The job of a name, unless it was lost. */
  find(id: string): ClipJob | undefined {
    const job = this.#jobs.get(id);
    return job?.scripted?.fault === 'lost' ? undefined : job;
  }

  /** Accepts and bills a job; durable when it resolves. What is lost is billed, what a filter or a failure takes is not. */
  async accept(job: ClipJob, wish: ClipWish): Promise<void> {
    for (let nth = 0; nth < usable(job); nth += 1)
      await this.#cloud.content.begin(`${job.id}/${nth}`, { ...wish, seed: (wish.seed ?? 0) + nth });
    await this.#keep(job);
  }

  /** Stops a job that runs; it is not billed. `undefined` when it does not run. */
  async cancel(job: ClipJob): Promise<ClipJob | undefined> {
    if (this.done(job)) return undefined;
    const cancelled = { ...job, cancelledAt: this.#cloud.clock.now() };
    await this.#keep(cancelled);
    return cancelled;
  }

  done({ at, cancelledAt }: ClipJob): boolean {
    return cancelledAt !== undefined || this.#cloud.clock.now() >= at + TIMES.clip / this.#cloud.speed;
  }

  /** A clip of a job, as it is delivered. */
  async bytes({ id, scripted }: ClipJob, nth: number): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(delivered(await this.#cloud.content.clip(`${id}/${nth}`), scripted));
  }

  /** Stores the clips of all jobs that are done and write to a bucket: they are there whether anybody asked for the job or not. */
  async store(): Promise<void> {
    const due = [...this.#jobs.values()].filter((job) => job.bucket !== undefined && this.done(job));
    await Promise.all(due.map((job) => this.#storeOnce(job)));
  }

  async #keep(job: ClipJob): Promise<void> {
    const { id, model, at, seconds, samples, resolution, audio } = job;
    const count = job.scripted?.fault === 'lost' ? samples : usable(job);
    await this.#records.write(id, job);
    this.#jobs.set(id, job);
    await this.#cloud.ledger.bill({ id, model, at, usage: { seconds: seconds * count, resolution, audio } });
  }

  #storeOnce(job: ClipJob): Promise<void> {
    const storing =
      this.#stored.get(job.id) ??
      this.#store(job).catch((error: unknown) => {
        this.#stored.delete(job.id);
        throw error;
      });
    this.#stored.set(job.id, storing);
    return storing;
  }

  async #store(job: ClipJob): Promise<void> {
    const { bucket = '', objects = [] } = job;
    const there = new Set((await this.#storage.objects(bucket)).map(({ name }) => name));
    for (const [nth, name] of objects.slice(0, usable(job)).entries()) {
      if (there.has(name)) continue;
      await this.#storage.store(bucket, name, await this.bytes(job, nth), { contentType: 'video/mp4' });
    }
  }
}
