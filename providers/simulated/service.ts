import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import {
  type CallOptions,
  type ClipRequest,
  type ImageRequest,
  type MicroUsd,
  type OperationStatus,
  ProviderError,
  type Reply,
  type TextRequest,
} from 'vidpipe/provider';
import { drawStill } from './draw.ts';
import { renderClip } from './render.ts';
import { type Job, World } from './world.ts';
import { writeReply } from './write.ts';

/** A scripted fault at one request. */
export type Fault = 'reject' | 'accept-then-503' | 'blocked' | 'empty' | 'fail';

/** Options of `simulated`. */
export interface SimulatedOptions {
  /** Folder of the service's own memory and billing record. */
  readonly dir: string;
  /** The same seed and prompts give the same bytes. @default 1 */
  readonly seed?: number;
  /** How much faster than life: a clip takes 60 s at 1. @default 10 */
  readonly speed?: number;
  /** Whether the same callId is billed once. @default true */
  readonly idempotent?: boolean;
  /** Whether a lost submission can be found. @default true */
  readonly lookUp?: boolean;
  /** Time between acceptance and answer, milliseconds. @default 200 */
  readonly acceptDelayMs?: number;
  /** Called at each submission; what it returns happens. @default no faults */
  readonly faults?: (at: { readonly model: string; readonly callId: string }) => Fault | undefined;
  /** @default FFMPEG_PATH, else `ffmpeg` on PATH */
  readonly ffmpegPath?: string;
}

/** Time that a clip takes at speed 1, milliseconds. */
export const CLIP_MS = 60_000;
const micro = (amount: number): MicroUsd => amount as MicroUsd;
/** Prices, micro-dollars; token prices per million. */
export const RATES = {
  input: micro(500_000),
  output: micro(2_000_000),
  still: micro(20_000),
  sound: micro(50_000),
  silent: micro(40_000),
  drift: micro(30_000),
};

const tokens = (text: string): number => Math.ceil(text.length / 4);
const tokenPrice = (count: number, price: number): number => Math.ceil((count * price) / 1_000_000);

const UNBILLED: readonly (Fault | undefined)[] = ['blocked', 'empty', 'fail'];

/** What a scripted fault makes of a job that was accepted; such jobs are not billed. */
function faultyReply({ request }: Job): Reply | null {
  if (request['fault'] === 'blocked') {
    return {
      state: 'blocked',
      reasons: ['The simulated filter refused it.'],
      codes: ['10000001'],
      input: 'prompt',
      charged: 'no',
    };
  }
  if (request['fault'] === 'empty')
    return { state: 'failed', kind: 'empty', message: 'Nothing came out.', charged: 'no' };
  return request['fault'] === 'fail'
    ? { state: 'failed', kind: 'transient', message: 'The studio burned down.', charged: 'no' }
    : null;
}

/** The simulated remote service: accepts, bills, remembers, delivers. */
export class Service {
  readonly #options: SimulatedOptions;
  readonly #world: World;
  readonly #seed: number;

  constructor(options: SimulatedOptions) {
    this.#options = options;
    this.#world = new World(options.dir);
    this.#seed = options.seed ?? 1;
  }

  get features(): {
    readonly idempotent?: boolean;
    readonly lookUp?: (call: {
      readonly callId: string;
    }) => Promise<{ readonly handle: { job: string } } | { readonly finished: OperationStatus } | undefined>;
  } {
    const { idempotent = true, lookUp = true } = this.#options;
    return { idempotent, ...(lookUp ? { lookUp: ({ callId }) => this.find(callId) } : {}) };
  }

  /** Accepts once per callId, or every time where the service knows no keys. */
  async accept(model: string, microUsd: number, call: CallOptions, request: Job['request']): Promise<string> {
    call.signal.throwIfAborted();
    const fault = this.#options.faults?.({ model, callId: call.callId });
    if (fault === 'reject')
      throw new ProviderError({
        kind: 'rate-limited',
        accepted: 'no',
        status: 429,
        message: 'The simulated quota is used up.',
      });
    let id = this.#world.jobId(call.callId);
    for (let nth = 1; this.#options.idempotent === false && (await this.#world.job(id)) !== null; nth += 1)
      id = this.#world.jobId(call.callId, nth);
    if ((await this.#world.job(id)) === null)
      await this.#world.accept(id, {
        callId: call.callId,
        model,
        microUsd: UNBILLED.includes(fault) ? 0 : microUsd,
        at: Date.now(),
        request: { ...request, fault },
      });
    await new Promise((resolve) => setTimeout(resolve, this.#options.acceptDelayMs ?? 200));
    if (fault === 'accept-then-503')
      throw new ProviderError({
        kind: 'transient',
        accepted: 'unknown',
        status: 503,
        message: 'The simulated service broke after it had accepted.',
      });
    return id;
  }

  async find(
    callId: string,
  ): Promise<{ readonly handle: { job: string } } | { readonly finished: OperationStatus } | undefined> {
    const id = this.#world.jobId(callId);
    const job = await this.#world.job(id);
    if (job === null) return undefined;
    if (job.model.startsWith('film')) return { handle: { job: id } };
    return { finished: job.model.startsWith('writer') ? this.write(job) : this.draw(job) };
  }

  write(job: Job): Reply {
    const faulty = faultyReply(job);
    if (faulty !== null) return faulty;
    const request = job.request as unknown as TextRequest;
    const reply = writeReply(request, this.#seed);
    return {
      state: 'succeeded',
      outputs: [{ bytes: new TextEncoder().encode(reply), mediaType: 'application/json' }],
      usage: { inputTokens: tokens(request.system + request.prompt), outputTokens: tokens(reply) },
    };
  }

  draw(job: Job): Reply {
    const faulty = faultyReply(job);
    if (faulty !== null) return faulty;
    return {
      state: 'succeeded',
      outputs: [{ bytes: drawStill(job.request as unknown as ImageRequest, this.#seed), mediaType: 'image/png' }],
      usage: { images: 1 },
    };
  }

  async generateText(request: TextRequest, call: CallOptions): Promise<Reply> {
    const reply = writeReply(request, this.#seed);
    const price =
      tokenPrice(tokens(request.system + request.prompt), RATES.input) + tokenPrice(tokens(reply), RATES.output);
    const id = await this.accept('writer-1', price, call, { ...request });
    return this.write((await this.#world.job(id)) as Job);
  }

  async generateImage(model: string, request: ImageRequest, call: CallOptions): Promise<Reply> {
    const images = request.images.map(({ digest, role }) => ({ digest, role }));
    const id = await this.accept(model, RATES.still, call, { ...request, images });
    return this.draw((await this.#world.job(id)) as Job);
  }

  async startClip(
    model: string,
    rate: number,
    request: ClipRequest,
    call: CallOptions,
  ): Promise<{ readonly handle: { job: string } }> {
    const { startFrame, endFrame, ...rest } = request;
    const frames = [startFrame, endFrame].flatMap((frame) => frame ?? []);
    for (const { digest, bytes } of frames) await this.#world.write(`${digest}.png`, bytes);
    const id = await this.accept(model, Math.round(rate * request.seconds), call, {
      ...rest,
      start: startFrame.digest,
      end: endFrame?.digest ?? null,
    });
    return { handle: { job: id } };
  }

  async checkClip(id: string): Promise<OperationStatus> {
    const job = await this.#world.job(id);
    if (job === null)
      return { state: 'failed', kind: 'lost', message: 'The simulated service knows no such job.', charged: 'unknown' };
    if (job.cancelled === true)
      return {
        state: 'failed',
        kind: 'lost',
        message: 'The job was cancelled.',
        charged: 'yes',
        usage: { seconds: Number(job.request['seconds']) },
      };
    const share = (Date.now() - job.at) / (CLIP_MS / (this.#options.speed ?? 10));
    if (share < 1) return { state: 'running', progress: share };
    const faulty = faultyReply(job);
    if (faulty !== null) return faulty;
    const seconds = Number(job.request['seconds']);
    return {
      state: 'succeeded',
      outputs: [{ bytes: new Uint8Array(await readFile(await this.#render(id, job))), mediaType: 'video/mp4' }],
      usage: { seconds },
    };
  }

  async cancelClip(id: string): Promise<{ readonly outcome: 'cancelled' | 'too-late'; readonly charged: 'yes' }> {
    const job = await this.#world.job(id);
    const over = job === null || Date.now() - job.at >= CLIP_MS / (this.#options.speed ?? 10);
    if (!over) await this.#world.write(`${id}.json`, JSON.stringify({ ...job, cancelled: true }));
    return { outcome: over ? 'too-late' : 'cancelled', charged: 'yes' };
  }

  async #render(id: string, { request }: Job): Promise<string> {
    const out = this.#world.path(`${id}.mp4`);
    if (existsSync(out)) return out;
    const temp = `${out}.${process.pid}.part`;
    const still = (key: string): string => this.#world.path(`${String(request[key])}.png`);
    const { seconds, width, height } = request as unknown as ClipRequest;
    const tone = 220 + (parseInt(id.slice(0, 4), 16) % 440);
    const end = request['end'] === null ? null : still('end');
    await renderClip(
      { start: still('start'), end, out: temp, seconds, width, height, audio: request['audio'] === true, tone },
      this.#options.ffmpegPath ?? process.env['FFMPEG_PATH'] ?? 'ffmpeg',
    );
    await rename(temp, out);
    return out;
  }
}
