import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { catalogueCosts } from 'vidpipe';
import { google, googleModels } from 'vidpipe/providers/google';

const AT = '2026-11-25T00:00:00.000Z';
const LATER = '2027-01-02T00:00:00.000Z';
const vertex = google({ vertex: { project: 'proj' } });
const keyed = google();
const dollars = (micro: number | null): string => (micro === null ? 'unknown' : String(micro / 1_000_000));

/** Copied from Google's price lists, apart from the catalogue: model, what of it, dollars at AT. Tokens are millions. */
const PRICES = `
gemini-3.8-flash | tokens | 0.75 3.75
gemini-3.6-flash | tokens | 1.5 7.5
gemini-3.5-flash-lite | tokens | 0.3 2.5
gemini-3.1-pro-preview | tokens | 2 12
gemini-4-argon | tokens | 2 10
gemini-4-carbon | tokens | 2 10
gemini-nano-banana-2.1 | tokens | 1.5 7.5
gemini-nano-banana-2.1 | 1K | 0.0336
gemini-3-pro-image | tokens | 2 12
gemini-3-pro-image | 1K | 0.134
gemini-3-pro-image | 2K | 0.134
gemini-3-pro-image | 4K | 0.24
gemini-3.1-flash-lite-image | tokens | 0.25 1.5
gemini-3.1-flash-lite-image | 1K | 0.0336
gemini-3.1-flash-image | tokens | 0.5 3
gemini-3.1-flash-image | 512 | 0.045
gemini-3.1-flash-image | 1K | 0.067
gemini-3.1-flash-image | 2K | 0.101
gemini-3.1-flash-image | 4K | 0.151
gemini-2.5-flash-image | 1K | 0.039
imagen-4.0-generate-001 | 1K | 0.04
imagen-4.0-fast-generate-001 | 1K | 0.02
imagen-4.0-ultra-generate-001 | 1K | 0.06`;

const LATER_PRICES = `
gemini-3.8-flash | tokens | 1.5 7.5
gemini-4-argon | tokens | 4 20
gemini-4-carbon | tokens | 4 20`;

/** Of a second: model, resolution, with sound, silent. */
const SECONDS = `
veo-3.1-generate-001 | 720p | 0.4 0.2
veo-3.1-generate-001 | 1080p | 0.4 0.2
veo-3.1-generate-001 | 4k | 0.6 0.6
veo-3.1-fast-generate-001 | 720p | 0.1 0.08
veo-3.1-fast-generate-001 | 1080p | 0.12 0.1
veo-3.1-lite-generate-001 | 720p | 0.05 0.05
veo-3.1-lite-generate-001 | 1080p | 0.08 0.08
gemini-omni-1.1-flash | 360p | 0.03 0.03
gemini-omni-1.1-flash | 720p | 0.1 0.1
gemini-omni-1.1-flash | 1080p | 0.15 0.15
gemini-omni-1.1-flash | 4k | 0.3 0.3
gemini-omni-1.2-flash | 360p | 0.023 0.023
gemini-omni-1.2-flash | 720p | 0.07 0.07
gemini-omni-1.2-flash | 1080p | 0.105 0.105
gemini-omni-1.2-flash | 4k | 0.21 0.21`;

const rows = (table: string) =>
  table
    .trim()
    .split('\n')
    .map((row) => row.split(' | ') as [string, string, string]);
const entries = Object.entries(googleModels);

/** The whole catalogue, also what no surface of a provider offers. */
const costs = catalogueCosts([{ ...vertex, catalogue: entries.map(([id, { rates }]) => ({ id, rates }) as never) }]);

function charged(id: string, what: string, at: string): string {
  const model = `google:${id}` as const;
  const charge = (resolution: string, usage: object): string =>
    dollars(costs.charge({ request: { model, at, resolution }, usage }));
  const none = { images: 0, inputTokens: 0, outputTokens: 0 };
  if (what !== 'tokens') return charge(what, { ...none, images: 1 });
  return `${charge('1K', { ...none, inputTokens: 1_000_000 })} ${charge('1K', { ...none, outputTokens: 1_000_000 })}`;
}

describe('prices', () => {
  it.each(rows(PRICES))('of %s: %s is %s', (id, what, price) => expect(charged(id, what, AT)).toBe(price));
  it.each(rows(LATER_PRICES))('of %s next year: %s is %s', (id, what, price) =>
    expect(charged(id, what, LATER)).toBe(price),
  );

  it.each(rows(SECONDS))('of a second of %s in %s', (id, resolution, price) => {
    const each = (audio: boolean): string =>
      dollars(costs.charge({ request: { model: `google:${id}`, at: AT, resolution, audio }, usage: { seconds: 1 } }));
    expect(`${each(true)} ${each(false)}`).toBe(price);
  });

  it.each(entries)('of %s name where they come from', (_, { rates }) => {
    expect(rates.length).toBeGreaterThan(0);
    expect(rates.filter(({ source = '' }) => source === '')).toEqual([]);
  });

  const all = [...vertex.catalogue, ...keyed.catalogue].filter(({ stage }) => stage !== 'retired');

  it.each(all)('of $id are known for everything that it can make', ({ id, kind, can }) => {
    const { sizes = [{ name: '1280x720' }], resolutions = [] } = can as {
      readonly sizes?: readonly { readonly name: string }[];
      readonly resolutions?: readonly string[];
    };
    const made = kind === 'video' ? resolutions : sizes.map(({ name }) => name);
    const units = { inputTokens: 100, maxOutputTokens: 100, images: 1, seconds: 4 };
    const asked = made.flatMap((resolution) => [true, false].map((audio) => ({ resolution, audio })));
    const quotes = asked.map((what) => costs.quote({ model: `google:${id}`, at: AT, ...units, ...what })?.worst ?? 0);
    expect(quotes.length).toBeGreaterThan(0);
    expect(Math.min(...quotes)).toBeGreaterThan(0);
  });

  it('of a picture have a worst that its words and thoughts can not pass', () => {
    const { maxOutputTokens = 0 } = vertex.catalogue.find(({ id }) => id === 'gemini-nano-banana-2.1')!.can as {
      maxOutputTokens?: number;
    };
    const request = {
      model: 'google:gemini-nano-banana-2.1',
      at: AT,
      images: 1,
      resolution: '1K',
      inputTokens: 100,
      maxOutputTokens,
    } as const;
    const usage = { images: 1, inputTokens: 100, outputTokens: maxOutputTokens };
    expect(costs.quote(request)?.worst).toBe(costs.charge({ request, usage }));
  });
});

describe('surfaces', () => {
  const idsOf = ({ catalogue }: typeof vertex, kind: string) =>
    catalogue.filter((entry) => entry.kind === kind).map(({ id }) => id);
  const entryOf = ({ catalogue }: typeof vertex, id: string) => catalogue.find((entry) => entry.id === id);

  it('begin with the models to use', () => {
    const firsts = (provider: typeof vertex) => ['text', 'image', 'video'].map((kind) => idsOf(provider, kind)[0]);
    expect(firsts(vertex)).toEqual(['gemini-3.8-flash', 'gemini-nano-banana-2.1', 'veo-3.1-generate-001']);
    expect(firsts(keyed)).toEqual(['gemini-3.8-flash', 'gemini-nano-banana-2.1', 'gemini-omni-1.1-flash']);
  });

  it('have ends of their own for one id', () => {
    expect(entryOf(vertex, 'gemini-3.1-flash-image')).toMatchObject({ stage: 'stable', retires: '2027-05-28' });
    expect(entryOf(keyed, 'gemini-3.1-flash-image')).toMatchObject({ stage: 'retired', retires: '2026-10-29' });
    expect(entryOf(google({ vertex: {}, apiKey: 'key' }), 'gemini-3.1-flash-image')).toMatchObject({ stage: 'stable' });
  });

  it('name the service of a model that the options do not offer', () => {
    const omni = 'gemini-omni-1.1-flash';
    const moved = { [omni]: { surfaces: { developer: { stage: 'stable' } } } } as const;
    expect(google({ apiKey: 'key' }).elsewhere).toMatchObject({
      'veo-3.1-generate-001': 'Vertex has it: google({ vertex: { project } }).',
    });
    expect(google({ vertex: {}, models: moved }).elsewhere).toEqual({
      [omni]: 'The Gemini Developer API has it: google({ apiKey }).',
    });
  });

  it('list Imagen as retired, with what to use instead, on Vertex alone', () => {
    const imagen = vertex.catalogue.filter(({ id }) => id.startsWith('imagen'));
    expect(imagen.length).toBeGreaterThan(3);
    for (const entry of imagen)
      expect(entry).toMatchObject({
        stage: 'retired',
        retires: '2026-08-17',
        replacement: 'google:gemini-nano-banana-2.1',
      });
    expect(keyed.catalogue.filter(({ id }) => id.startsWith('imagen'))).toEqual([]);
  });
});

describe('the catalogue', () => {
  it('is the only place of the provider that names a model', () => {
    const root = new URL('../../../providers/google/', import.meta.url);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.startsWith('catalogue'),
    );
    expect(files.length).toBeGreaterThan(8);
    const naming = files.filter((name) =>
      /(gemini|veo|imagen)-(\d|nano|omni)/.test(readFileSync(new URL(name, root), 'utf8')),
    );
    expect(naming).toEqual([]);
  });

  it('can be changed field by field, and added to', () => {
    const surfaces = { developer: { stage: 'preview' } } as const;
    const models = {
      'gemini-3.8-flash': { can: { maxOutputTokens: 1000 } },
      'gemini-5-flash': { ...googleModels['gemini-3.8-flash'], surfaces },
    };
    const { catalogue } = google({ models });
    expect(catalogue.find(({ id }) => id === 'gemini-3.8-flash')).toMatchObject({
      stage: 'stable',
      can: { maxOutputTokens: 1000 },
    });
    expect(catalogue.find(({ id }) => id === 'gemini-5-flash')).toMatchObject({ kind: 'text', stage: 'preview' });
  });
});
