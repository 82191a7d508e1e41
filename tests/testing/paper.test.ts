import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { paper, paperMedia } from 'vidpipe/testing';
import { describe, expect, it } from 'vitest';
import { ffmpegTool } from '../../src/media/index.ts';
import { clip, newFolder } from '../media/clips.ts';

const folder = newFolder();
const LENGTHS = [1, 1.5, 0.75];
const real = LENGTHS.map((seconds, at) => clip(join(folder, `${at}.mp4`), { seconds, tone: 0 }));
const sheets = LENGTHS.map((seconds, at) => {
  const path = join(folder, `${at}.paper`);
  writeFileSync(path, paper({ kind: 'video', width: 160, height: 90, seconds }));
  return path;
});
const asked = (paths: readonly string[]) => [
  { path: paths[0]!, seconds: 4 },
  { path: paths[1]!, seconds: 1.01 },
  { path: paths[2]! },
];

describe('a stitched film of paper', () => {
  it('is as long as one of ffmpeg, a fade off', async () => {
    const film = { width: 160, height: 90, fps: 24, transition: { kind: 'fade', seconds: 0.3 } as const };
    const made = await ffmpegTool().stitch({ ...film, out: join(folder, 'film.mp4'), clips: asked(real) });
    const { seconds } = await paperMedia().stitch({ ...film, out: join(folder, 'film'), clips: asked(sheets) });
    expect(seconds).toBeCloseTo(made.seconds ?? 0, 3);
  });

  it('is as long as its clips where they are cut hard: no longer than they are, nor than is asked', async () => {
    const film = { width: 160, height: 90, fps: 24, transition: { kind: 'cut', seconds: 0 } as const };
    const { seconds } = await paperMedia().stitch({ ...film, out: join(folder, 'cut'), clips: asked(sheets) });
    expect(seconds).toBe(1 + 1 + 0.75);
  });

  it('of one clip has no fade', async () => {
    const film = { width: 160, height: 90, fps: 24, transition: { kind: 'fade', seconds: 5 } as const };
    const probe = await paperMedia().stitch({ ...film, out: join(folder, 'one'), clips: [{ path: sheets[0]! }] });
    expect(probe.seconds).toBe(1);
  });
});
