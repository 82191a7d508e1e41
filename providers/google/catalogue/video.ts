import { byResolution, type GoogleModel, type GoogleModels } from './types.ts';

const VEO_LIST = { source: 'Gemini API pricing, 2026-10-07' };
const VEO_FAST_LIST = { source: 'Gemini API and Cloud pricing, 2026-09-12' };
const VEO_SILENT_LIST = { source: 'Cloud pricing, 2026-09-12' };
const VEO_LITE_LIST = { source: 'Gemini API pricing, 2026-09-30' };
const OMNI_LIST = { source: 'launch notes, 2026-08-27' };
const OMNI_DERIVED = { source: 'derived from two resellers, 2026-11-11' };
const OMNI = 'google:gemini-omni-1.2-flash';

type Can = Extract<GoogleModel, { kind: 'video' }>['can'];
function veo(
  can: Partial<Can>,
  fields: Pick<GoogleModel, 'rates'> & { readonly stage: 'preview' | 'stable' },
): GoogleModel {
  const { stage, rates } = fields;
  const launched = stage === 'stable' ? '2025-11-17' : '2026-04-02';
  const end = stage === 'stable' ? ({ retires: '2027-05-04', replacement: OMNI } as const) : {};
  return {
    kind: 'video',
    api: 'veo',
    can: {
      durations: [4, 6, 8],
      ratios: ['16:9', '9:16'],
      resolutions: ['720p', '1080p'],
      lastFrame: true,
      audio: true,
      seed: true,
      negativePrompt: true,
      takes: 4,
      ...can,
    },
    surfaces: { vertex: { location: 'regional', stage, launched, ...end } },
    rates,
    times: { requestDeadlineMs: 120_000, typicalMs: 90_000, pollMs: 10_000 },
    limits: { concurrency: 4, perMinute: 50 },
  };
}

/** Reference pictures exclude a first frame, and make clips of eight seconds only. */
const ASSETS = { references: { most: 3, durations: [8] } };

function omni(
  durations: readonly number[],
  fields: Pick<GoogleModel, 'surfaces' | 'rates'> & { readonly references: number },
): GoogleModel {
  const { references, surfaces, rates } = fields;
  return {
    kind: 'video',
    api: 'omni',
    can: {
      durations,
      ratios: ['16:9', '9:16'],
      resolutions: ['360p', '720p', '1080p', '4k'],
      lastFrame: true,
      audio: true,
      seed: true,
      references: { most: references, withFrames: true },
    },
    surfaces,
    rates,
    times: { requestDeadlineMs: 120_000, typicalMs: 90_000, pollMs: 10_000 },
  };
}

const seconds = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Models that film; the first that is offered is the default. */
export const video: GoogleModels = {
  'veo-3.1-generate-001': veo(
    { ...ASSETS, resolutions: ['720p', '1080p', '4k'] },
    {
      stage: 'stable',
      rates: [
        ...byResolution('second', { '720p': '0.40', '1080p': '0.40' }, { ...VEO_LIST, audio: true }),
        ...byResolution('second', { '4k': '0.60' }, VEO_LIST),
        ...byResolution('second', { '720p': '0.20', '1080p': '0.20' }, { ...VEO_SILENT_LIST, audio: false }),
      ],
    },
  ),
  'veo-3.1-fast-generate-001': veo(ASSETS, {
    stage: 'stable',
    rates: [
      ...byResolution('second', { '720p': '0.10', '1080p': '0.12', '4k': '0.30' }, { ...VEO_FAST_LIST, audio: true }),
      ...byResolution('second', { '720p': '0.08', '1080p': '0.10' }, { ...VEO_SILENT_LIST, audio: false }),
    ],
  }),
  // No price without sound is known; the one with sound is taken.
  'veo-3.1-lite-generate-001': veo(
    {},
    { stage: 'preview', rates: byResolution('second', { '720p': '0.05', '1080p': '0.08' }, VEO_LITE_LIST) },
  ),
  // Before 1.2, whose price is not Google's own word.
  'gemini-omni-1.1-flash': omni(seconds(3, 10), {
    references: 10,
    surfaces: {
      vertex: { id: 'gemini-omni-1.1-flash-preview', stage: 'preview', launched: '2026-08-27' },
      developer: { stage: 'stable', launched: '2026-08-27' },
    },
    rates: byResolution('second', { '360p': '0.03', '720p': '0.10', '1080p': '0.15', '4k': '0.30' }, OMNI_LIST),
  }),
  'gemini-omni-1.2-flash': omni(seconds(3, 15), {
    references: 6,
    surfaces: {
      vertex: { stage: 'stable', launched: '2026-11-05' },
      developer: { stage: 'stable', launched: '2026-11-05' },
    },
    rates: byResolution('second', { '360p': '0.023', '720p': '0.07', '1080p': '0.105', '4k': '0.21' }, OMNI_DERIVED),
  }),
};
