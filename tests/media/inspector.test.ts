import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Asset, type InspectContext, mediaInspector, type MediaInspectorOptions, type Verdict } from 'vidpipe';
import { clip, ffmpeg, newFolder } from './clips.ts';

const folder = newFolder();
let serial = 0;
const fresh = (ending: string): string => join(folder, `${(serial += 1)}.${ending}`);

function lookAt(
  path: string,
  given: Partial<InspectContext> = {},
  options: MediaInspectorOptions = {},
): Promise<Verdict> {
  const context = {
    projectId: 'p',
    stepId: 'clip:s',
    sceneId: 's',
    kind: 'clip' as const,
    path,
    seconds: 2,
    audio: true,
    signal: new AbortController().signal,
    ...given,
  };
  return Promise.resolve(mediaInspector(options)({} as Asset, context));
}

async function codesOf(verdict: Promise<Verdict>): Promise<readonly string[]> {
  const said = await verdict;
  if (said === 'ok') return [];
  expect(said).toMatchObject({ retake: true });
  expect(said.reasons).toHaveLength(said.codes?.length ?? 0);
  return said.codes ?? [];
}

/** Two seconds of pictures and sound as lavfi makes them. */
function made(picture: string, sound: string | null = 'sine=frequency=440:duration=2'): string {
  const path = fresh('mp4');
  const track = sound === null ? [] : ['-f', 'lavfi', '-i', sound, '-c:a', 'aac'];
  ffmpeg('-f', 'lavfi', '-i', picture, ...track, '-t', '2', '-c:v', 'libx264', '-preset', 'veryfast', path);
  return path;
}

const MOVING = 'testsrc2=size=160x90:rate=24:duration=2';
const BLACK = 'color=black:size=160x90:rate=24:duration=2';

describe('a clip', () => {
  it('that is good is taken, also where the sound was not asked for', async () => {
    expect(await lookAt(made(MOVING))).toBe('ok');
    expect(await lookAt(made(MOVING, null), { audio: false })).toBe('ok');
  });

  it.each([
    ['black', () => made(BLACK), ['black', 'frozen']],
    ['frozen', () => made(`${MOVING},trim=end_frame=3,tpad=stop_mode=clone:stop_duration=2`), ['frozen']],
    ['silent', () => made(MOVING, 'anullsrc=duration=2'), ['silent']],
    ['without a sound track', () => made(MOVING, null), ['silent']],
    ['too short', () => clip(fresh('mp4'), { seconds: 1 }), ['length']],
    ['too long', () => clip(fresh('mp4'), { seconds: 3 }), ['length']],
  ])('that is %s is asked for again', async (_, make, codes) => {
    expect(await codesOf(lookAt(make()))).toEqual(codes);
  });

  it('that is so for a part only is taken, unless less is allowed', async () => {
    const half = made(`${MOVING},trim=end_frame=24,tpad=stop_mode=add:stop_duration=1:color=black`);
    expect(await codesOf(lookAt(half, {}, { black: 0.6 }))).toEqual([]);
    expect(await codesOf(lookAt(half, {}, { black: 0.4 }))).toEqual(['black']);
  });

  it('of a moment of silence within sound is taken', async () => {
    expect(await lookAt(made(MOVING, 'sine=frequency=440:duration=0.8,apad=whole_dur=2'))).toBe('ok');
  });
});

describe('a still', () => {
  const still = (source: string, ending = 'png'): string => {
    const path = fresh(ending);
    ffmpeg('-f', 'lavfi', '-i', source, '-frames:v', '1', path);
    return path;
  };

  it.each([
    ['a picture', 'testsrc2=size=160x90', 'png', []],
    ['a picture as JPEG', 'testsrc2=size=160x90', 'jpg', []],
    ['black', 'color=black:size=160x90', 'png', ['uniform']],
    ['one colour', 'color=0x4080c0:size=160x90', 'jpg', ['uniform']],
    ['a small sign on white', 'color=white:size=160x90,drawbox=4:4:6:6:black:fill', 'png', []],
  ])('of %s', async (_, source, ending, codes) => {
    expect(await codesOf(lookAt(still(source, ending), { kind: 'still', seconds: null }))).toEqual(codes);
  });
});

describe('what goes wrong', () => {
  it('is thrown: a file that is no picture, a program that is not there', async () => {
    await expect(lookAt(join(import.meta.dirname, 'clips.ts'))).rejects.toMatchObject({ code: 'media' });
    const path = clip(fresh('mp4'));
    await expect(lookAt(path, {}, { ffmpegPath: '/no/ffmpeg' })).rejects.toMatchObject({ code: 'ffmpeg-missing' });
  });

  it('ends at the time limit and at the signal', async () => {
    const path = clip(fresh('mp4'));
    await expect(lookAt(path, {}, { timeoutMs: 1 })).rejects.toThrow('it took longer than 1 ms');
    await expect(lookAt(path, { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped');
  });
});
