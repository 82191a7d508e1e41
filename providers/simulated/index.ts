import {
  type CallOptions,
  type ClipRequest,
  type Defined,
  defineProvider,
  imageModel,
  type ImageRequest,
  perImage,
  perMillionTokens,
  perSecond,
  type Provider,
  ProviderError,
  type Rate,
  textModel,
  videoModel,
} from 'vidpipe/provider';
import { CLIP_MS, RATES, type SimulatedOptions } from './options.ts';
import { Service } from './service.ts';
import { Studio } from './studio.ts';

export type { Fault, SimulatedOptions } from './options.ts';

const TIMES = { requestDeadlineMs: 8_000, submitWithinMs: 4_000 };
const RATIOS = ['16:9', '9:16'];
const LIMITS = { concurrency: 4 };

function writer(service: Service): Defined {
  return textModel({
    maxOutputTokens: 60_000,
    price: perMillionTokens(RATES),
    times: TIMES,
    ...service.features,
    generate: (request, call) => service.generateText(request, call),
  });
}

function still(
  service: Service,
  name: string,
  can: { readonly references?: number; readonly conditioningPartner?: string },
): Defined {
  const generate = async (request: ImageRequest, call: CallOptions) => {
    if (request.images.length > 0 && can.references === undefined) throw noPictures(name);
    return service.generateImage(name, request, call);
  };
  return imageModel({
    ...can,
    seed: true,
    negativePrompt: true,
    ratios: RATIOS,
    price: perImage(RATES.still),
    times: TIMES,
    limits: LIMITS,
    ...service.features,
    generate,
  });
}

function noPictures(name: string): ProviderError {
  const message = `${name} draws from words only and takes no pictures.`;
  return new ProviderError({ kind: 'invalid-request', accepted: 'no', status: 400, message });
}

interface FilmModel {
  readonly durations: readonly number[];
  readonly lastFrame?: boolean;
  readonly audio?: boolean;
  readonly price: readonly Rate[];
}

function film(service: Service, studio: Studio, name: string, can: FilmModel): Defined {
  const { speed = 10 } = service.options;
  const typicalMs = CLIP_MS / speed;
  const rate = ({ audio }: ClipRequest): number =>
    can.price.find(({ when }) => when?.audio === undefined || when.audio === audio)?.price ?? 0;
  return videoModel({
    ...can,
    resolutions: ['720p', '1080p', '4k'],
    seed: true,
    negativePrompt: true,
    ratios: RATIOS,
    times: { ...TIMES, typicalMs, deadlineMs: 600_000, pollMs: 250 },
    limits: LIMITS,
    ...service.features,
    start: (request, call) => studio.start(name, rate(request), request, call),
    check: ({ job }: { job: string }) => studio.check(job),
    cancel: ({ job }: { job: string }) => studio.cancel(job),
  });
}

/**
 * Models that work offline: `simulated:writer-1` (text), `still-1` and `still-2` (pictures; the second takes none), `film-1` (4, 6, 8 s, first and
 * last frame, sound) and `film-2` (5, 10 s, first frame only, silent). Deterministic from the seed; jobs live in `dir` across restarts;
 * `dir/bills` is the service's own record of what it bills, one file for each request. Prices are inventions. Inert until first use.
 */
export function simulated(options: SimulatedOptions): Provider {
  const { durations = [4, 6, 8] } = options;
  const service = new Service(options);
  const studio = new Studio(service);
  const sound = [perSecond(RATES.sound, { audio: true }), perSecond(RATES.silent, { audio: false })];
  return defineProvider({
    id: 'simulated',
    text: { 'writer-1': writer(service) },
    image: {
      'still-1': still(service, 'still-1', { references: 4 }),
      'still-2': still(service, 'still-2', { conditioningPartner: 'still-1' }),
    },
    video: {
      'film-1': film(service, studio, 'film-1', { durations, lastFrame: true, audio: true, price: sound }),
      'film-2': film(service, studio, 'film-2', { durations: [5, 10], price: [perSecond(RATES.drift)] }),
    },
  });
}
