import { type ModelId, type Pipeline, type PipelineOptions, type ProjectEvent, ProviderError, usd } from 'vidpipe';
import {
  type Defined,
  defineProvider,
  imageModel,
  perImage,
  perSecond,
  type Provider,
  textModel,
  videoModel,
} from 'vidpipe/provider';
import { paper } from 'vidpipe/testing';
import { TestWorld } from './runs.ts';
import { storyboardOf } from './world.ts';

/** Why a submission is turned away, if it is: asked once for each. */
export type Gatekeeper = (model: ModelId, nth: number) => ProviderError | null;

/** A model has an outage. */
export const outage = (): ProviderError =>
  new ProviderError({ kind: 'transient', accepted: 'no', message: 'we are down' });

/** A quota is used up. */
export const limited = (retryAfterMs?: number): ProviderError =>
  new ProviderError({
    kind: 'rate-limited',
    accepted: 'no',
    message: 'quota',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

/** One line of a provider's own bill. */
export interface Bill {
  readonly callId: string;
  readonly model: ModelId;
  readonly microUsd: number;
}

const TIMES = { requestDeadlineMs: 4_000, submitWithinMs: 2_000, typicalMs: 800, deadlineMs: 12_000, pollMs: 300 };

/** Three models of each kind, and what their providers bill and were asked. Idempotent, so that sums are exact. */
class Market {
  readonly bills: Bill[] = [];
  /** Submissions that have reached a provider, turned away or not. */
  readonly asked: { readonly model: ModelId; readonly at: number; readonly seconds?: number }[] = [];
  turnAway: Gatekeeper = () => null;
  readonly #now: () => number;
  readonly #jobs = new Map<string, { readonly at: number; readonly bytes: Uint8Array; readonly seconds: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How often a model was asked. */
  count(model: ModelId): number {
    return this.asked.filter((each) => each.model === model).length;
  }

  #take(model: ModelId, callId: string, microUsd: number, seconds?: number): void {
    if (this.bills.some((bill) => bill.callId === callId)) return;
    this.asked.push({ model, at: this.#now(), ...(seconds === undefined ? {} : { seconds }) });
    const error = this.turnAway(model, this.count(model));
    if (error !== null) throw error;
    this.bills.push({ callId, model, microUsd });
  }

  #text(id: string): Defined {
    return textModel({
      maxOutputTokens: 1000,
      idempotent: true,
      times: TIMES,
      price: { unit: 'call', price: usd('0.001') },
      generate: async (_, { callId }) => {
        this.#take(`m:${id}`, callId, 1_000);
        return { state: 'succeeded', outputs: [{ bytes: new TextEncoder().encode(JSON.stringify(storyboardOf(2))) }] };
      },
    });
  }

  #image(id: string): Defined {
    return imageModel({
      ratios: ['16:9', '9:16'],
      references: 4,
      idempotent: true,
      times: TIMES,
      price: perImage(usd('0.02')),
      generate: async ({ width, height }, { callId }) => {
        this.#take(`m:${id}`, callId, 20_000);
        return { state: 'succeeded', outputs: [{ bytes: paper({ kind: 'image', width, height, note: callId }) }] };
      },
    });
  }

  #video(id: string, price: string | null, durations: readonly number[]): Defined {
    return videoModel({
      durations,
      ratios: ['16:9', '9:16'],
      lastFrame: true,
      idempotent: true,
      times: TIMES,
      ...(price === null ? {} : { price: perSecond(usd(price)) }),
      start: async ({ seconds, width, height }, { callId }) => {
        this.#take(`m:${id}`, callId, Number(usd(price ?? '0')) * seconds, seconds);
        const bytes = paper({ kind: 'video', seconds, width, height, note: callId });
        const job = this.#jobs.get(callId) ?? { at: this.#now(), bytes, seconds };
        this.#jobs.set(callId, job);
        return { handle: { callId } };
      },
      check: async ({ callId }) => {
        const job = this.#jobs.get(String(callId));
        if (job === undefined) throw new ProviderError({ kind: 'lost', accepted: 'unknown', message: 'no such job' });
        if (this.#now() < job.at + TIMES.typicalMs) return { state: 'running' };
        return { state: 'succeeded', outputs: [{ bytes: job.bytes }], usage: { seconds: job.seconds } };
      },
    });
  }

  /** The provider `m`; models that `change` makes `null` are not offered. */
  provider(change: (id: string, model: Defined) => Defined | null = (_, model) => model): Provider {
    const offered = (models: Record<string, Defined>): Record<string, Defined> =>
      Object.fromEntries(
        Object.entries(models).flatMap(([id, model]) => {
          const changed = change(id, model);
          return changed === null ? [] : [[id, changed] as const];
        }),
      );
    const all = [4, 6, 8];
    return defineProvider({
      id: 'm',
      text: offered({ t1: this.#text('t1'), t2: this.#text('t2') }),
      image: offered({ i1: this.#image('i1'), i2: this.#image('i2') }),
      video: offered({
        v1: this.#video('v1', '0.05', all),
        v2: this.#video('v2', '0.05', all),
        odd: this.#video('odd', '0.05', [6, 8]),
        dear: this.#video('dear', '0.50', all),
        unpriced: this.#video('unpriced', null, all),
      }),
    });
  }
}

/** A world with a market. */
export class ListWorld extends TestWorld {
  readonly market = new Market(() => this.clock.now());
  #drawn = 0;

  /** A pipeline that buys on the market. */
  open(more: Partial<PipelineOptions> = {}): Pipeline {
    return this.pipeline(
      {},
      { providers: [this.market.provider()], random: () => (this.#drawn += 1) / 2 ** 32, ...more },
    );
  }

  /** Bodies of the events of a type that were emitted. */
  bodies<T extends ProjectEvent['type']>(type: T): Extract<ProjectEvent, { type: T }>['body'][] {
    return this.emitted.flatMap((event) => (event.type === type ? [event.body as never] : []));
  }
}
