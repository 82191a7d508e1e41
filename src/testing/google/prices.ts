/** What a model costs, micro-dollars. */
export interface GooglePrice {
  /** From when on, ISO 8601; the newest that has begun counts. @default always */
  readonly from?: string;
  /** For a million tokens that go in. */
  readonly input?: number;
  /** For a million tokens that come out, thoughts included, pictures not. */
  readonly output?: number;
  /** For a picture by its size, `any` where sizes have one price; for a second of a clip by its resolution. */
  readonly unit?: Readonly<Record<string, number>>;
  /** For a second of a clip without sound by its resolution; what is not listed costs as much as with sound. */
  readonly silent?: Readonly<Record<string, number>>;
}

/** Prices by model. */
export type GooglePrices = Readonly<Record<string, readonly GooglePrice[]>>;

const tokens = (input: number, output: number): readonly GooglePrice[] => [{ input, output }];
/** Until 2026-11-30 half the price (price list as reported on 2026-11-11). */
const gemini4 = [
  { input: 2_000_000, output: 10_000_000 },
  { from: '2026-12-01', input: 4_000_000, output: 20_000_000 },
];
const imagen = (any: number): readonly GooglePrice[] => [{ unit: { any } }];

/**
 * Prices that the loopback Google bills by, typed by hand from the price lists and apart from any provider's catalogue, so that a slip in one shows
 * against the other. Gemini API pricing page as of 2026-10-06 and 2026-10-07 unless said.
 */
export const PRICES: GooglePrices = {
  'gemini-3.8-flash': [
    { input: 750_000, output: 3_750_000 },
    { from: '2027-01-01', input: 1_500_000, output: 7_500_000 },
  ],
  'gemini-3.6-flash': tokens(1_500_000, 7_500_000),
  'gemini-3.5-flash-lite': tokens(300_000, 2_500_000),
  'gemini-3.1-pro-preview': tokens(2_000_000, 12_000_000),
  'gemini-4-argon': gemini4,
  'gemini-4-carbon': gemini4,
  // 1K: BerriAI/litellm#44983, 2026-10; 2K and 4K: 1680 and 2520 tokens at $30 per million.
  'gemini-nano-banana-2.1': [
    { unit: { '1K': 33_600, '2K': 50_400, '4K': 75_600 }, input: 1_500_000, output: 7_500_000 },
  ],
  'gemini-3-pro-image': [
    { unit: { '1K': 134_000, '2K': 134_000, '4K': 240_000 }, input: 2_000_000, output: 12_000_000 },
  ],
  'gemini-3.1-flash-lite-image': [{ unit: { '1K': 33_600 }, input: 250_000, output: 1_500_000 }],
  'gemini-3.1-flash-image': [
    { unit: { '512': 45_000, '1K': 67_000, '2K': 101_000, '4K': 151_000 }, input: 500_000, output: 3_000_000 },
  ],
  'gemini-2.5-flash-image': [{ unit: { '1K': 39_000 }, input: 300_000, output: 2_500_000 }],
  // Historic.
  'imagen-4.0-fast-generate-001': imagen(20_000),
  'imagen-4.0-generate-001': imagen(40_000),
  'imagen-4.0-ultra-generate-001': imagen(60_000),
  'imagen-3.0-generate-002': imagen(40_000),
  // With sound: Gemini API pricing, 2026-10-07; without: Cloud pricing page, 2026-09-12.
  'veo-3.1-generate-001': [
    { unit: { '720p': 400_000, '1080p': 400_000, '4k': 600_000 }, silent: { '720p': 200_000, '1080p': 200_000 } },
  ],
  'veo-3.1-fast-generate-001': [
    { unit: { '720p': 100_000, '1080p': 120_000 }, silent: { '720p': 80_000, '1080p': 100_000 } },
  ],
  'veo-3.1-lite-generate-001': [{ unit: { '720p': 50_000, '1080p': 80_000 } }],
  // Launch notes, 2026-08-27; text that goes in ($1.50 per million tokens) is left out.
  'gemini-omni-1.1-flash': [{ unit: { '360p': 30_000, '720p': 100_000, '1080p': 150_000, '4k': 300_000 } }],
  // Derived from two resellers, 2026-11-11.
  'gemini-omni-1.2-flash': [{ unit: { '360p': 23_000, '720p': 70_000, '1080p': 105_000, '4k': 210_000 } }],
};
