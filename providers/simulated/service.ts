import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from 'vidpipe';
import {
  type CallOptions,
  type Found,
  type ImageRequest,
  ProviderError,
  type Reply,
  type TextRequest,
} from 'vidpipe/provider';
import { drawStill } from './draw.ts';
import { type Fault, RATES, type SimulatedOptions } from './options.ts';
import { type Job, World } from './world.ts';
import { writeReply } from './write.ts';

const machine: Pick<Clock, 'now' | 'sleep'> = {
  now: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
};

const tokens = (text: string): number => Math.ceil(text.length / 4);
const tokenPrice = (count: number, price: number): number => Math.ceil((count * price) / 1_000_000);

const UNBILLED: readonly (Fault | undefined)[] = ['blocked', 'empty', 'fail'];

/** What a scripted fault makes of a job that was accepted; such jobs are not billed. */
export function faultyReply({ request }: Job): Reply | null {
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

function rejected(): ProviderError {
  const message = 'The simulated quota is used up.';
  return new ProviderError({ kind: 'rate-limited', accepted: 'no', status: 429, message });
}

function lostAnswer(message: string, cause?: unknown): ProviderError {
  const options = cause === undefined ? {} : { cause };
  return new ProviderError({ kind: 'transient', accepted: 'unknown', status: 503, message }, options);
}

/** The simulated remote service: accepts, bills, remembers, delivers words and stills. */
export class Service {
  readonly options: SimulatedOptions;
  readonly world: World;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly seed: number;

  constructor(options: SimulatedOptions) {
    this.options = options;
    this.world = new World(options.dir);
    this.clock = options.clock ?? machine;
    this.seed = options.seed ?? 1;
  }

  get features(): {
    readonly idempotent?: boolean;
    readonly lookUp?: (call: { readonly callId: string }) => Promise<Found | undefined>;
  } {
    const { idempotent = true, lookUp = true } = this.options;
    return { idempotent, ...(lookUp ? { lookUp: ({ callId }) => this.find(callId) } : {}) };
  }

  /** Accepts once per callId, or every time where the service knows no keys. Gives the job's name after the wait for the answer. */
  async accept(model: string, microUsd: number, call: CallOptions, request: Job['request']): Promise<string> {
    const { idempotent = true, acceptDelayMs = 200 } = this.options;
    const fault = this.options.faults?.({ model, callId: call.callId });
    if (fault === 'reject') throw rejected();
    const bill = UNBILLED.includes(fault) ? 0 : microUsd;
    const job = { callId: call.callId, model, microUsd: bill, at: this.clock.now(), request: { ...request, fault } };
    const id = await this.world.accept(job, idempotent);
    if (acceptDelayMs > 0)
      await this.clock.sleep(acceptDelayMs, call.signal).catch((error: unknown) => {
        throw lostAnswer('The wait for the answer of the simulated service was ended.', error);
      });
    if (fault === 'accept-then-503') throw lostAnswer('The simulated service broke after it had accepted.');
    return id;
  }

  async find(callId: string): Promise<Found | undefined> {
    const id = this.world.jobId(callId);
    const job = await this.world.job(id);
    if (job === null) return undefined;
    if (job.model.startsWith('film')) return { handle: { job: id } };
    return { finished: job.model.startsWith('writer') ? this.write(job) : this.draw(job) };
  }

  write(job: Job): Reply {
    const faulty = faultyReply(job);
    if (faulty !== null) return faulty;
    const request = job.request as unknown as TextRequest;
    const reply = writeReply(request, this.seed);
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
      outputs: [{ bytes: drawStill(job.request as unknown as ImageRequest, this.seed), mediaType: 'image/png' }],
      usage: { images: 1 },
    };
  }

  async generateText(request: TextRequest, call: CallOptions): Promise<Reply> {
    const reply = writeReply(request, this.seed);
    const price =
      tokenPrice(tokens(request.system + request.prompt), RATES.input) + tokenPrice(tokens(reply), RATES.output);
    const id = await this.accept('writer-1', price, call, { ...request });
    return this.write((await this.world.job(id)) as Job);
  }

  async generateImage(model: string, request: ImageRequest, call: CallOptions): Promise<Reply> {
    const images = request.images.map(({ digest, role }) => ({ digest, role }));
    const id = await this.accept(model, RATES.still, call, { ...request, images });
    return this.draw((await this.world.job(id)) as Job);
  }
}
