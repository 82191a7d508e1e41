import { usd } from 'vidpipe';
import {
  type CallOptions,
  type CallRef,
  defineProvider,
  type Found,
  type ImageRequest,
  imageModel,
  type OperationStatus,
  perImage,
  perSecond,
  type Provider,
  ProviderError,
  type Reply,
  videoModel,
} from 'vidpipe/provider';
import { mockTextModel, paper } from 'vidpipe/testing';
import type { Keys } from '../soak/world.ts';
import { CLIP_MS, type Job, PRICES, type Submission } from './paper-service.ts';

const TIMES = { requestDeadlineMs: 4_000, submitWithinMs: 2_000, typicalMs: CLIP_MS, pollMs: 20, deadlineMs: 5_000 };

type Asked = (Job & { readonly isDone: boolean }) | null;

function price(micro: number): ReturnType<typeof usd> {
  return usd((micro / 1_000_000).toFixed(6));
}

function madeBy({ callId, making, width, height, seconds }: Job): Reply {
  const bytes = paper({ kind: making, width, height, note: callId, ...(making === 'video' ? { seconds } : {}) });
  const usage = making === 'video' ? { seconds } : { images: 1 };
  return { state: 'succeeded', outputs: [{ bytes }], usage };
}

/** Models over a `PaperService` at `url`: requests may get lost on their way, what was taken is known there. */
export function paperProvider(url: string, keys: Keys): Provider {
  const keyed = keys === 'keys';
  const ask = async (path: string, init?: RequestInit): Promise<Response> => {
    try {
      return await fetch(`${url}/${path}`, init);
    } catch (cause) {
      throw new ProviderError({ kind: 'transient', accepted: 'unknown', message: 'no answer' }, { cause });
    }
  };
  const submit = async (asked: Omit<Submission, 'keyed'>, { signal }: CallOptions): Promise<Job> => {
    const body = JSON.stringify({ ...asked, keyed } satisfies Submission);
    return (await (await ask('submit', { method: 'POST', body, signal })).json()) as Job;
  };
  const jobOf = async (path: 'look' | 'find', callId: string): Promise<Asked> =>
    (await (await ask(`${path}?call=${callId}`)).json()) as Asked;
  const lookUp = async ({ callId }: CallRef): Promise<Found | undefined> => {
    const job = await jobOf('find', callId);
    if (job === null) return undefined;
    return job.making === 'video' ? { handle: { job: callId } } : { finished: madeBy(job) };
  };
  const common = { times: TIMES, ratios: ['16:9'], idempotent: keyed, ...(keys === 'look-up' ? { lookUp } : {}) };
  const generate = async ({ width, height }: ImageRequest, call: CallOptions): Promise<Reply> =>
    madeBy(await submit({ callId: call.callId, making: 'image', width, height, seconds: 0 }, call));
  const check = async ({ job: callId }: { job: string }): Promise<OperationStatus> => {
    const job = await jobOf('look', callId);
    if (job === null) throw new ProviderError({ kind: 'lost', accepted: 'unknown', message: 'no such job' });
    return job.isDone ? madeBy(job) : { state: 'running' };
  };
  return defineProvider({
    id: 'paper',
    text: { writer: mockTextModel() },
    image: { still: imageModel({ ...common, price: perImage(price(PRICES.image)), generate }) },
    video: {
      clip: videoModel({
        ...common,
        durations: [4],
        lastFrame: true,
        price: perSecond(price(PRICES.second)),
        start: async ({ seconds, width, height }, call) => {
          await submit({ callId: call.callId, making: 'video', seconds, width, height }, call);
          return { handle: { job: call.callId } };
        },
        check,
      }),
    },
  });
}
