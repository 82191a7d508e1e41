import { byResolution, type GoogleModel, type GoogleModels, rate, tokens } from './types.ts';

/** What Gemini image models draw, of which a film needs two. */
const RATIOS = ['16:9', '9:16', '1:1', '2:3', '3:2', '3:4', '4:3', '21:9'];
/** Longer sides at 16:9, the narrowest of what each name gives. */
const SIZES = [
  { name: '1K', pixels: 1376 },
  { name: '2K', pixels: 2752 },
  { name: '4K', pixels: 5504 },
];
/** A given picture is billed as this many tokens. */
const PICTURE_TOKENS = 1120;
/** Output of a reply, thoughts included; requests ask for no more. */
const MOST = 8_192;
const LISTED = { source: 'Gemini API pricing, 2026-10-06' };
const PRO = { source: 'Gemini API pricing, 2026-10-07' };
const HISTORIC = { source: 'historic, unverified' };
const NANO_BANANA = 'google:gemini-nano-banana-2.1';

type Can = Extract<GoogleModel, { kind: 'image' }>['can'];

function drawer(can: Partial<Can>, fields: Pick<GoogleModel, 'surfaces' | 'rates'>): GoogleModel {
  const common = { ratios: RATIOS, inputTokensPerImage: PICTURE_TOKENS, maxOutputTokens: MOST, seed: true };
  return { kind: 'image', api: 'gemini', can: { ...common, ...can }, times: { requestDeadlineMs: 180_000 }, ...fields };
}

function imagen(price: string): GoogleModel {
  return {
    kind: 'image',
    api: 'imagen',
    can: { ratios: ['16:9', '9:16', '1:1', '3:4', '4:3'], conditioningPartner: 'gemini-nano-banana-2.1' },
    surfaces: {
      vertex: { location: 'regional', stage: 'retired', retires: '2026-08-17', replacement: NANO_BANANA },
    },
    rates: [rate('image', price, HISTORIC)],
  };
}

/** Models that draw; the first is the default. */
export const image: GoogleModels = {
  'gemini-nano-banana-2.1': drawer(
    { sizes: SIZES, references: 10 },
    {
      surfaces: {
        vertex: { stage: 'stable', launched: '2026-10-06' },
        developer: { stage: 'stable', launched: '2026-10-06' },
      },
      // The list names the price of 1K; the others follow from $30 per million tokens of 1680 and 2520 tokens.
      rates: [
        ...byResolution('image', { '1K': '0.0336' }, { source: 'BerriAI/litellm#44983, 2026-10' }),
        ...byResolution('image', { '2K': '0.0504' }, { source: 'derived: 1680 tokens at $30 per million' }),
        ...byResolution('image', { '4K': '0.0756' }, { source: 'derived: 2520 tokens at $30 per million' }),
        ...tokens('1.50', '7.50', { source: 'BerriAI/litellm#44983, 2026-10' }),
      ],
    },
  ),
  'gemini-3-pro-image': drawer(
    { sizes: SIZES, references: 11 },
    {
      surfaces: {
        vertex: { stage: 'stable', retires: '2027-05-28', replacement: NANO_BANANA },
        developer: { stage: 'stable' },
      },
      rates: [...byResolution('image', { '1K': '0.134', '2K': '0.134', '4K': '0.24' }, PRO), ...tokens('2', '12', PRO)],
    },
  ),
  'gemini-3.1-flash-lite-image': drawer(
    { sizes: SIZES.slice(0, 1), references: 14 },
    {
      surfaces: {
        vertex: { stage: 'stable', retires: '2027-06-28', replacement: NANO_BANANA },
        developer: { stage: 'stable' },
      },
      rates: [...byResolution('image', { '1K': '0.0336' }, LISTED), ...tokens('0.25', '1.50', LISTED)],
    },
  ),
  'gemini-3.1-flash-image': drawer(
    { sizes: [{ name: '512', pixels: 688 }, ...SIZES], references: 14 },
    {
      surfaces: {
        vertex: { stage: 'stable', retires: '2027-05-28', replacement: NANO_BANANA },
        developer: { stage: 'retired', retires: '2026-10-29', replacement: NANO_BANANA },
      },
      rates: [
        ...byResolution('image', { '512': '0.045', '1K': '0.067', '2K': '0.101', '4K': '0.151' }, LISTED),
        ...tokens('0.50', '3', LISTED),
      ],
    },
  ),
  'gemini-2.5-flash-image': drawer(
    { references: 3 },
    {
      surfaces: {
        vertex: { stage: 'stable', retires: '2027-03-15', replacement: NANO_BANANA },
        developer: { stage: 'retired', retires: '2026-10-02', replacement: NANO_BANANA },
      },
      rates: [rate('image', '0.039', { source: 'Gemini API pricing, 2025' }), ...tokens('0.30', '2.50', HISTORIC)],
    },
  ),
  'imagen-4.0-generate-001': imagen('0.04'),
  'imagen-4.0-fast-generate-001': imagen('0.02'),
  'imagen-4.0-ultra-generate-001': imagen('0.06'),
  'imagen-3.0-generate-002': imagen('0.04'),
};
