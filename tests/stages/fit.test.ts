import { describe, expect, it } from 'vitest';
import type { ImageCapabilities, ModelEntry, VideoCapabilities } from '../../src/spec/index.ts';
import { fitAsk } from '../../src/stages/fit.ts';
import type { ClipAsk, ImageAsk, TextAsk } from '../../src/stages/requests.ts';

const times = { requestDeadlineMs: 1, submitWithinMs: 1, typicalMs: 1, deadlineMs: 1, pollMs: 1 };
const base = { id: 'm', rates: [], times, limits: { concurrency: 1 } };
const image = (can: Partial<ImageCapabilities>): ModelEntry => ({
  ...base,
  kind: 'image',
  can: { ratios: ['16:9'], ...can },
});
const video = (can: Partial<VideoCapabilities>): ModelEntry => ({
  ...base,
  kind: 'video',
  can: { durations: [4], ratios: ['16:9'], ...can },
});
const frame = { prompt: 'a boat', ratio: '16:9', width: 1280, height: 720, seed: 1, negativePrompt: 'fog' };
const still: ImageAsk = { kind: 'image', ...frame, pictures: [] };
const clip: ClipAsk = {
  kind: 'video',
  ...frame,
  seconds: 4,
  resolution: '720p',
  audio: false,
  start: `sha256-${'a'.repeat(64)}`,
  references: [],
  takes: 1,
};
const sizes = [
  { name: '1K', pixels: 1376 },
  { name: '2K', pixels: 2752 },
];

describe('an ask is fitted to its model', () => {
  it.each([
    ['still', still, image({}), image({ negativePrompt: true })],
    ['clip', clip, video({}), video({ negativePrompt: true })],
  ])(
    'what a %s must not show stands in the words where the model has no field for it',
    (_, ask, without, withField) => {
      const worded = fitAsk(ask, without);
      expect(worded).not.toHaveProperty('negativePrompt');
      expect(worded.prompt).toBe('a boat\nMust not be seen: fog');
      expect(fitAsk(ask, withField)).toEqual(ask);
    },
  );

  it.each([
    [1280, '1K'],
    [1376, '1K'],
    [1377, '2K'],
    [3840, '2K'],
  ])('a picture of %i pixels is asked for in the size %s', (width, size) => {
    const fitted = fitAsk({ ...still, width }, image({ negativePrompt: true, sizes }));
    expect(fitted).toEqual({ ...still, width, size });
  });

  it('words are left as they are', () => {
    const words: TextAsk = {
      kind: 'text',
      system: 's',
      prompt: 'p',
      shape: 'scenes',
      scenes: 1,
      temperature: 1,
      seed: 1,
    };
    expect(fitAsk(words, { ...base, kind: 'text', can: { maxOutputTokens: 1 } })).toBe(words);
  });
});
