import { usd } from 'vidpipe';
import {
  type CallRef,
  type Defined,
  defineProvider,
  type Found,
  imageModel,
  type OperationHandle,
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
import { FILES_HOST } from './links.ts';
import { clip, picture, writing } from './replies.ts';
import { PRICES, type SimulatedService, TIMES } from './service.ts';
import { SECRETS } from './secrets.ts';

/** How each model of the world can be asked again. */
export type Askings = Readonly<Record<Making, Asking>>;

/** What the models of the world can. */
export interface WorldModels {
  readonly askings: Askings;
  /** The clip model films towards a given last frame. @default true */
  readonly lastFrame?: boolean;
  /** Takes that a call of the clip model brings at most. @default 1 */
  readonly takes?: number;
  /** The clip model's jobs can be cancelled. @default false */
  readonly cancels?: boolean;
}

const handleOf = (callId: string): OperationHandle => ({ job: callId, token: SECRETS.handle });

const micro = (amount: number): ReturnType<typeof usd> => usd((amount / 1_000_000).toFixed(6));

/** What a look-up answers: the job while it runs (video) or its end; it can not tell yet while words or a picture are being made. */
async function found(service: SimulatedService, making: Making, { callId }: CallRef): Promise<Found | undefined> {
  const status = await service.statusOf(callId);
  if (status === undefined) return undefined;
  if (making === 'video') return { handle: handleOf(callId) };
  if (status.state !== 'running') return { finished: status };
  throw new ProviderError({ kind: 'transient', accepted: 'unknown', message: 'it is being made' });
}

function asked(service: SimulatedService, making: Making, asking: Asking): object {
  if (asking === 'key') return { idempotent: true };
  if (asking === 'neither') return {};
  return { lookUp: (call: CallRef) => found(service, making, call) };
}

function finished(reply: Reply | null): Reply {
  if (reply === null) throw new Error('the service answers a text or an image at once');
  return reply;
}

function commonOf(service: SimulatedService, askings: Askings, making: Making): object {
  return { times: TIMES, limits: { concurrency: 8 }, ...asked(service, making, askings[making]) };
}

function videoOf(
  service: SimulatedService,
  { askings, lastFrame = true, takes = 1, cancels = false }: WorldModels,
): Defined {
  return videoModel({
    ...commonOf(service, askings, 'video'),
    durations: [4, 6, 8],
    ratios: ['16:9', '9:16'],
    lastFrame,
    takes,
    price: perSecond(micro(PRICES.second)),
    start: async (request, { callId }) => {
      await service.submit('video', callId, askings.video === 'key', (fault) => clip(request, callId, fault));
      return { handle: handleOf(callId) };
    },
    check: ({ job }) => service.look(String(job)),
    ...(cancels ? { cancel: ({ job }: OperationHandle) => service.cancel(String(job)) } : {}),
  });
}

/** A provider named `world` with a `writer`, a `still` and a `clip` model over one service. */
export function worldProvider(service: SimulatedService, models: WorldModels): Provider {
  const { askings } = models;
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
    downloads: [FILES_HOST],
    text: { writer: text },
    image: { still: image },
    video: { clip: videoOf(service, models) },
  });
}
