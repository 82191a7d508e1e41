// A clip of 1 GiB is downloaded from loopback, checked, stored in a folder and copied into a film, by a pipeline as a user has it: how much
// the resident memory of the process grows meanwhile.
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pipeline } from 'vidpipe';
import { defineProvider } from 'vidpipe/provider';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { mockImageModel, mockTextModel, mockVideoModel } from 'vidpipe/testing';
import { clip, ffmpeg } from '../media/clips.ts';
import { settingsFor } from '../support/world.ts';

const SECONDS = 8;
const BYTES = 1024 ** 3;
const LIMIT_MIB = 150;
const MIB = 1024 ** 2;
const dir = mkdtempSync(join(tmpdir(), 'vidpipe-bench-'));

/** Coded at a constant rate, the pictures filled up: large, quickly made, and valid. */
function makeClip(): string {
  const rate = String(Math.ceil((BYTES * 8 * 1.02) / SECONDS));
  const filled = `nal-hrd=cbr:filler=1:vbv-maxrate=${Math.ceil(Number(rate) / 1000)}:vbv-bufsize=${Math.ceil(Number(rate) / 1000)}`;
  const codec = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-pix_fmt',
    'yuv420p',
    '-b:v',
    rate,
    '-x264-params',
    filled,
  ];
  return clip(join(dir, 'large.mp4'), { seconds: SECONDS, size: '1280x720', video: codec });
}

function makeStill(): Uint8Array<ArrayBuffer> {
  const path = join(dir, 'still.png');
  ffmpeg('-f', 'lavfi', '-i', 'color=blue:size=1280x720', '-frames:v', '1', path);
  return new Uint8Array(readFileSync(path));
}

const large = makeClip();
const { size } = statSync(large);
if (size < BYTES) throw new Error(`the clip has ${size} bytes`);
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': size });
  createReadStream(large).pipe(response);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const bytes = makeStill();
const provider = defineProvider({
  id: 'mock',
  downloads: [origin],
  text: { writer: mockTextModel() },
  image: { still: mockImageModel({ generate: () => Promise.resolve({ state: 'succeeded', outputs: [{ bytes }] }) }) },
  video: {
    clip: mockVideoModel({
      start: () => Promise.resolve({ handle: { name: 'one' } }),
      check: () =>
        Promise.resolve({ state: 'succeeded', outputs: [{ url: `${origin}/clip` }], usage: { seconds: SECONDS } }),
    }),
  },
});

const pipeline = new Pipeline({
  providers: [provider],
  events: sqlite(join(dir, 'vidpipe.db')),
  assets: filesystem(join(dir, 'assets')),
  workDir: join(dir, 'work'),
});
try {
  const { id } = await pipeline.create(settingsFor(1, { clipDuration: SECONDS }));
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 50);
  const result = await pipeline.run(id);
  clearInterval(timer);
  if (result.status !== 'completed') throw new Error(`the run ended ${result.status}`);
  if ((result.film?.asset.size ?? 0) < BYTES) throw new Error(`the film has ${result.film?.asset.size} bytes`);
  const growth = (most - before) / MIB;
  console.log(`memory-1gib-clip-mib ${growth.toFixed(0)} ${LIMIT_MIB}`);
  process.exitCode = growth > LIMIT_MIB ? 1 : 0;
} finally {
  await pipeline.close();
  server.close();
  server.closeAllConnections();
  rmSync(dir, { recursive: true, force: true });
}
