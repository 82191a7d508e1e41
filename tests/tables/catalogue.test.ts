import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogueCosts, usd } from 'vidpipe';
import type { Rate } from 'vidpipe/provider';
import { google } from 'vidpipe/providers/google';
import { simulated } from 'vidpipe/providers/simulated';
import { costed, faultsOf, fewest, filmsAt, googleBilling, SERVICES, wishesOf } from './catalogue.ts';

it.each(Object.entries(SERVICES))('every model of %s costs what was expected, and is billed that', async (_, open) => {
  const { films, models } = await filmsAt(open, fewest);
  expect(films.flatMap((film) => faultsOf(film))).toEqual([]);
  expect(films.every(({ check }) => check.ok && check.billed === check.charged)).toBe(true);
  const used = new Set(films.flatMap(({ ledger }) => ledger.entries.map(({ model }) => model)));
  expect([...used].sort()).toEqual(
    models.map(({ id }) => `${films[0]?.ledger.entries[0]?.model.split(':')[0]}:${id}`).sort(),
  );
});

describe('a price of the catalogue that is not that of the bill', () => {
  const off = (unit: Rate['unit'], price: string): Rate => ({ unit, price: usd(price) });

  it.each([
    ['per second', 'veo-3.1-generate-001', [off('second', '0.41')]],
    [
      'per picture',
      'gemini-nano-banana-2.1',
      [off('image', '0.0335'), off('input-token', '1.50'), off('output-token', '7.50')],
    ],
    ['per token', 'gemini-3.8-flash', [off('input-token', '0.75'), off('output-token', '3.74')]],
  ])('is found: %s', async (_, model, rates) => {
    const billing = await googleBilling('vertex', { [model]: { rates } });
    try {
      const wish = wishesOf(billing.provider).find((each) => Object.values(each).includes(model));
      if (wish === undefined) throw new Error(`${model} is in no film`);
      const film = await costed(billing, wish);
      expect(film.check.ok).toBe(false);
      const wrong = film.check.findings.map(({ kind, subject }) => {
        return [kind, film.ledger.entries.find(({ callId }) => callId === subject)?.model];
      });
      expect(wrong.length).toBeGreaterThan(0);
      expect(wrong.every(([kind, of]) => kind === 'billed-otherwise' && of === `google:${model}`)).toBe(true);
      expect(faultsOf(film)).not.toEqual([]);
    } finally {
      await billing.close();
    }
  });
});

it('no usage within the bounds of a request costs more than its worst price, 10,000 times', () => {
  const vertex = google({ vertex: { project: 'p', location: 'us-central1', apiKey: 'k' } });
  const providers = [vertex, simulated({ dir: 'never used' })];
  const costs = catalogueCosts(providers);
  const models = providers.flatMap(({ id, catalogue }) =>
    catalogue
      .filter(({ rates }) => rates.some(({ unit }) => unit.endsWith('token')))
      .map((entry) => `${id}:${entry.id}` as const),
  );
  expect(models.length).toBeGreaterThan(10);
  let cases = 0;
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const asked = fc.record({
    model: fc.constantFrom(...models),
    at: fc.constantFrom('2026-11-22T00:00:00.000Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'),
    inputTokens: fc.nat(2_000_000),
    maxOutputTokens: fc.nat(100_000),
    images: fc.nat(4),
    resolution: fc.constantFrom('512', '1K', '2K', '4K'),
  });
  fc.assert(
    fc.property(asked, share, share, (request, input, output) => {
      const price = costs.quote(request);
      const usage = {
        inputTokens: Math.floor(request.inputTokens * input),
        outputTokens: Math.floor(request.maxOutputTokens * output),
        images: Math.floor(request.images * output),
      };
      const charged = costs.charge({ request, usage });
      if (price === null || charged === null) throw new Error(`${request.model} has no price`);
      cases += 1;
      return charged <= price.worst && price.expected <= price.worst;
    }),
    { numRuns: 10_000, seed: 5 },
  );
  expect(cases).toBe(10_000);
});
