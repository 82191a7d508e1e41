import { join } from 'node:path';
import type { Transition } from 'vidpipe';
import { beforeAll, describe, expect, it } from 'vitest';
import { ffmpegTool } from '../../src/media/index.ts';
import {
  boxes,
  clip,
  type ClipOptions,
  difference,
  ffmpeg,
  frame,
  hashes,
  look,
  loudness,
  newFolder,
} from './clips.ts';

const folder = newFolder();
const tool = ffmpegTool();
const out = join(folder, 'film.mp4');
const at = (name: string): string => join(folder, name);
const cut: Transition = { kind: 'cut', seconds: 0 };
let [one, two] = ['', ''];

beforeAll(() => {
  one = clip(at('one.mp4'));
  two = clip(at('two.mp4'), { hue: 90, tone: 880 });
});

type Used = string | { readonly path: string; readonly seconds: number };

async function stitch(clips: readonly Used[], transition = cut, more: { fps?: number } = {}): Promise<void> {
  const used = clips.map((each) => (typeof each === 'string' ? { path: each } : each));
  await tool.stitch({ width: 160, height: 90, fps: 24, ...more, transition, clips: used, out });
}

/** What every film is, whatever it was made of. */
function expectFilm(frames: number, sound = true): void {
  const { video, audio } = look(out);
  expect(video).toMatchObject({
    codec_name: 'h264',
    pix_fmt: 'yuv420p',
    width: 160,
    height: 90,
    start_time: '0.000000',
  });
  expect(video).toMatchObject({ nb_frames: String(frames), avg_frame_rate: '24/1', r_frame_rate: '24/1' });
  expect(Number(video.duration)).toBeCloseTo(frames / 24, 5);
  expect(boxes(out).indexOf('moov')).toBeLessThan(boxes(out).indexOf('mdat'));
  if (!sound) return expect(audio).toBeUndefined();
  expect(audio).toMatchObject({ codec_name: 'aac', sample_rate: '48000', channels: 2 });
  expect(Math.abs(Number(audio?.duration) - frames / 24)).toBeLessThan(0.001);
}

const x264 = '-c:v libx264 -preset veryfast'.split(' ');
const different: Record<string, ClipOptions> = {
  'another size': { size: '320x240' },
  'an odd size': { size: '171x99', video: [...x264, '-pix_fmt', 'yuv444p'] },
  '30 frames a second': { fps: 30 },
  '60 frames a second': { fps: 60 },
  '23.976 frames a second': { fps: '24000/1001' },
  HEVC: { video: '-c:v libx265 -preset ultrafast -x265-params log-level=none -pix_fmt yuv420p'.split(' ') },
  'ten bits': { video: [...x264, '-pix_fmt', 'yuv420p10le'] },
  'full range': { video: '-c:v libx264 -preset veryfast -pix_fmt yuvj420p'.split(' ') },
  'another profile': { video: [...x264, '-pix_fmt', 'yuv420p', '-profile:v', 'baseline'] },
  'another clock': { video: [...x264, '-pix_fmt', 'yuv420p', '-video_track_timescale', '24000'] },
  '44.1 kHz': { rate: 44_100 },
  'one channel': { channels: 1 },
  'no sound': { tone: 0 },
  'sound shorter than its pictures': { soundSeconds: 0.4 },
  'pixels that are not square': { size: '120x90', video: [...x264, '-pix_fmt', 'yuv420p', '-aspect', '16:9'] },
};

describe('clips that differ', () => {
  it.each(Object.entries(different))('makes %s like the others', async (name, options) => {
    const other = clip(at('other.mp4'), options);
    await stitch([one, other, two]);
    expectFilm(72);
    const colour = name.includes('size') || name.includes('second') || name.includes('square') ? 14 : 6;
    expect(difference(frame(out, 23), frame(one, 23))).toBeLessThan(6);
    expect(difference(frame(out, 24), frame(other, 0))).toBeLessThan(colour);
    expect(difference(frame(out, 47), frame(other, -1))).toBeLessThan(colour);
    expect(difference(frame(out, 48), frame(two, 0))).toBeLessThan(6);
  });

  it.each(['webm', 'mkv', 'mov'])('takes a clip in %s', async (ending) => {
    const vp9 = '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuv420p'.split(' ');
    const other = clip(at(`other.${ending}`), ending === 'webm' ? { video: vp9, audio: ['-c:a', 'libopus'] } : {});
    await stitch([one, other]);
    expect(look(out).video.codec_name).toBe('h264');
    expect(Math.abs(Number(look(out).video.nb_frames) - 48)).toBeLessThanOrEqual(1);
    expect(difference(frame(out, 24), frame(other, 0))).toBeLessThan(8);
  });

  it('gives the silent one silence, and the others their own', async () => {
    const mute = clip(at('mute.mp4'), { tone: 0 });
    await stitch([one, mute, two]);
    expect(loudness(out, 0.2, 0.6)).toBeGreaterThan(0.05);
    expect(loudness(out, 1.2, 0.6)).toBeLessThan(0.001);
    expect(loudness(out, 2.2, 0.6)).toBeGreaterThan(0.05);
  });

  it('makes a silent film of silent clips', async () => {
    await stitch([clip(at('mute.mp4'), { tone: 0 }), clip(at('mute30.mp4'), { tone: 0, fps: 30 })]);
    expectFilm(48, false);
  });

  it('turns a clip the way its player would', async () => {
    const turned = at('turned.mp4');
    ffmpeg('-i', clip(at('tall.mp4'), { size: '90x160' }), '-c', 'copy', '-metadata:s:v', 'rotate=90', turned);
    expect(await tool.probe(turned)).toMatchObject({ width: 160, height: 90 });
    await stitch([turned, turned]);
    expectFilm(48);
    expect(difference(frame(out, 0), frame(turned, 0))).toBeLessThan(6);
  });

  it('shows nothing that an edit of the clip has cut off', async () => {
    const edited = at('edited.mp4');
    ffmpeg('-ss', '0.5', '-i', one, '-c', 'copy', edited);
    await stitch([edited, two]);
    const frames = hashes(edited, 'v', true).length;
    expect(difference(frame(out, 0), frame(edited, 0))).toBeLessThan(6);
    expect(difference(frame(out, frames), frame(two, 0))).toBeLessThan(6);
  });

  it('has the same bytes each time', async () => {
    const other = clip(at('other.mp4'), { fps: 30, tone: 0 });
    const sums: string[] = [];
    for (let run = 0; run < 2; run += 1) {
      await stitch([one, other]);
      sums.push(ffmpeg('-i', out, '-c', 'copy', '-f', 'md5', '-'), JSON.stringify(look(out).tags));
    }
    expect(sums.slice(0, 2)).toEqual(sums.slice(2));
    expect(sums[1]).not.toContain('Lavf');
  });
});

describe('clips of which a part is used', () => {
  it('cuts pictures and sound after the seconds asked', async () => {
    await stitch([
      { path: one, seconds: 0.5 },
      { path: two, seconds: 0.75 },
    ]);
    expectFilm(30);
    expect(difference(frame(out, 11), frame(one, 11))).toBeLessThan(6);
    expect(difference(frame(out, 12), frame(two, 0))).toBeLessThan(6);
    expect(difference(frame(out, -1), frame(two, 17))).toBeLessThan(6);
  });

  it('takes what there is when more is asked', async () => {
    await stitch([{ path: one, seconds: 8 }, two]);
    expect(hashes(out, 'v')).toEqual([...hashes(one, 'v'), ...hashes(two, 'v')]);
  });
});

describe('fades', () => {
  const fade = (seconds: number): Transition => ({ kind: 'fade', seconds });

  it('are as long as asked, between what stands before and after', async () => {
    await stitch([one, two, one], fade(0.25));
    expectFilm(60);
    expect(difference(frame(out, 17), frame(one, 17))).toBeLessThan(6);
    expect(difference(frame(out, 24), frame(two, 6))).toBeLessThan(6);
    expect(difference(frame(out, -1), frame(one, -1))).toBeLessThan(6);
    const middle = frame(out, 21);
    expect(difference(middle, frame(one, 21))).toBeGreaterThan(2);
    expect(difference(middle, frame(two, 3))).toBeGreaterThan(2);
  });

  it('fade the sound too', async () => {
    await stitch([one, two], fade(0.4));
    const high = (from: number): number => loudness(out, from, 0.1, 'highpass=f=1000,highpass=f=1000,');
    const [before, early, late, after] = [high(0.3), high(0.62), high(0.88), high(1.3)];
    expect([before < early, early < late, late < after * 1.05]).toEqual([true, true, true]);
  });

  it('work where a clip has no sound or another rate', async () => {
    await stitch([one, clip(at('mute30.mp4'), { tone: 0, fps: 30 }), two], fade(0.25));
    expectFilm(60);
  });

  it('leave a clip that is faded at both ends nearly nothing of its own', async () => {
    await stitch([one, { path: two, seconds: 0.5 }, one], fade(0.24));
    expectFilm(48);
  });

  it.each([0.5, 0, -1, NaN])('of %s s are refused for clips of a second', async (seconds) => {
    await expect(stitch([one, two], fade(seconds))).rejects.toThrow(/Choose 0 < seconds < 0\.5/);
  });
});

describe('films at another rate', () => {
  it.each([24_000 / 1001, 30, 25])('have %d frames a second throughout', async (fps) => {
    await stitch([one, two], cut, { fps });
    const { video, audio } = look(out);
    expect(video.r_frame_rate).toBe(video.avg_frame_rate);
    expect(Math.abs(Number(video.duration) - 2)).toBeLessThan(2 / 24);
    expect(Math.abs(Number(audio?.duration) - Number(video.duration))).toBeLessThan(0.01);
  });
});
