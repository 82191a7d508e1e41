import { usd } from 'vidpipe';
import {
  type CallRef,
  type Defined,
  defineProvider,
  type Found,
  imageModel,
  perImage,
  perMillionTokens,
  perSecond,
  type Provider,
  ProviderError,
  type Reply,
  textModel,
  videoModel,
} from 'vidpipe/provider';
import type { Asking, Making } from './faults.ts';
import { clip, picture, writing } from './replies.ts';
import { PRICES, type SimulatedService, TIMES } from './service.ts';

/** How each model of the world can be asked again. */
export type Askings = Readonly<Record<Making, Asking>>;

const micro = (amount: number): ReturnType<typeof usd> => usd((amount / 1_000_000).toFixed(6));

/** What a look-up answers: the job while it runs (video) or its end; it can not tell yet while words or a picture are being made. */
function found(service: SimulatedService, making: Making, { callId }: CallRef): Found | undefined {
  const status = service.statusOf(callId);
  if (status === undefined) return undefined;
  if (making === 'video') return { handle: { job: callId } };
  if (status.state !== 'running') return { finished: status };
  throw new ProviderError({ kind: 'transient', accepted: 'unknown', message: 'it is being made' });
}

function asked(service: SimulatedService, making: Making, asking: Asking): object {
  if (asking === 'key') return { idempotent: true };
  if (asking === 'neither') return {};
  return { lookUp: async (call: CallRef) => found(service, making, call) };
}

function finished(reply: Reply | null): Reply {
  if (reply === null) throw new Error('the service answers a text or an image at once');
  return reply;
}

function commonOf(service: SimulatedService, askings: Askings, making: Making): object {
  return { times: TIMES, limits: { concurrency: 8 }, ...asked(service, making, askings[making]) };
}

function videoOf(service: SimulatedService, askings: Askings, lastFrame: boolean): Defined {
  return videoModel({
    ...commonOf(service, askings, 'video'),
    durations: [4, 6, 8],
    ratios: ['16:9', '9:16'],
    lastFrame,
    price: perSecond(micro(PRICES.second)),
    start: async (request, { callId }) => {
      await service.submit('video', callId, askings.video === 'key', () => clip(request, callId));
      return { handle: { job: callId } };
    },
    check: async ({ job }) => {
      service.looked.add(String(job));
      const status = service.statusOf(String(job));
      if (status === undefined) throw new ProviderError({ kind: 'lost', accepted: 'unknown', message: 'no such job' });
      return status;
    },
  });
}

/** A provider named `world` with a `writer`, a `still` and a `clip` model over one service. `lastFrame`: the clip model films towards a given frame. */
export function worldProvider(service: SimulatedService, askings: Askings, lastFrame = true): Provider {
  const text = textModel({
    ...commonOf(service, askings, 'text'),
    maxOutputTokens: 1000,
    price: perMillionTokens({ input: micro(PRICES.input * 1e6), output: micro(PRICES.output * 1e6) }),
    generate: async (request, { callId }) =>
      finished(
        await service.submit('text', callId, askings.text === 'key', (fault) => writing(request, callId, fault)),
      ),
  });
  const image = imageModel({
    ...commonOf(service, askings, 'image'),
    ratios: ['16:9', '9:16'],
    references: 4,
    price: perImage(micro(PRICES.image)),
    generate: async (request, { callId }) =>
      finished(
        await service.submit('image', callId, askings.image === 'key', (fault) => picture(request, callId, fault)),
      ),
  });
  return defineProvider({
    id: 'world',
    text: { writer: text },
    image: { still: image },
    video: { clip: videoOf(service, askings, lastFrame) },
  });
}
