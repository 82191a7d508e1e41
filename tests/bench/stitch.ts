// A hard cut of 20 clips of 8 s, 1280x720, 8 Mbit/s, with sound, by the product (with its probes and its check of the film) against
// what plain ffmpeg takes to copy the same clips and sync the result.
import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ffmpegTool } from '../../src/media/index.ts';
import { clip } from '../media/clips.ts';
import { median } from './median.ts';

const CLIPS = 20;
const ROUNDS = 15;
const LIMIT = 1.3;
const dir = mkdtempSync(join(tmpdir(), 'vidpipe-bench-'));

function make(index: number): string {
  const codec = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -b:v 8M -vf noise=alls=20:allf=t'.split(' ');
  return clip(join(dir, `clip${index}.mp4`), { seconds: 8, size: '1280x720', hue: index * 18, video: codec });
}

function plain(clips: readonly string[]): void {
  const list = join(dir, 'list.txt');
  writeFileSync(list, clips.map((path) => `file '${path}'`).join('\n'));
  const out = join(dir, 'plain.mp4');
  const args = ['-v', 'error', '-y', '-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy', '-movflags', '+faststart'];
  execFileSync('ffmpeg', [...args, out], { stdio: 'ignore' });
  const file = openSync(out, 'r');
  fsyncSync(file);
  closeSync(file);
}

async function timed(work: () => void | Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

try {
  const clips = Array.from({ length: CLIPS }, (_, index) => make(index));
  const tool = ffmpegTool();
  const out = join(dir, 'film.mp4');
  const transition = { kind: 'cut' as const, seconds: 0 };
  const request = { clips: clips.map((path) => ({ path, seconds: 8 })), width: 1280, height: 720, fps: 24, transition };
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    // By turns, since each pays for what the one before has left to be written.
    for (const turn of round % 2 === 0 ? [0, 1] : [1, 0]) {
      if (turn === 0) theirs.push(await timed(() => plain(clips)));
      else ours.push(await timed(() => tool.stitch({ ...request, out })));
    }
  }
  const ratio = median(ours) / median(theirs);
  console.log(`stitch-${CLIPS}-clips-copy ${ratio.toFixed(2)} ${LIMIT}`);
  console.log(`stitch-${CLIPS}-clips-copy-ms ${median(ours).toFixed(0)} -`);
  console.log(`stitch-${CLIPS}-clips-verify-ms ${(await timed(() => tool.verify(out))).toFixed(0)} -`);
  process.exitCode = ratio > LIMIT ? 1 : 0;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
