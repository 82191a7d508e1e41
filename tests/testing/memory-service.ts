import { usd } from 'vidpipe';
import {
  type CallOptions,
  type Defined,
  defineProvider,
  type Found,
  type ImageDefinition,
  type OperationHandle,
  perImage,
  perMillionTokens,
  perSecond,
  type Provider,
  type Succeeded,
  type TextDefinition,
} from 'vidpipe/provider';
import { mockImageModel, mockTextModel, mockVideoModel, type VideoSubject } from 'vidpipe/testing';

const OUTPUTS = {
  text: JSON.stringify({ scenes: [{ description: 'A lighthouse.' }] }),
  image: '\x89PNG\r\n\x1a\n',
  video: '\0\0\0\x14ftypisom\0\0\0\0isom',
};
const USED = { text: { inputTokens: 10, outputTokens: 20 }, image: { images: 1 }, video: { seconds: 4 } };

type Kind = keyof typeof OUTPUTS;

/** A service in memory behind the mock models, one of each kind: it counts requests, bills each callId once, and its clips are done on `finish`. */
export class MemoryService {
  requests = 0;
  readonly #jobs = new Map<string, { readonly callId: string; state: 'running' | 'done' | 'cancelled' }>();

  get billed(): number {
    return this.#jobs.size;
  }

  finish(): void {
    for (const job of this.#jobs.values()) if (job.state === 'running') job.state = 'done';
  }

  provider(): Provider {
    return defineProvider({
      id: 'memory',
      text: { text: this.#writer() },
      image: { image: this.#painter() },
      video: { video: this.#studio() },
    });
  }

  /** What a conformance suite is given: any of it replaced. */
  subject(modelId: Kind, given: Partial<VideoSubject> = {}): VideoSubject {
    return {
      provider: this.provider(),
      modelId,
      requests: () => this.requests,
      billed: () => this.billed,
      reopen: () => this.provider(),
      finish: () => this.finish(),
      ...given,
    };
  }

  result(kind: Kind): Succeeded {
    const outputs = [{ bytes: new Uint8Array(Buffer.from(OUTPUTS[kind], 'latin1')) }];
    return { state: 'succeeded', outputs, usage: USED[kind] };
  }

  accept({ callId }: Pick<CallOptions, 'callId'>): OperationHandle {
    this.requests += 1;
    if (!this.#jobs.has(callId)) this.#jobs.set(callId, { callId, state: 'running' });
    return { job: callId };
  }

  async #find(callId: string, found: () => Found): Promise<Found | undefined> {
    this.requests += 1;
    return this.#jobs.has(callId) ? found() : undefined;
  }

  #job({ job }: OperationHandle): { state: 'running' | 'done' | 'cancelled' } {
    this.requests += 1;
    return this.#jobs.get(String(job)) ?? { state: 'cancelled' };
  }

  #answers(kind: 'text' | 'image'): Pick<TextDefinition & ImageDefinition, 'generate' | 'lookUp' | 'idempotent'> {
    return {
      idempotent: true,
      generate: async (_, call) => (this.accept(call), this.result(kind)),
      lookUp: ({ callId }) => this.#find(callId, () => ({ finished: this.result(kind) })),
    };
  }

  #writer(): Defined {
    return mockTextModel({ ...this.#answers('text'), price: perMillionTokens({ input: usd(1), output: usd(2) }) });
  }

  #painter(): Defined {
    return mockImageModel({ ...this.#answers('image'), price: perImage(usd('0.02')) });
  }

  #studio(): Defined {
    return mockVideoModel({
      idempotent: true,
      price: perSecond(usd('0.05')),
      start: async (_, call) => ({ handle: this.accept(call) }),
      check: async (handle) => {
        const { state } = this.#job(handle);
        if (state === 'running') return { state };
        return state === 'done'
          ? this.result('video')
          : { state: 'failed', kind: 'lost', message: 'It was cancelled.' };
      },
      cancel: async (handle) => {
        const job = this.#job(handle);
        if (job.state === 'done') return { outcome: 'too-late', charged: 'yes' };
        job.state = 'cancelled';
        return { outcome: 'cancelled', charged: 'no' };
      },
      lookUp: ({ callId }) => this.#find(callId, () => ({ handle: { job: callId } })),
    });
  }
}
