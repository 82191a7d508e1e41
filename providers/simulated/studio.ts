import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import {
  type CallOptions,
  type CancelOutcome,
  type ClipRequest,
  type OperationStatus,
  ProviderError,
} from 'vidpipe/provider';
import { CLIP_MS } from './options.ts';
import { renderClip } from './render.ts';
import { faultyReply, type Service } from './service.ts';
import type { Job } from './world.ts';

/** A clip's request as its job keeps it: frames by the names of their files. */
type Kept = Omit<ClipRequest, 'startFrame' | 'endFrame' | 'references'> & {
  readonly start: string;
  readonly end: string | null;
};

const kept = ({ request }: Job): Kept => request as unknown as Kept;

function noFrame(): ProviderError {
  const message = 'The simulated service makes clips from a first frame only.';
  return new ProviderError({ kind: 'invalid-request', accepted: 'no', status: 400, message });
}

/** The part of the simulated service that makes clips. */
export class Studio {
  readonly #service: Service;
  readonly #rendering = new Map<string, Promise<void>>();

  constructor(service: Service) {
    this.#service = service;
  }

  async start(
    model: string,
    rate: number,
    { startFrame, endFrame, ...rest }: ClipRequest,
    call: CallOptions,
  ): Promise<{ readonly handle: { job: string } }> {
    if (startFrame === undefined) throw noFrame();
    const { world } = this.#service;
    const start = await world.keep(startFrame.bytes);
    const end = endFrame === undefined ? null : await world.keep(endFrame.bytes);
    const price = Math.round(rate * rest.seconds);
    return { handle: { job: await this.#service.accept(model, price, call, { ...rest, start, end }) } };
  }

  async check(id: string): Promise<OperationStatus> {
    const job = await this.#service.world.job(id);
    if (job === null)
      return { state: 'failed', kind: 'lost', message: 'The simulated service knows no such job.', charged: 'unknown' };
    const { seconds } = kept(job);
    if (job.cancelled === true) {
      const charged = job.microUsd > 0 ? 'yes' : 'no';
      return { state: 'failed', kind: 'lost', message: 'The job was cancelled.', charged, usage: { seconds } };
    }
    const progress = this.#progress(job);
    if (progress < 1) return { state: 'running', progress };
    const faulty = faultyReply(job);
    if (faulty !== null) return faulty;
    const bytes = new Uint8Array(await readFile(await this.#render(id, job)));
    return { state: 'succeeded', outputs: [{ bytes, mediaType: 'video/mp4' }], usage: { seconds } };
  }

  async cancel(id: string): Promise<CancelOutcome> {
    const job = await this.#service.world.job(id);
    if (job === null) return { outcome: 'too-late', charged: 'unknown' };
    const charged = job.microUsd > 0 ? 'yes' : 'no';
    if (job.cancelled !== true && this.#progress(job) >= 1) return { outcome: 'too-late', charged };
    await this.#service.world.cancel(id);
    return { outcome: 'cancelled', charged };
  }

  #progress({ at }: Job): number {
    const { clock, options } = this.#service;
    return Math.max(0, (clock.now() - at) / (CLIP_MS / (options.speed ?? 10)));
  }

  /** The path of a clip; two looks at once wait for one rendering. */
  async #render(id: string, job: Job): Promise<string> {
    const out = this.#service.world.path(`${id}.mp4`);
    if (existsSync(out)) return out;
    const running = this.#rendering.get(id) ?? this.#renderTo(out, job).finally(() => this.#rendering.delete(id));
    this.#rendering.set(id, running);
    await running;
    return out;
  }

  async #renderTo(out: string, job: Job): Promise<void> {
    const { world, seed, options } = this.#service;
    const { start, end, seconds, width, height, audio, ...request } = kept(job);
    const look = JSON.stringify([seed, request.seed ?? 0, request.prompt, start, end, job.model]);
    const temp = `${out}.${process.pid}.part`;
    await renderClip(
      {
        start: world.path(start),
        end: end === null ? null : world.path(end),
        out: temp,
        look: createHash('sha256').update(look).digest(),
        seconds,
        width,
        height,
        audio,
      },
      options.ffmpegPath ?? process.env['FFMPEG_PATH'] ?? 'ffmpeg',
    );
    await rename(temp, out);
  }
}
