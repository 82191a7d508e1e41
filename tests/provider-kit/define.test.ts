import { describe, expect, it } from 'vitest';
import { InvalidSettingsError, usd } from 'vidpipe';
import {
  type CallOptions,
  type ClipRequest,
  type Defined,
  defineProvider,
  imageModel,
  type ImageRequest,
  MissingKeyError,
  type MicroUsd,
  type Model,
  perCall,
  perImage,
  perMillionTokens,
  perSecond,
  type Provider,
  type ProviderDefinition,
  type Reply,
  textModel,
  type VideoModel,
  videoModel,
} from 'vidpipe/provider';
import { rejection } from './serve.ts';

const succeeded: Reply = { state: 'succeeded', outputs: [] };
const generate = (): Promise<Reply> => Promise.resolve(succeeded);
const text = (given: object = {}): Defined => textModel({ maxOutputTokens: 100, generate, ...given });
const image = (given: object = {}): Defined => imageModel({ ratios: ['16:9'], generate, ...given });
const video = (given: object = {}): Defined =>
  videoModel({
    durations: [4, 6],
    ratios: ['16:9'],
    start: () => Promise.resolve({ handle: { job: '1' } }),
    check: () => Promise.resolve({ state: 'running' }),
    ...given,
  });
const provider = (given: Partial<ProviderDefinition> = {}): Provider => defineProvider({ id: 'wan', ...given });

/** The issues of the `InvalidSettingsError` that it throws. */
function issues(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid-settings' });
    return (error as { details: { issues: readonly string[] } }).details.issues;
  }
  return [];
}

describe('the id of a provider', () => {
  it.each(['wan', 'my-gpu', 'wan_3.1'])('takes %s', (id) => expect(provider({ id }).id).toBe(id));
  it.each(['', 'a:b', 'a b', ' wan', 'wan\n', 'a/b', '../wan', 'wän', '-', 'x'.repeat(65)])('refuses %j', (id) =>
    expect(issues(() => provider({ id }))).toEqual([expect.stringMatching(/^id: expected /)]),
  );
});

describe('the ids of models', () => {
  it('are listed in the order text, image, video, and found', () => {
    const made = provider({ video: { v: video() }, text: { t: text() }, image: { 'org/i-1': image() } });
    expect(made.catalogue.map(({ id, kind }) => [id, kind])).toEqual([
      ['t', 'text'],
      ['org/i-1', 'image'],
      ['v', 'video'],
    ]);
    expect(made.model('org/i-1').kind).toBe('image');
    for (const unknown of ['x', 'toString', '__proto__', ''])
      expect(() => made.model(unknown)).toThrow(expect.objectContaining({ code: 'unknown-model' }));
  });

  it('are refused when two kinds share one', () =>
    expect(issues(() => provider({ image: { wan: image() }, video: { wan: video() } }))).toEqual([
      'video.wan: the id is taken (image model)',
    ]));

  it.each(['', ' ', 'a b', 'a\n'])('are refused when malformed: %j', (id) =>
    expect(issues(() => provider({ image: { [id]: image() } }))).toEqual([
      expect.stringMatching(/^image\..*expected/s),
    ]),
  );

  it('are refused under another kind than theirs', () =>
    expect(issues(() => provider({ text: { wan: video() } }))).toEqual([
      'text.wan: not a model of this kind (video model)',
    ]));
});

describe('a definition', () => {
  const price = (amount: number): MicroUsd => amount as MicroUsd;
  it.each<[string, () => unknown, RegExp]>([
    ['no durations', () => video({ durations: [] }), /^durations: .*ascending/],
    ['unsorted durations', () => video({ durations: [6, 4] }), /^durations: .*6, 4/],
    ['the same duration twice', () => video({ durations: [4, 4] }), /^durations/],
    ['a duration of zero', () => video({ durations: [0, 4] }), /^durations/],
    ['a duration without end', () => video({ durations: [4, Infinity] }), /^durations/],
    ['a duration that is no number', () => video({ durations: ['4'] }), /^durations/],
    ['no ratios', () => image({ ratios: [] }), /^ratios: /],
    ['a ratio that is none', () => video({ ratios: ['16:9', 'wide'] }), /^ratios: .*"wide"/],
    ['a negative price', () => image({ price: perImage(price(-1)) }), /^price: .*-1/],
    ['a price that is no number', () => image({ price: perImage(price(NaN)) }), /^price: .*NaN/],
    ['a price in dollars', () => video({ price: perSecond(price(0.02)) }), /^price: .*usd\(\), got 0\.02/],
    ['a price for nothing known', () => image({ price: { unit: 'minute', price: 1 } }), /^price: .*"minute"/],
    ['a rate with a misspelt field', () => image({ price: { unit: 'image', price: 1, wehn: {} } }), /^price: .*wehn/],
    [
      'a rate that ends before it begins',
      () => image({ price: [{ ...perImage(usd(1)), validFrom: '2026-02-01', validTo: '2026-01-01' }] }),
      /^price: .*validTo/,
    ],
    ['a date that is none', () => image({ price: [{ ...perImage(usd(1)), validFrom: 'soon' }] }), /^price: .*"soon"/],
    ['two rates for the same', () => image({ price: [perImage(usd(1)), perImage(usd(2))] }), /^price: .*two rates/],
    ['no output tokens', () => text({ maxOutputTokens: 0 }), /^maxOutputTokens/],
    ['no output tokens of a still', () => image({ maxOutputTokens: 0 }), /^maxOutputTokens/],
    ['half an output token', () => text({ maxOutputTokens: 1.5 }), /^maxOutputTokens/],
    ['negative references', () => image({ references: -1 }), /^references/],
    ['no takes', () => video({ takes: 0 }), /^takes/],
    ['a negative time', () => video({ times: { pollMs: -1 } }), /^times\.pollMs/],
    ['a time without end', () => video({ times: { deadlineMs: Infinity } }), /^times\.deadlineMs/],
    ['a misspelt time', () => video({ times: { pollMS: 1 } }), /^times\.pollMS: unknown/],
    ['no concurrency', () => image({ limits: { concurrency: 0 } }), /^limits\.concurrency/],
    ['a misspelt limit', () => image({ limits: { concurrency: 1, perMinutes: 3 } }), /^limits\.perMinutes: unknown/],
    ['a rate limit of zero', () => image({ limits: { concurrency: 1, perMinute: 0 } }), /^limits\.perMinute/],
    ['an unknown stage', () => image({ stage: 'beta' }), /^stage: .*"beta"/],
    ['a retired model without replacement', () => image({ stage: 'retired' }), /^replacement: /],
    [
      'a replacement without a provider',
      () => image({ stage: 'retired', replacement: 'wan-4' }),
      /^replacement: .*provider:model/,
    ],
    ['an unknown field', () => video({ duration: 4 }), /^duration: unknown/],
    ['a field of another kind', () => image({ lastFrame: true }), /^lastFrame: unknown/],
    ['a missing function', () => video({ check: undefined }), /^check: expected a function/],
    ['a look-up that is none', () => text({ lookUp: true }), /^lookUp: expected a function/],
    ['a flag that is none', () => video({ audio: 'yes' }), /^audio: expected true or false/],
  ])('is refused with %s', (_, make, message) => expect(issues(make)).toEqual([expect.stringMatching(message)]));

  it('names all that is wrong with it', () =>
    expect(issues(() => video({ durations: [], takes: 0, lenght: 1 })).map((issue) => issue.split(':')[0])).toEqual([
      'lenght',
      'durations',
      'takes',
    ]));

  it('may leave out what has a default, also by undefined', () => {
    const { entry } = video({ audio: undefined, times: undefined, limits: undefined, price: undefined });
    expect(entry('v')).toEqual({
      id: 'v',
      kind: 'video',
      can: { durations: [4, 6], ratios: ['16:9'] },
      rates: [],
      limits: { concurrency: 4 },
      times: {
        requestDeadlineMs: 60_000,
        submitWithinMs: 30_000,
        typicalMs: 60_000,
        deadlineMs: 1_200_000,
        pollMs: 2_000,
      },
    });
  });

  it('stands in the catalogue as plain JSON, without functions and prices among the capabilities', () => {
    const made = provider({
      image: {
        old: image({ stage: 'retired', replacement: 'wan:new' }),
        new: image({ references: 2, seed: true, price: perImage(usd('0.02')) }),
      },
    });
    expect(JSON.parse(JSON.stringify(made.catalogue))).toEqual(made.catalogue);
    expect(made.catalogue[0]).toMatchObject({ stage: 'retired', replacement: 'wan:new' });
    expect(made.catalogue[1]).toMatchObject({ can: { ratios: ['16:9'], references: 2, seed: true } });
    expect(made.catalogue[1]?.rates).toEqual([{ unit: 'image', price: 20_000 }]);
  });

  it('is not changed by who changes the literal afterwards', () => {
    const durations = [4, 6];
    const made = provider({ video: { v: video({ durations }) } });
    durations.push(1);
    expect(made.catalogue[0]).toMatchObject({ can: { durations: [4, 6] } });
  });
});

describe('what a model says of another', () => {
  const retired = (replacement: string): Defined => image({ stage: 'retired', replacement });

  it.each([
    ['itself', { a: retired('wan:a') }],
    ['a model that is not listed', { a: retired('wan:b') }],
    ['one that is retired too', { a: retired('wan:b'), b: retired('other:c') }],
  ])('a replacement may not be %s', (_, models) =>
    expect(issues(() => provider({ image: models }))).toEqual([expect.stringMatching(/^image\.a\.replacement: /)]),
  );

  it('a replacement may be of another provider', () =>
    expect(provider({ image: { a: retired('other:b') } }).catalogue).toHaveLength(1));

  it.each([
    ['is not listed', { a: image({ conditioningPartner: 'b' }) }],
    ['takes no picture', { a: image({ conditioningPartner: 'b' }), b: image() }],
  ])('a conditioning partner that %s is refused', (_, models) =>
    expect(issues(() => provider({ image: models }))).toEqual([
      expect.stringMatching(/^image\.a\.conditioningPartner: /),
    ]),
  );
});

describe('the list of downloads', () => {
  it.each([
    'storage.googleapis.com',
    'https://cdn.example.com',
    'https://cdn.example.com:8443',
    'http://127.0.0.1:8000',
    'http://gpu:8000/',
    'http://[::1]:8000',
  ])('takes %s', (download) => expect(provider({ downloads: [download] }).downloads).toEqual([download]));

  it.each([
    '',
    '*',
    '*.example.com',
    'gpu:8000',
    'Storage.Example.com',
    'example.com/path',
    'https://example.com/bucket',
    'https://example.com/?x=1',
    'https://user:pass@example.com',
    'file:///tmp',
    'file://',
    'data://x',
    'ftp://example.com',
    'https://',
    'storage.googleapis.com.',
  ])('refuses %j', (download) =>
    expect(issues(() => provider({ downloads: [download] }))).toEqual([expect.stringMatching(/^downloads: expected/)]),
  );

  it('does not repeat a password', () =>
    expect(String(issues(() => provider({ downloads: ['https://user:pass@example.com'] })))).not.toContain('pass@'));
});

it('refuses unknown fields of a provider', () =>
  expect(issues(() => provider({ models: {} } as object))).toEqual([
    'models: unknown; known are id, downloads, text, image, video, optionIssues, elsewhere',
  ]));

const options = (given: Partial<CallOptions> = {}): CallOptions => ({
  callId: 'c',
  signal: new AbortController().signal,
  fetch,
  ...given,
});
const frame = {
  bytes: new Uint8Array([1]),
  mediaType: 'image/png',
  digest: `sha256-${'a'.repeat(64)}`,
  role: 'start-frame',
} as const;
const clip: ClipRequest = {
  prompt: 'p',
  seconds: 4,
  ratio: '16:9',
  width: 16,
  height: 9,
  resolution: '720p',
  audio: false,
  startFrame: frame,
  takes: 1,
};
const picture: ImageRequest = { prompt: 'p', ratio: '16:9', width: 16, height: 9, images: [] };
const asVideo = (model: Model): VideoModel => model as VideoModel;

describe('a request that the model does not list', () => {
  const full = { lastFrame: true, audio: true, takes: 2 };
  const started = (given: object, request: Partial<ClipRequest>): [() => number, Promise<unknown>] => {
    let starts = 0;
    const start = (): Promise<{ handle: { job: string } }> => {
      starts += 1;
      return Promise.resolve({ handle: { job: '1' } });
    };
    const { model } = video({ ...given, start });
    return [() => starts, asVideo(model).start({ ...clip, ...request }, options())];
  };

  it.each<[string, object, Partial<ClipRequest>]>([
    ['another length', {}, { seconds: 5 }],
    ['another ratio', {}, { ratio: '9:16' }],
    ['sound', {}, { audio: true }],
    ['an end frame', {}, { endFrame: { ...frame, role: 'end-frame' } }],
    ['several takes', {}, { takes: 2 }],
    ['more takes than it makes', full, { takes: 3 }],
    ['no takes', full, { takes: 0 }],
  ])('is refused before it is sent: %s', async (_, given, request) => {
    const [starts, answer] = started(given, request);
    expect(await rejection(answer)).toMatchObject({ kind: 'invalid-request', accepted: 'no' });
    expect(starts()).toBe(0);
  });

  it('is sent where the model can', async () => {
    const [starts, answer] = started(full, { audio: true, takes: 2, endFrame: { ...frame, role: 'end-frame' } });
    expect(await answer).toEqual({ handle: { job: '1' } });
    expect(starts()).toBe(1);
  });

  it('is refused of pictures and texts too', async () => {
    const reference = { ...frame, role: 'reference' } as const;
    const draw = (given: object, request: Partial<ImageRequest>): Promise<unknown> => {
      const { model } = image(given);
      return model.kind === 'image' ? model.generate({ ...picture, ...request }, options()) : Promise.resolve();
    };
    const refused = { kind: 'invalid-request', accepted: 'no' };
    expect(await rejection(draw({}, { images: [reference] }))).toMatchObject(refused);
    expect(await rejection(draw({ references: 1 }, { images: [reference, reference] }))).toMatchObject(refused);
    expect(await rejection(draw({}, { ratio: '1:1' }))).toMatchObject(refused);
    expect(await rejection(draw({}, { prompt: ' ' }))).toMatchObject(refused);
    const condition = { ...frame, role: 'condition' } as const;
    expect(await rejection(draw({}, { images: [condition] }))).toMatchObject(refused);
    expect(await draw({ references: 1 }, { images: [condition] })).toEqual(succeeded);
    expect(await draw({ references: 1 }, { images: [condition, reference] })).toEqual(succeeded);
    const { model } = text();
    const asked = { system: '', prompt: '', schema: {}, temperature: 0 };
    if (model.kind !== 'text') throw new Error('a text model is one');
    expect(await rejection(model.generate(asked, options()))).toMatchObject(refused);
  });
});

describe('the options that the functions of a model get', () => {
  const asked = async (given: Partial<CallOptions>): Promise<unknown> => {
    const { model } = video({
      start: async (_: ClipRequest, call: CallOptions) => {
        await call.fetch('http://127.0.0.1:1/jobs', { method: 'POST' });
        return { handle: { job: '1' } };
      },
    });
    return rejection(asVideo(model).start(clip, options(given)));
  };

  it('turn what fetch throws into a typed error', async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
    const refusing = (): Promise<Response> => Promise.reject(new TypeError('fetch failed', { cause }));
    expect(await asked({ fetch: refusing })).toMatchObject({ code: 'provider', accepted: 'no' });
    const resetting = (): Promise<Response> => Promise.reject(new TypeError('fetch failed'));
    expect(await asked({ fetch: resetting })).toMatchObject({ code: 'provider', accepted: 'unknown' });
  });

  it('give the signal of the call to a fetch that names none', async () => {
    const seen: unknown[] = [];
    const recording: typeof fetch = (_, init) => {
      seen.push(init?.signal, init?.method);
      return Promise.reject(new Error('recorded'));
    };
    const { signal } = new AbortController();
    await asked({ fetch: recording, signal });
    expect(seen).toEqual([signal, 'POST']);
  });

  it('send nothing once the signal is aborted', async () => {
    let sent = 0;
    const counting = (): Promise<Response> => {
      sent += 1;
      return Promise.reject(new Error('sent'));
    };
    const error = await asked({ fetch: counting, signal: AbortSignal.abort() });
    expect(error).toMatchObject({ code: 'provider', accepted: 'no' });
    expect(sent).toBe(0);
  });
});

describe('a submission that fails before it is sent', () => {
  it.each([
    ['a key is missing', new MissingKeyError({ option: 'apiKey', variable: 'WAN_KEY' }), 'auth', /WAN_KEY/],
    ['a key is malformed', new InvalidSettingsError({ issues: ['apiKey: bad'] }), 'invalid-request', /apiKey: bad/],
  ])('is accepted `no` when %s', async (_, thrown, kind, message) => {
    const { model } = video({ start: () => Promise.reject(thrown) });
    const error = await rejection(asVideo(model).start(clip, options()));
    expect(error).toMatchObject({ code: 'provider', kind, accepted: 'no' });
    expect(String(error)).toMatch(message);
  });

  it('is accepted `unknown` when an earlier request of it was answered', async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
    let sent = 0;
    const first: typeof fetch = () => {
      sent += 1;
      return sent === 1 ? Promise.resolve(Response.json({})) : Promise.reject(new TypeError('fetch failed', { cause }));
    };
    const start = async (_: ClipRequest, call: CallOptions): Promise<{ handle: object }> => {
      await call.fetch('http://127.0.0.1:1/jobs', { method: 'POST' });
      await call.fetch('http://127.0.0.1:1/jobs/1');
      return { handle: {} };
    };
    const error = await rejection(asVideo(video({ start }).model).start(clip, options({ fetch: first })));
    expect(error).toMatchObject({ code: 'provider', accepted: 'unknown' });
    expect(sent).toBe(2);
  });
});

describe('prices', () => {
  it('are rates in the unit that they are named by', () => {
    expect(perCall(usd(1))).toEqual({ unit: 'call', price: 1_000_000 });
    expect(perImage(usd('0.04'))).toEqual({ unit: 'image', price: 40_000 });
    expect(perSecond(usd('0.000001'))).toEqual({ unit: 'second', price: 1 });
    expect(perMillionTokens({ input: usd('0.3'), output: usd('2.5') })).toEqual([
      { unit: 'input-token', price: 300_000 },
      { unit: 'output-token', price: 2_500_000 },
    ]);
  });

  it('can be narrowed', () => {
    expect(perSecond(usd(1), { audio: true })).toEqual({ unit: 'second', price: 1_000_000, when: { audio: true } });
    expect(perImage(usd(1), { resolution: '4096x4096' })).toEqual({
      unit: 'image',
      price: 1_000_000,
      when: { resolution: '4096x4096' },
    });
  });

  it('may be several for one unit when they are told apart', () =>
    expect(
      video({ price: [perSecond(usd(2), { audio: true }), perSecond(usd(1), { audio: false }), perSecond(usd(3))] }),
    ).toBeDefined());
});
