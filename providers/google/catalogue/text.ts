import { type GoogleModel, type GoogleModels, tokens } from './types.ts';

/** Output limit of the family, thoughts included; requests ask for no more. */
const MOST = 65_536;
const HALF_PRICE_ENDS = '2027-01-01';
const OPENING_PRICE_ENDS = '2026-12-01';
const LISTED = { source: 'Gemini API pricing, 2026-10-07' };
const REPORTED = { source: 'three reports of the price list, 2026-11-11' };

function writer(fields: Pick<GoogleModel, 'surfaces' | 'rates'>): GoogleModel {
  return {
    kind: 'text',
    api: 'gemini',
    can: { maxOutputTokens: MOST },
    times: { requestDeadlineMs: 240_000 },
    ...fields,
  };
}

const stable = (launched: string) => ({ stage: 'stable', launched }) as const;

const opening = [
  ...tokens('2', '10', { ...REPORTED, validTo: OPENING_PRICE_ENDS }),
  ...tokens('4', '20', { ...REPORTED, validFrom: OPENING_PRICE_ENDS }),
];

/** Models that write; the first is the default. */
export const text: GoogleModels = {
  'gemini-3.8-flash': writer({
    surfaces: { vertex: stable('2026-09-02'), developer: stable('2026-09-02') },
    rates: [
      ...tokens('0.75', '3.75', { ...LISTED, validTo: HALF_PRICE_ENDS }),
      ...tokens('1.50', '7.50', { ...LISTED, validFrom: HALF_PRICE_ENDS }),
    ],
  }),
  'gemini-3.6-flash': writer({
    surfaces: { vertex: { stage: 'stable' }, developer: { stage: 'stable' } },
    rates: tokens('1.50', '7.50', LISTED),
  }),
  'gemini-3.5-flash-lite': writer({
    surfaces: {
      vertex: { stage: 'stable', retires: '2027-07-21', replacement: 'google:gemini-3.8-flash' },
      developer: { stage: 'stable' },
    },
    rates: tokens('0.30', '2.50', LISTED),
  }),
  // Prompts above 200,000 tokens cost twice as much; a storyboard's never comes near.
  'gemini-3.1-pro-preview': writer({
    surfaces: { vertex: { stage: 'preview' }, developer: { stage: 'preview' } },
    rates: tokens('2', '12', LISTED),
  }),
  'gemini-4-argon': writer({
    surfaces: { vertex: stable('2026-10-13'), developer: stable('2026-10-13') },
    rates: opening,
  }),
  'gemini-4-carbon': writer({
    surfaces: { vertex: stable('2026-11-10'), developer: stable('2026-11-10') },
    rates: opening,
  }),
};
