import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ffmpegTool } from '../../src/media/index.ts';
import { clip, difference, ffmpeg, frame, frames, hashes, newFolder } from './clips.ts';

const folder = newFolder();
const tool = ffmpegTool();
const at = (name: string): string => join(folder, name);
let one = '';

beforeAll(() => {
  one = clip(at('one.mp4'), { seconds: 2 });
});

/** Which frame of a clip a picture shows. */
function nearest(picture: string, path: string): number {
  const shown = frame(picture, 0);
  const off = frames(path).map((each) => difference(each, shown));
  return off.indexOf(Math.min(...off));
}

describe('a frame of a clip', () => {
  const clips: Record<string, () => string> = {
    'of two seconds': () => one,
    'shorter than a second': () => clip(at('short.mp4'), { seconds: 0.25 }),
    'of one frame': () => clip(at('single.mp4'), { seconds: 1 / 24, tone: 0 }),
    'whose sound goes on for long': () => clip(at('sound.mp4'), { soundSeconds: 4 }),
    'whose sound is shorter': () => clip(at('quiet.mp4'), { soundSeconds: 0.2 }),
    'without frames that refer forward': () =>
      clip(at('plain.mp4'), { video: '-c:v libx264 -bf 0 -pix_fmt yuv420p'.split(' ') }),
    'in WebM': () => clip(at('one.webm'), { tone: 0, video: '-c:v libvpx -deadline realtime -cpu-used 8'.split(' ') }),
    'whose last frame stands for long': () => {
      ffmpeg('-i', one, '-vf', "setpts='if(gt(N,40),PTS+3/TB,PTS)'", '-frames:v', '42', '-an', at('slow.mp4'));
      const held = at('held.mp4');
      ffmpeg('-i', at('slow.mp4'), '-c', 'copy', '-bsf:v', "setts=duration='if(eq(N,41),4/TB,DURATION)'", held);
      return held;
    },
  };

  it.each(Object.entries(clips))('%s is its first and its last', async (_, make) => {
    const path = make();
    await tool.frameOf(path, at('first.png'), 'first');
    await tool.frameOf(path, at('last.png'), 'last');
    expect(await tool.probe(at('last.png'))).toMatchObject({ kind: 'image', mediaType: 'image/png', width: 160 });
    expect(nearest(at('first.png'), path)).toBe(0);
    expect(nearest(at('last.png'), path)).toBe(frames(path).length - 1);
  });

  it('has the same bytes each time', async () => {
    await tool.frameOf(one, at('a.png'), 'last');
    await tool.frameOf(one, at('b.png'), 'last');
    expect(readFileSync(at('a.png')).equals(readFileSync(at('b.png')))).toBe(true);
  });
});

describe('a picture that is fitted', () => {
  it.each([
    ['png', 320, 90],
    ['jpg', 90, 320],
    ['webp', 101, 77],
  ])('comes as PNG of the size asked, from %s of %dx%d', async (ending, width, height) => {
    ffmpeg('-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}`, '-frames:v', '1', at(`picture.${ending}`));
    await tool.fitImage(at(`picture.${ending}`), at('fitted.png'), { width: 160, height: 90 });
    const fitted = await tool.probe(at('fitted.png'));
    expect(fitted).toMatchObject({ kind: 'image', mediaType: 'image/png', width: 160, height: 90 });
  });

  it('is not made of half a picture', async () => {
    ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=640x360', '-frames:v', '1', at('whole.png'));
    const bytes = readFileSync(at('whole.png'));
    writeFileSync(at('half.png'), bytes.subarray(0, bytes.length / 2));
    await expect(tool.fitImage(at('half.png'), at('none.png'), { width: 160, height: 90 })).rejects.toThrow(/fitting/);
    await expect(tool.verify(at('half.png'))).rejects.toThrow(/failed/);
    expect(readdirSync(folder)).not.toContain('none.png');
  });
});

describe('pictures of a film', () => {
  it('are a poster of the frame at a third', async () => {
    await tool.poster(one, at('poster.jpg'));
    expect(await tool.probe(at('poster.jpg'))).toMatchObject({ kind: 'image', mediaType: 'image/jpeg', width: 160 });
    expect(nearest(at('poster.jpg'), one)).toBe(16);
  });

  it.each([1 / 24, 1 / 12, 0.125])('are a poster of a film of %d s', async (seconds) => {
    const tiny = clip(at('tiny.mp4'), { seconds, tone: 0 });
    await tool.poster(tiny, at('tiny.jpg'));
    expect(hashes(at('tiny.jpg'), 'v')).toHaveLength(1);
  });

  it('are a sheet with a cell for each clip, whatever its shape', async () => {
    const tall = clip(at('tall.mp4'), { size: '90x160', tone: 0 });
    await tool.contactSheet([one, tall, one, one, tall], at('sheet.jpg'));
    const { width, height } = await tool.probe(at('sheet.jpg'));
    expect([width, height]).toEqual([4 * 480 + 5 * 8, 2 * 270 + 3 * 8]);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('are no sheet of no clips', async () => {
    await expect(tool.contactSheet([], at('none.jpg'))).rejects.toThrow(/there are no clips/);
  });
});
