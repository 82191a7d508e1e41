import { describe, expect, it } from 'vitest';
import type { Character, StyleGuide } from '../../src/project/storyboard.ts';
import type { ClipRecipe, KeyframeRecipe } from '../../src/project/recipes.ts';
import { clipAsk } from '../../src/stages/clips.ts';
import { keyframeAsk } from '../../src/stages/pictures.ts';
import { scenesAsk, storyboardAsk } from '../../src/stages/writing.ts';

const styleGuide: StyleGuide = { visualStyle: 'VISUAL', colorPalette: 'PALETTE', cameraStyle: 'CAMERA' };
const cast: readonly Character[] = [
  { name: 'Ada', physicalDescription: 'ADA-LOOKS', clothingDescription: 'ADA-WEARS' },
  { name: 'Bob', physicalDescription: 'BOB-LOOKS', clothingDescription: 'BOB-WEARS' },
];
const scene = {
  sceneId: 's1',
  ratio: '16:9',
  width: 1280,
  height: 720,
  style: '3d_render',
  styleGuide,
  cast,
  keyDetails: ['DETAIL-1', 'DETAIL-2'],
  transitionNotes: 'NOTES',
  negativePrompt: 'NEGATIVE',
  references: [],
  options: null,
  remedy: null,
};
const everything = [
  '3d render',
  'VISUAL',
  'PALETTE',
  'CAMERA',
  'ADA-LOOKS',
  'ADA-WEARS',
  'BOB-LOOKS',
  'BOB-WEARS',
  'DETAIL-1',
  'DETAIL-2',
  'NOTES',
];
const digest = `sha256-${'a'.repeat(64)}` as const;

describe('the text sent for a still', () => {
  const reference = { name: 'Lamp', kind: 'object' as const, description: 'REFERENCE', image: digest };
  const recipe: KeyframeRecipe = {
    ...scene,
    recipe: 'keyframe/1',
    model: 'a:b',
    position: 'start',
    description: 'DESCRIPTION',
    prompt: 'FRAME',
    references: [reference],
  };

  it.each([
    ['start', null],
    ['end', digest],
  ] as const)('%s frame carries everything', (position, condition) => {
    const ask = keyframeAsk({ ...recipe, position }, { seed: 1, ordinal: 0, condition });
    for (const words of [...everything, 'DESCRIPTION', 'FRAME', 'Lamp', 'REFERENCE', '16:9'])
      expect(ask.prompt).toContain(words);
    expect(ask).toMatchObject({ negativePrompt: 'NEGATIVE', ratio: '16:9', width: 1280, height: 720 });
    expect(ask.pictures.map(({ role }) => role)).toEqual(
      condition === null ? ['reference'] : ['condition', 'reference'],
    );
  });
  it('has a seed of its own for each take and position', () => {
    const seeds = [0, 1].flatMap((ordinal) =>
      (['start', 'end'] as const).map(
        (position) => keyframeAsk({ ...recipe, position }, { seed: 1, ordinal, condition: null }).seed,
      ),
    );
    expect(new Set(seeds).size).toBe(4);
  });
});

describe('the text sent for a clip', () => {
  const sound = {
    dialogue: [{ speaker: 'Ada', line: 'LINE', delivery: 'whispering' }],
    ambience: 'AMBIENCE',
    music: 'MUSIC',
  };
  const recipe: ClipRecipe = {
    ...scene,
    recipe: 'clip/1',
    model: 'a:b',
    seconds: 4,
    resolution: '720p',
    motionPrompt: 'MOTION',
    sound,
    audio: true,
    start: digest,
    end: digest,
  };

  it('carries everything', () => {
    const { prompt } = clipAsk(recipe, { seed: 1, ordinal: 0, takes: 1 });
    for (const words of [...everything, 'MOTION', 'LINE', 'whispering', 'AMBIENCE', 'MUSIC'])
      expect(prompt).toContain(words);
  });
  it('names and carries the references of a model that takes them', () => {
    const reference = { name: 'Lamp', kind: 'object' as const, description: 'REFERENCE', image: digest };
    const ask = clipAsk({ ...recipe, references: [reference] }, { seed: 1, ordinal: 0, takes: 1 });
    expect(ask.prompt).toContain('Reference (object): Lamp, REFERENCE');
    expect(ask.references).toEqual([{ digest, role: 'reference', name: 'Lamp' }]);
  });
  it('asks for no sound of a silent clip, and names no end that there is not', () => {
    const ask = clipAsk({ ...recipe, audio: false, end: null }, { seed: 1, ordinal: 0, takes: 1 });
    expect(ask.prompt).not.toContain('LINE');
    expect(ask).not.toHaveProperty('end');
  });
});

describe('the text sent to a writer', () => {
  const tries = [
    {
      run: 'r',
      callId: 'c',
      stepId: 'storyboard',
      fingerprint: 'f',
      attempt: 1,
      fault: 'count' as const,
      message: '5 scenes were written, 2 are wanted.',
      final: false,
    },
  ];

  it('asks for the whole storyboard, and tells the fault of the try before', () => {
    const recipe = {
      recipe: 'storyboard/1' as const,
      model: 'a:b' as const,
      prompt: 'SCRIPT',
      style: 'pixel_art',
      ratio: '9:16',
      lengths: [4, 6],
      references: [],
      options: null,
    };
    const first = storyboardAsk(recipe, 1, []);
    for (const words of ['SCRIPT', 'pixel art', '9:16', 'Scenes: 2', '4, 6']) expect(first.prompt).toContain(words);
    const second = storyboardAsk(recipe, 1, tries);
    expect(second.prompt).toContain('(count): 5 scenes were written');
    expect(second.temperature).toBe(first.temperature);
  });
  it('gives the writer of added scenes the film as it stands', () => {
    const recipe = {
      recipe: 'scenes/1' as const,
      model: 'a:b' as const,
      requestId: 'q',
      lengths: [4],
      direction: 'DIRECTION',
      options: null,
    };
    const words = {
      description: 'STANDING',
      keyDetails: [],
      startPrompt: 's',
      endPrompt: 'e',
      motionPrompt: 'm',
      transitionNotes: '',
      cast: [],
      enters: 'continue' as const,
    };
    const { prompt } = scenesAsk(
      recipe,
      { prompt: 'SCRIPT', style: 'x', ratio: '16:9', styleGuide, characters: cast, scenes: [words] },
      1,
      [],
    );
    for (const each of ['VISUAL', 'CAMERA', 'ADA-LOOKS', 'BOB-WEARS', 'STANDING', 'DIRECTION', 'SCRIPT', 'Scenes: 1'])
      expect(prompt).toContain(each);
  });
});
