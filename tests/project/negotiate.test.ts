import { describe, expect, it } from 'vitest';
import { DEFAULT_REMEDIES, type ProjectSettings } from 'vidpipe';
import { defineProvider, imageModel, textModel, videoModel } from 'vidpipe/provider';
import { type Catalogue, nearestModel } from '../../src/project/choose-models.ts';
import { negotiate, type Negotiated } from '../../src/project/negotiate.ts';
import { parseSettings } from '../../src/project/settings-schema.ts';
import { storyboardOf } from '../support/world.ts';

const nothing = (): Promise<never> => Promise.reject(new Error('not asked'));
const clip = { start: nothing, check: nothing };
const provider = defineProvider({
  id: 'x',
  text: {
    old: textModel({ maxOutputTokens: 1, stage: 'retired', replacement: 'x:text', generate: nothing }),
    text: textModel({ maxOutputTokens: 1, generate: nothing }),
  },
  image: {
    still: imageModel({ ratios: ['16:9', '9:16'], references: 2, generate: nothing }),
    lone: imageModel({ ratios: ['16:9', '9:16'], conditioningPartner: 'still', generate: nothing }),
    wide: imageModel({ ratios: ['16:9'], generate: nothing }),
  },
  video: {
    clip: videoModel({ durations: [4, 6, 8], ratios: ['16:9', '9:16'], lastFrame: true, audio: true, ...clip }),
    silent: videoModel({ durations: [5, 10], ratios: ['16:9'], ...clip }),
  },
});
const catalogue: Catalogue = new Map(provider.catalogue.map((entry) => [`x:${entry.id}` as const, entry]));

const NOW = '2026-06-10T00:00:00.000Z';

function agree(wish: Partial<ProjectSettings>, from: Catalogue = catalogue, at = NOW): Negotiated {
  return negotiate(parseSettings({ prompt: 'p', ...wish }), from, { seed: 1, references: [], at });
}

describe('what wishes and models agree on', () => {
  it('takes the first model of each kind that is not retired, and fills in the rest', () => {
    const { settings, film, lengths, warnings } = agree({});
    expect(settings.models).toEqual({ text: ['x:text'], image: ['x:still'], video: ['x:clip'] });
    expect(settings).toMatchObject({
      duration: 24,
      clipDuration: 6,
      audio: true,
      maxScenes: 50,
      maxCalls: null,
      account: null,
      budget: null,
    });
    expect(film).toMatchObject({ width: 1280, height: 720, fps: 24, seams: 'frames', conditionedBy: 'x:still' });
    expect(lengths).toEqual([6, 6, 6, 6]);
    expect(warnings).toEqual([]);
  });

  it('leaves out models that are retired, warns 90 days before, and says what to use instead', () => {
    const leaving = new Map(
      [...catalogue].map(([id, entry]) => [
        id,
        entry.kind === 'video' && id === 'x:clip'
          ? { ...entry, retires: '2026-09-01', replacement: 'x:silent' as const }
          : entry,
      ]),
    );
    const video = 'x:clip' as const;
    expect(agree({ models: { video } }, leaving, '2026-05-01T00:00:00.000Z').warnings).toEqual([]);
    expect(agree({ models: { video } }, leaving).warnings).toEqual([
      { code: 'retiring', message: 'x:clip is retired on 2026-09-01; its replacement is x:silent' },
    ]);
    const later = '2026-09-01T00:00:00.000Z';
    expect(() => agree({ models: { video } }, leaving, later)).toThrow(
      'models.video: x:clip is retired (2026-09-01); use x:silent',
    );
    expect(
      agree({ models: { video: [video, 'x:silent'] }, clipDuration: 5 }, leaving, later).settings.models.video,
    ).toEqual(['x:silent']);
    expect(agree({ clipDuration: 5 }, leaving, later).settings.models.video).toEqual(['x:silent']);
    expect(() => agree({ models: { text: 'x:old' } })).toThrow('models.text: x:old is retired; use x:text');
  });

  it('takes a resolution that the video model offers', () => {
    expect(() => agree({ resolution: '1080p' })).toThrow('resolution: x:clip makes 720p, not 1080p');
    const sharp = new Map(
      [...catalogue].map(([id, entry]) => [
        id,
        entry.kind === 'video' ? { ...entry, can: { ...entry.can, resolutions: ['720p', '1080p', '4k'] } } : entry,
      ]),
    );
    expect(agree({ resolution: '1080p', ratio: '9:16' }, sharp).film).toMatchObject({ width: 1080, height: 1920 });
    expect(agree({ resolution: '4k' }, sharp).film).toMatchObject({ width: 3840, height: 2160 });
  });

  it('takes a fade only where every scene is more than twice as long', () => {
    const fade = (seconds: number) => ({ kind: 'fade' as const, seconds });
    expect(agree({ duration: 8, clipDuration: 4, transition: fade(1.9) }).settings.transition).toEqual(fade(1.9));
    expect(() => agree({ duration: 8, clipDuration: 4, transition: fade(2) })).toThrow('the shortest has 4 s');
    expect(agree({ duration: 4, transition: fade(3) }).lengths).toEqual([4]);
    expect(() => agree({ transition: fade(0) })).toThrow('transition: expected a fade of more than 0 seconds');
  });

  it('says of a seed that a model can not honour', () => {
    expect(agree({ seed: 3 }).warnings).toEqual([
      { code: 'unsupported', message: 'seed: x:still and x:clip take no seed' },
    ]);
  });

  it('draws conditioned frames with the partner of a model that takes no picture', () => {
    expect(agree({ models: { image: 'x:lone' } }).film.conditionedBy).toBe('x:still');
    const { film, warnings } = agree({ models: { image: 'x:wide' } });
    expect([film.conditionedBy, warnings.map(({ code }) => code)]).toEqual([null, ['unconditioned']]);
  });

  it('lists the models that may stand in for the first: those that make the same format', () => {
    const clip3 = videoModel({
      durations: [4, 6, 8, 10],
      ratios: ['16:9', '9:16'],
      lastFrame: true,
      audio: true,
      ...clip,
    });
    const mute = videoModel({ durations: [4, 6, 8], ratios: ['16:9'], lastFrame: true, ...clip });
    const short = videoModel({ durations: [6], ratios: ['16:9', '9:16'], lastFrame: true, audio: true, ...clip });
    const still2 = imageModel({ ratios: ['16:9', '9:16'], references: 1, generate: nothing });
    const more = defineProvider({ id: 'y', text: {}, image: { still2 }, video: { clip3, mute, short } });
    const both: Catalogue = new Map([
      ...catalogue,
      ...more.catalogue.map((entry) => [`y:${entry.id}` as const, entry] as const),
    ]);
    const models = {
      image: ['x:still', 'x:lone', 'x:wide', 'x:still', 'y:still2'],
      video: ['x:clip', 'x:silent', 'y:mute', 'y:clip3', 'y:short'],
    } as const;
    expect(agree({ models }, both).film.standIns).toEqual({ image: ['y:still2'], video: ['y:clip3', 'y:short'] });
    expect(agree({ models }, both).film.standInDurations).toEqual({ 'y:clip3': [4, 6, 8, 10], 'y:short': [6] });
    expect(agree({ models, audio: false }, both).film.standIns.video).toEqual(['y:mute', 'y:clip3', 'y:short']);
    expect(agree({ models, ratio: '9:16', audio: false }, both).film.standIns.video).toEqual(['y:clip3', 'y:short']);
  });

  it('tries the usual remedies and then fails, unless told otherwise', () => {
    expect(agree({}).settings.safety).toEqual({ remedies: DEFAULT_REMEDIES, onRefused: 'fail' });
    expect(agree({ safety: { remedies: [], onRefused: 'skip' } }).settings.safety).toEqual({
      remedies: [],
      onRefused: 'skip',
    });
  });

  it('says that scenes run one after another where a model takes no last frame', () => {
    const { film, warnings, settings } = agree({ models: { video: 'x:silent' }, clipDuration: 5 });
    expect([film.seams, settings.audio]).toEqual(['from-clip', false]);
    expect(warnings.map(({ code }) => code)).toEqual(['sequential']);
  });

  it('says when a clip length is adapted', () => {
    const { settings, warnings } = agree({ clipDuration: 7.2 });
    expect(settings.clipDuration).toBe(8);
    expect(warnings).toEqual([{ code: 'adapted', message: expect.stringContaining('4, 6, 8') as string }]);
  });

  it('never asks to avoid what the style is', () => {
    expect(agree({ style: 'watercolor' }).settings.negativePrompt).toContain('photorealistic');
    expect(agree({ style: 'photo noir' }).settings.negativePrompt).not.toContain('photo');
    expect(agree({ negativePrompt: '' }).settings.negativePrompt).toBe(null);
    expect(agree({ negativePrompt: 'fog' }).settings.negativePrompt).toBe('fog');
  });

  it('spreads a length over an own storyboard, or takes the usual length for each of its scenes', () => {
    expect(agree({ storyboard: storyboardOf(3) }).lengths).toEqual([6, 6, 6]);
    expect(agree({ storyboard: storyboardOf(3), duration: 12 }).lengths).toEqual([4, 4, 4]);
    expect(() => agree({ storyboard: storyboardOf(3), duration: 100 })).toThrow('leave duration out');
  });

  it('keeps what was asked for', () => {
    const wish = {
      audio: false,
      seed: 9,
      maxScenes: 7,
      maxCalls: 8,
      account: 'a',
      labels: { k: 'v' },
      ratio: '9:16',
      onUnknown: { video: 'fail' },
    } as const;
    const { settings, film } = agree(wish);
    expect(settings).toMatchObject({ ...wish, onUnknown: { text: 'resubmit', image: 'resubmit', video: 'fail' } });
    expect(film).toMatchObject({ width: 720, height: 1280 });
  });
});

describe('what no model can honour', () => {
  it.each([
    [{ models: { video: 'x:clipp' } }, 'x:clip'],
    [{ models: { image: 'x:clip' } }, 'is a model for video'],
    [{ models: { video: 'x:silent' }, ratio: '9:16' }, 'x:silent makes 16:9'],
    [{ models: { image: 'x:wide' }, ratio: '9:16' }, 'x:wide makes 16:9'],
    [{ models: { video: 'x:silent' }, audio: true }, 'has no sound'],
    [{ maxScenes: 2 }, '4 scenes are needed, 2 are allowed'],
    [
      { references: ['a', 'b', 'c'].map((name) => ({ name, kind: 'object', image: 'i.png' })) },
      'takes 2 pictures, got 3',
    ],
    [
      { models: { image: 'x:wide' }, references: [{ name: 'a', kind: 'object', image: 'i.png' }] },
      'takes 0 pictures, got 1',
    ],
  ] as const)('%j: %s', (wish, message) => {
    expect(() => agree(wish as Partial<ProjectSettings>)).toThrow(message);
  });

  it('names the kind that no provider lists', () => {
    expect(() => agree({}, new Map())).toThrow('no provider lists a text model');
    expect(nearestModel(new Map(), 'x:clip')).toBe(null);
  });
});

describe('what settings may not be', () => {
  it.each([
    ['', 'prompt'],
    ['   ', 'prompt'],
    ['x'.repeat(100_000), 'prompt'],
  ])('a prompt like %.10s', (prompt, field) => {
    expect(() => parseSettings({ prompt })).toThrow(`${field}:`);
  });

  it.each([
    ['duration', 0],
    ['duration', -1],
    ['duration', NaN],
    ['duration', 1e9],
    ['clipDuration', 0],
    ['ratio', '4:3'],
    ['seed', 1.5],
    ['seed', -1],
    ['maxScenes', 0],
    ['maxCalls', 0],
    ['budget', -5],
    ['audio', 'yes'],
    ['models', { video: 'nocolon' }],
    ['models', { video: [] }],
    ['labels', { '': 'x' }],
    ['labels', Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`k${index}`, 'v']))],
    ['transition', { kind: 'wipe', seconds: 1 }],
    ['onUnknown', { video: 'hope' }],
    ['storyboard', { scenes: [] }],
    ['gates', ['film']],
    ['resolution', '720'],
    ['options', { x: 1 }],
  ])('%s: %j', (field, value) => {
    expect(() => parseSettings({ prompt: 'p', [field]: value })).toThrow(field);
  });

  it('nothing at all', () => {
    for (const input of [null, undefined, 7, 'prompt', []]) expect(() => parseSettings(input)).toThrow('settings');
  });
});
