import { describe, expect, it } from 'vitest';
import { catalogueCosts, type MicroUsd, usd } from 'vidpipe';
import {
  defineProvider,
  imageModel,
  perMillionTokens,
  perSecond,
  type Rate,
  textModel,
  videoModel,
} from 'vidpipe/provider';

const nothing = (): Promise<never> => Promise.reject(new Error('not asked'));
const at = '2026-06-01T00:00:00.000Z';

function costsOf(price: Rate | readonly Rate[]): ReturnType<typeof catalogueCosts> {
  const clip = videoModel({ durations: [4], ratios: ['16:9'], price, start: nothing, check: nothing });
  const text = textModel({
    maxOutputTokens: 1000,
    price: perMillionTokens({ input: usd(1), output: usd(8) }),
    generate: nothing,
  });
  const free = imageModel({ ratios: ['16:9'], generate: nothing });
  return catalogueCosts([defineProvider({ id: 'x', video: { clip }, text: { text }, image: { free } })]);
}

const request = { model: 'x:clip', at, seconds: 4 } as const;
const rate = (price: string, more: Partial<Rate> = {}): Rate => ({ unit: 'second', price: usd(price), ...more });

describe('a quote', () => {
  it.each([
    ['exact per second', rate('0.05'), {}, 200_000],
    [
      'the rate with sound where sound is asked',
      [rate('0.05'), rate('0.1', { when: { audio: true } })],
      { audio: true },
      400_000,
    ],
    [
      'the narrower rate whatever the order',
      [rate('0.1', { when: { audio: true } }), rate('0.05')],
      { audio: true },
      400_000,
    ],
    [
      'the wide rate where the narrow one does not apply',
      [rate('0.1', { when: { audio: true } }), rate('0.05')],
      {},
      200_000,
    ],
    ['by resolution', [rate('0.05'), rate('0.2', { when: { resolution: '2160p' } })], { resolution: '2160p' }, 800_000],
    [
      'by date: not yet',
      [rate('0.05', { validTo: '2026-07-01' }), rate('0.01', { validFrom: '2026-07-01' })],
      {},
      200_000,
    ],
    [
      'by date, whichever rate is named first',
      [rate('0.01', { validFrom: '2026-07-01' }), rate('0.05', { validTo: '2026-07-01' })],
      {},
      200_000,
    ],
    [
      'by date: the day it changes',
      [rate('0.05', { validTo: '2026-06-01' }), rate('0.01', { validFrom: '2026-06-01' })],
      {},
      40_000,
    ],
    ['rounded up to a whole micro-dollar', { unit: 'second', price: 3 as MicroUsd }, { seconds: 0.5 }, 2],
  ] as const)('%s', (_, price, more, worst) => {
    expect(costsOf(price).quote({ ...request, ...more })).toMatchObject({ expected: worst, worst, exact: true });
  });

  it.each([
    [{ resolution: '4k', audio: true }, 2_400_000],
    [{ resolution: '720p', audio: true }, 1_600_000],
    [{ resolution: '4k', audio: false }, 800_000],
  ])('is the rate that says most of %j', (asked, worst) => {
    const rates = [
      rate('0.4', { when: { audio: true } }),
      rate('0.2'),
      rate('0.6', { when: { audio: true, resolution: '4k' } }),
    ];
    for (const price of [rates, rates.toReversed()])
      expect(costsOf(price).quote({ ...request, ...asked })?.worst).toBe(worst);
  });

  it('is an interval for tokens', () => {
    const quote = costsOf([]).quote({ model: 'x:text', at, inputTokens: 1000, maxOutputTokens: 1000 });
    expect(quote).toMatchObject({ expected: 250 + 2000, worst: 1000 + 8000, exact: false });
  });

  it.each([
    ['a model without rates', { model: 'x:free', at, images: 1 }],
    ['an unknown model', { model: 'y:clip', at, seconds: 4 }],
    ['a rate whose unit nobody counted', { model: 'x:clip', at }],
    ['tokens without a bound', { model: 'x:text', at, inputTokens: 10 }],
  ] as const)('is unknown for %s', (_, asked) => {
    expect(costsOf(perSecond(usd('0.05'))).quote(asked)).toBe(null);
  });
});

describe('your own terms', () => {
  const clip = videoModel({ durations: [4], ratios: ['16:9'], price: rate('0.05'), start: nothing, check: nothing });
  const providers = [defineProvider({ id: 'x', video: { clip } })];

  it('take their share off every rate', () => {
    const costs = catalogueCosts(providers, { discount: 0.25 });
    expect(costs.quote(request)?.worst).toBe(150_000);
    expect(costs.charge({ request, usage: { seconds: 4 } })).toBe(150_000);
    expect(costs.charge({ request, usage: { microUsd: 9 } })).toBe(9);
  });

  it('set a rate where the catalogue has another, or none', () => {
    const costs = catalogueCosts(providers, { rates: { 'x:clip': [rate('0.01')], 'y:new': [rate('0.02')] } });
    expect(costs.quote(request)?.worst).toBe(40_000);
    expect(costs.quote({ ...request, model: 'y:new' })?.worst).toBe(80_000);
  });

  it.each([-0.1, 1, NaN])('refuse a discount of %d', (discount) => {
    expect(() => catalogueCosts(providers, { discount })).toThrow(`discount: expected 0 to below 1, got ${discount}`);
  });
});

describe('a charge', () => {
  const costs = costsOf(perSecond(usd('0.05')));
  it.each([
    ['the units used', { seconds: 3 }, 150_000],
    ['the units asked for, where the provider names none', {}, 200_000],
    ["the provider's own figure before any rate", { microUsd: 7, seconds: 3 }, 7],
  ])('is %s', (_, usage, charged) => {
    expect(costs.charge({ request, usage })).toBe(charged);
  });

  it('is unknown without rates', () => {
    expect(costs.charge({ request: { model: 'x:free', at }, usage: { images: 1 } })).toBe(null);
    expect(costs.charge({ request: { model: 'x:text', at }, usage: { inputTokens: 1 } })).toBe(null);
  });
});
