import { describe, expect, it } from 'vitest';
import { catalogueCosts, type CostModel, usd } from 'vidpipe';
import {
  defineProvider,
  type ImageModel,
  type Model,
  type ModelEntry,
  type MicroUsd,
  perCall,
  type Price,
  type Provider,
  type Rate,
  type TextModel,
  type VideoModel,
  videoModel,
} from 'vidpipe/provider';
import { simulated } from 'vidpipe/providers/simulated';
import {
  type ConformanceCase,
  costModelCases,
  type CostSubject,
  imageModelCases,
  textModelCases,
  type VideoSubject,
  videoModelCases,
} from 'vidpipe/testing';
import { declare } from '../support/conformance.ts';
import { MemoryService } from './memory-service.ts';

async function failures(cases: readonly ConformanceCase[]): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of cases) await run().catch(() => failed.push(name));
  return failed;
}

type Broken<M> = readonly [what: string, caught: string, how: (sound: M, service: MemoryService) => Partial<M>];

/** The subject with a broken model; a broken provider is broken again when it is reopened. */
function broken<M extends Model>(kind: M['kind'], how: Broken<M>[2]): VideoSubject {
  const service = new MemoryService();
  const open = (): Provider => {
    const provider = service.provider();
    const sound = provider.model(kind);
    const model = { ...sound, ...how(sound as M, service) };
    return { ...provider, model: (id) => (id === kind ? model : provider.model(id)) };
  };
  return service.subject(kind, { provider: open(), reopen: open });
}

const VIDEOS: readonly Broken<VideoModel>[] = [
  [
    'sends whatever it is asked',
    'refuses a request beyond what it lists, before anything is sent',
    (_, service) => ({ start: async (_request, call) => ({ handle: service.accept(call) }) }),
  ],
  [
    'sends what was aborted',
    'sends nothing when the signal is aborted before',
    (sound) => ({ start: (request, call) => sound.start(request, { ...call, signal: new AbortController().signal }) }),
  ],
  [
    'delivers a page of HTML',
    'delivers clips, MP4, as many takes as it lists',
    () => ({ check: async () => ({ state: 'succeeded', outputs: [{ bytes: Buffer.from('<html></html>') }] }) }),
  ],
  [
    'has a progress in percent',
    'says how a running operation stands, without a request that bills',
    (sound) => ({
      check: async (handle, call) => {
        const status = await sound.check(handle, call);
        return status.state === 'running' ? { ...status, progress: 50 } : status;
      },
    }),
  ],
  [
    'gives a handle with a date in it',
    'gives a handle that is JSON: read back from a log it serves as well',
    (_, service) => ({ start: async (_request, call) => ({ handle: { ...service.accept(call), at: new Date(0) } }) }),
  ],
  [
    'keeps its handles in memory',
    'gives a handle that serves another instance',
    (sound) => {
      const mine = new Set<unknown>();
      return {
        start: async (request, call) => {
          const found = await sound.start(request, call);
          if ('handle' in found) mine.add(found.handle['job']);
          return found;
        },
        check: async (handle, call) =>
          mine.has(handle['job'])
            ? sound.check(handle, call)
            : { state: 'failed', kind: 'lost', message: 'Whose is that?' },
      };
    },
  ],
  [
    'gives its result away once',
    'gives the same answer to every look after the end',
    (sound) => {
      let given = false;
      return {
        check: async (handle, call) => {
          const status = await sound.check(handle, call);
          if (given) return { state: 'failed', kind: 'lost', message: 'It was fetched.' };
          given = status.state === 'succeeded';
          return status;
        },
      };
    },
  ],
  [
    'cancels once',
    'cancels: the same answer when asked again, and what is cancelled does not finish',
    (sound) => {
      let asked = 0;
      return {
        cancel: async (handle, call) => {
          if ((asked += 1) > 1) throw new Error('It is cancelled already.');
          return (await sound.cancel?.(handle, call)) ?? { outcome: 'unsupported', charged: 'unknown' };
        },
      };
    },
  ],
  [
    'says that it cancelled what is done',
    'does not say of a finished operation that it was cancelled, and keeps its result',
    () => ({ cancel: async () => ({ outcome: 'cancelled', charged: 'no' }) }),
  ],
  [
    'begins anew with every sending',
    'gives one answer to the same callId',
    (sound) => {
      let sendings = 0;
      return {
        start: (request, call) => sound.start(request, { ...call, callId: `${call.callId}/${(sendings += 1)}` }),
      };
    },
  ],
  [
    'bills every sending',
    'bills the same callId once, also when it is sent twice at the same moment, and another one anew',
    (sound, service) => ({
      start: async (request, call) => {
        service.accept({ callId: `${call.callId}/${service.requests}` });
        return sound.start(request, call);
      },
    }),
  ],
  [
    'finds whatever it is asked for',
    'finds a call that was accepted, and none that never was',
    () => ({ lookUp: async ({ callId }) => ({ handle: { job: callId } }) }),
  ],
  ['finds nothing', 'finds an accepted call from another instance', () => ({ lookUp: async () => undefined })],
  ['has no look-up, but nobody says so', 'has what it is said to have', () => ({ lookUp: undefined }) as never],
];

describe('a video model that', () => {
  it.each(VIDEOS)('%s is caught: %s', async (_, caught, how) => {
    const failed = await failures(videoModelCases({ create: () => broken('video', how) }));
    expect(failed).toContain(caught);
  });
});

const answer = (service: MemoryService, bytes: string, kind: 'text' | 'image') => async () => {
  service.requests += 1;
  return { ...service.result(kind), outputs: [{ bytes: Buffer.from(bytes) }] };
};

const TEXTS: readonly Broken<TextModel>[] = [
  [
    'answers prose',
    'answers one text: JSON that fits the schema',
    (_, service) => ({ generate: answer(service, 'Here are your scenes!', 'text') }),
  ],
  [
    'answers other JSON',
    'answers one text: JSON that fits the schema',
    (_, service) => ({ generate: answer(service, '{"scene":1}', 'text') }),
  ],
  [
    'is priced by tokens and tells none',
    'reports what it used, so that the charge is known and within the quote',
    (_, service) => ({ generate: async () => ({ ...service.result('text'), usage: {} }) }),
  ],
  [
    'uses more than it lists',
    'reports what it used, so that the charge is known and within the quote',
    (_, service) => ({
      generate: async () => ({ ...service.result('text'), usage: { inputTokens: 1, outputTokens: 1e6 } }),
    }),
  ],
];

describe('a text model that', () => {
  it.each(TEXTS)('%s is caught: %s', async (_, caught, how) => {
    expect(await failures(textModelCases({ create: () => broken('text', how) }))).toContain(caught);
  });
});

const IMAGES: readonly Broken<ImageModel>[] = [
  [
    'draws an SVG',
    'answers pictures: PNG, JPEG or WebP',
    (_, service) => ({ generate: answer(service, '<svg></svg>', 'image') }),
  ],
  [
    'throws at references',
    'draws in every ratio and with as many references as it lists',
    (sound) => ({
      generate: async (request, call) => {
        if (request.images.length > 0) throw new Error('One thing at a time.');
        return sound.generate(request, call);
      },
    }),
  ],
];

describe('an image model that', () => {
  it.each(IMAGES)('%s is caught: %s', async (_, caught, how) => {
    expect(await failures(imageModelCases({ create: () => broken('image', how) }))).toContain(caught);
  });
});

/** A subject whose entries in the catalogue are others. */
function relisted(service: MemoryService, change: Partial<ModelEntry>): VideoSubject {
  const provider = service.provider();
  const catalogue = provider.catalogue.map((entry) => ({ ...entry, ...change }) as ModelEntry);
  return service.subject('video', { provider: { ...provider, catalogue } });
}

const PROVIDERS: readonly (readonly [string, string, (service: MemoryService) => VideoSubject])[] = [
  [
    'asks its service for a catalogue when it is built',
    'is inert: nothing is asked before the first call',
    (service) => (service.accept({ callId: 'catalogue' }), service.subject('video')),
  ],
  [
    'has a model without a price',
    'lists each model once, with a price and with times and limits that can hold',
    (service) => relisted(service, { rates: [] }),
  ],
  [
    'has operations that are typically overdue',
    'lists each model once, with a price and with times and limits that can hold',
    (service) =>
      relisted(service, {
        times: { typicalMs: 100, deadlineMs: 10, pollMs: 1, requestDeadlineMs: 1, submitWithinMs: 1 },
      }),
  ],
  [
    'has every model that it is asked for',
    'refuses the id of a model that it does not list',
    (service) => {
      const provider = service.provider();
      return service.subject('video', { provider: { ...provider, model: () => provider.model('video') } });
    },
  ],
];

describe('a provider that', () => {
  it.each(PROVIDERS)('%s is caught: %s', async (_, caught, subject) => {
    expect(await failures(videoModelCases({ create: () => subject(new MemoryService()) }))).toContain(caught);
  });
});

/** Catalogue prices per second, by sound and by date, per picture, per call and per token. */
function priced(): CostSubject {
  const never = (): Promise<never> => Promise.reject(new Error('not asked'));
  const can = { durations: [4], ratios: ['16:9'], start: never, check: never };
  const price: readonly Rate[] = [
    { unit: 'second', price: usd('0.05'), validTo: '2026-07-01' },
    { unit: 'second', price: usd('0.033333'), validFrom: '2026-07-01' },
    perCall(usd('0.01')),
  ];
  const farm = defineProvider({ id: 'farm', video: { reel: videoModel({ ...can, price }) } });
  const [before, after] = ['2026-06-30T23:59:59.999Z', '2026-07-01T00:00:00.000Z'];
  const reel = { model: 'farm:reel', at: before, seconds: 4 } as const;
  return {
    costs: catalogueCosts([farm, simulated({ dir: 'nowhere' })]),
    requests: [
      reel,
      { model: 'simulated:film-1', at: before, seconds: 8, audio: true, resolution: '720p' },
      { model: 'simulated:still-1', at: before, images: 1, resolution: '1280x720' },
      { model: 'simulated:writer-1', at: before, inputTokens: 3001, maxOutputTokens: 60_000 },
    ],
    dated: [reel, { ...reel, at: after }],
  };
}

const withCosts = (given: (costs: CostModel) => Partial<CostModel>): CostSubject => {
  const { costs, ...rest } = priced();
  return { ...rest, costs: { ...costs, ...given(costs) } };
};
/** Quotes of a sound cost model, each changed. */
const requoted = (costs: CostModel, change: (sound: Price) => Partial<Price>): CostModel['quote'] => {
  return (request) => {
    const sound = costs.quote(request);
    return sound === null ? null : { ...sound, ...change(sound) };
  };
};

const micro = (amount: number): MicroUsd => amount as MicroUsd;

const QUOTED = 'quotes whole micro-dollars, the expected not above the worst, both the same where it is exact';
const COSTS: readonly (readonly [string, string, (costs: CostModel) => Partial<CostModel>])[] = [
  [
    'expects more than the worst',
    QUOTED,
    (costs) => ({ quote: requoted(costs, ({ worst }) => ({ expected: micro(worst + 1), exact: false })) }),
  ],
  ['calls an interval exact', QUOTED, (costs) => ({ quote: requoted(costs, () => ({ exact: true })) })],
  [
    'quotes fractions',
    QUOTED,
    (costs) => ({ quote: requoted(costs, ({ worst }) => ({ worst: micro(worst + 0.5), exact: false })) }),
  ],
  [
    'becomes dearer with every question',
    'quotes the same again, whatever was asked between, and changes nothing that it is given',
    (costs) => {
      let asked = 0;
      return { quote: requoted(costs, ({ worst }) => ({ worst: micro(worst + (asked += 1)), exact: false })) };
    },
  ],
  [
    'takes what it does not know for free',
    'does not price a model that it does not know',
    (costs) => ({ quote: (request) => costs.quote(request) ?? { expected: usd(0), worst: usd(0), exact: true } }),
  ],
  [
    'charges more than it quoted',
    'charges no more than the quoted worst for all that was asked for',
    (costs) => ({
      charge: (used) => {
        const charge = costs.charge(used);
        return charge === null ? null : micro(charge + costs.quote(used.request)!.worst + 1);
      },
    }),
  ],
  [
    'prices by its own clock',
    'prices by the time of the request',
    (costs) => ({
      quote: (r) => costs.quote({ ...r, at: '2026-06-01T00:00:00.000Z' }),
      charge: (c) => costs.charge({ ...c, request: { ...c.request, at: '2026-06-01T00:00:00.000Z' } }),
    }),
  ],
];

describe('the prices of the catalogue', () => {
  declare(costModelCases({ create: priced }));
});

describe('a cost model that', () => {
  it.each(COSTS)('%s is caught: %s', async (_, caught, how) => {
    expect(await failures(costModelCases({ create: () => withCosts(how) }))).toEqual([caught]);
  });
  it('has no dated price says so', () => {
    expect(costModelCases({ create: priced }, ['dated']).flatMap(({ skip = [] }) => skip)).toEqual(['dated']);
  });
});
