import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MediaError } from 'vidpipe';
import { beforeAll, describe, expect, it } from 'vitest';
import { ffmpegTool } from '../../src/media/index.ts';
import { boxes, clip, ffmpeg, hashes, look, loudness, newFolder } from './clips.ts';

const folder = newFolder();
const tool = ffmpegTool();
const out = join(folder, 'film.mp4');
const cut = { kind: 'cut' as const, seconds: 0 };
const film = { width: 160, height: 90, fps: 24, transition: cut, out };
const at = (name: string): string => join(folder, name);
let [one, two, three] = ['', '', ''];

beforeAll(() => {
  one = clip(at('one.mp4'));
  two = clip(at('two.mp4'), { seconds: 1.5, hue: 90, tone: 880 });
  three = clip(at('three.mp4'), { seconds: 0.75, hue: 180, tone: 220 });
});

const stitch = (...paths: readonly string[]): Promise<unknown> =>
  tool.stitch({ ...film, clips: paths.map((path) => ({ path })) });

describe('a hard cut of clips that agree', () => {
  it('copies every picture as it is, at its time', async () => {
    const probe = await tool.stitch({ ...film, clips: [one, two, three, one].map((path) => ({ path })) });
    expect(probe).toMatchObject({ kind: 'video', width: 160, height: 90, seconds: 4.25, hasAudio: true, fps: 24 });
    expect(hashes(out, 'v')).toEqual([one, two, three, one].flatMap((path) => hashes(path, 'v')));
    expect(hashes(out, 'v', true)).toEqual([one, two, three, one].flatMap((path) => hashes(path, 'v', true)));
    const { video } = look(out);
    expect(video).toMatchObject({ nb_frames: '102', duration: '4.250000', start_time: '0.000000' });
    expect([video.r_frame_rate, video.avg_frame_rate]).toEqual(['24/1', '24/1']);
    expect(video.extradata_hash).toBe(look(one).video.extradata_hash);
  });

  it('copies the sound, and keeps it to half a packet of the pictures however it is counted', async () => {
    const many = Array.from({ length: 12 }, (_, index) => [one, two, three][index % 3] ?? one);
    await stitch(...many);
    const { audio, video } = look(out);
    const known = new Set([one, two, three].flatMap((path) => hashes(path, 'a')));
    expect(hashes(out, 'a').filter((hash) => !known.has(hash))).toEqual([]);
    const packet = 1024 / 48_000;
    const counted = hashes(out, 'a').length * packet;
    expect(Math.abs(counted - Number(video.duration))).toBeLessThan(packet);
    expect(Math.abs(Number(audio?.duration) - Number(video.duration))).toBeLessThan(2 * packet);
    expect(Number(audio?.start_time)).toBe(0);
  });

  it('copies hundreds of clips', async () => {
    const short = clip(at('short.mp4'), { seconds: 0.25 });
    await stitch(...Array.from({ length: 300 }, () => short));
    const { audio, video } = look(out);
    expect(video).toMatchObject({ nb_frames: '1800', duration: '75.000000' });
    expect(Math.abs(Number(audio?.duration) - 75)).toBeLessThan(0.03);
    await expect(tool.verify(out)).resolves.toBeUndefined();
  });

  it('has each clip sound where it is seen', async () => {
    await stitch(one, two, three);
    const high = (from: number): number => loudness(out, from, 0.3, 'highpass=f=800,highpass=f=800,');
    expect(high(1.3)).toBeGreaterThan(3 * high(0.3));
    expect(high(1.3)).toBeGreaterThan(3 * high(2.7));
  });

  it('drops sound that goes on after the pictures', async () => {
    const long = clip(at('long-sound.mp4'), { soundSeconds: 1.9 });
    await stitch(long, one);
    expect(look(out).video).toMatchObject({ nb_frames: '48', duration: '2.000000' });
    expect(hashes(out, 'v')).toEqual([long, one].flatMap((path) => hashes(path, 'v')));
    expect(Number(look(out).audio?.duration)).toBeCloseTo(2, 1);
  });

  it('copies clips without sound', async () => {
    const mute = clip(at('mute.mp4'), { tone: 0 });
    await stitch(mute, mute);
    expect(hashes(out, 'v')).toEqual([...hashes(mute, 'v'), ...hashes(mute, 'v')]);
    expect(look(out).audio).toBeUndefined();
  });

  it('copies clips with and without frames that refer forward, when alike among themselves', async () => {
    const plain = clip(at('plain.mp4'), { video: '-c:v libx264 -pix_fmt yuv420p -bf 0 -preset fast'.split(' ') });
    await stitch(plain, plain);
    expect(hashes(out, 'v')).toEqual([...hashes(plain, 'v'), ...hashes(plain, 'v')]);
  });

  it('copies one clip alone, whatever the transition', async () => {
    await tool.stitch({ ...film, transition: { kind: 'fade', seconds: 5 }, clips: [{ path: one }] });
    expect(hashes(out, 'v')).toEqual(hashes(one, 'v'));
  });

  it('copies QuickTime files without sound', async () => {
    const mov = clip(at('one.mov'), { tone: 0 });
    expect(await tool.probe(mov)).toMatchObject({ kind: 'video', mediaType: 'video/quicktime' });
    await stitch(mov, mov);
    expect(hashes(out, 'v')).toEqual([...hashes(mov, 'v'), ...hashes(mov, 'v')]);
  });
});

describe('the file', () => {
  it('has its index first, no tags of the clips, and the same bytes each time', async () => {
    const tagged = at('tagged.mp4');
    ffmpeg('-i', one, '-c', 'copy', '-metadata', 'title=secret', '-metadata', 'comment=prompt', tagged);
    await stitch(tagged, two);
    const first = readFileSync(out);
    expect(boxes(out).indexOf('moov')).toBeLessThan(boxes(out).indexOf('mdat'));
    expect(first.includes('secret') || first.includes('prompt') || first.includes('Lavf')).toBe(false);
    await stitch(tagged, two);
    expect(readFileSync(out).equals(first)).toBe(true);
  });

  it('is alone in its folder', async () => {
    const own = join(newFolder(), 'film.mp4');
    await tool.stitch({ ...film, out: own, clips: [{ path: one }, { path: two }] });
    expect(readdirSync(join(own, '..'))).toEqual(['film.mp4']);
  });

  it('leaves the clips with one name each', async () => {
    await stitch(one, two);
    expect([one, two].map((path) => statSync(path).nlink)).toEqual([1, 1]);
  });

  it('is not made of nothing', async () => {
    await expect(stitch()).rejects.toThrow(/there are no clips/);
  });
});

describe('names', () => {
  it.each([
    '-evil.mp4',
    "it's.mp4",
    'two words.mp4',
    'k%03d.mp4',
    'new\nline.mp4',
    'http:colon.mp4',
    'film.txt',
    "x' \nfile '/etc/passwd.mp4",
  ])('reads and writes %j', async (name) => {
    const dir = join(newFolder(), name.replaceAll('/', '_').replace(/\.mp4$/, ''));
    mkdirSync(dir);
    const path = join(dir, name.replaceAll('/', '_'));
    writeFileSync(path, readFileSync(one));
    const target = join(dir, `out${name.replaceAll('/', '_')}`);
    await tool.stitch({ ...film, out: target, clips: [{ path }, { path: two }] });
    expect(look(`file:${target}`).video.nb_frames).toBe('60');
    await tool.frameOf(path, `${target}.png`, 'last');
    await tool.contactSheet([path, path], `${target}.jpg`);
    expect(readdirSync(dir)).toHaveLength(4);
  });

  it('takes a name relative to the working folder, also one that begins with a dash', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      linkSync(three, '-dash.mp4');
      await tool.stitch({ ...film, out: '-out.mp4', clips: [{ path: '-dash.mp4' }, { path: 'one.mp4' }] });
      expect(existsSync('-out.mp4')).toBe(true);
    } finally {
      process.chdir(before);
    }
  });
});

describe('what a film can not be made of', () => {
  it('refuses a picture', async () => {
    await tool.frameOf(one, at('still.png'), 'first');
    await expect(stitch(one, at('still.png'))).rejects.toThrow(/image\/png is no clip/);
  });

  it('refuses a file that is not there, and leaves the film', async () => {
    await stitch(one);
    const film = readFileSync(out);
    await expect(stitch(one, at('none.mp4'))).rejects.toBeInstanceOf(MediaError);
    expect(readFileSync(out).equals(film)).toBe(true);
  });
});
