import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MediaTool } from 'vidpipe';
import { ffmpegTool } from '../../src/media/index.ts';
import { billed, makePipeline } from '../pipeline/make.ts';
import { hasty } from '../support/hasty-clock.ts';
import { settingsFor } from '../support/world.ts';

let dir: string;
let good: string;
let bad: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'vidpipe-broken-tool-'));
  [good, bad] = [join(dir, 'good.png'), join(dir, 'bad.png')];
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'color=size=64x64', '-frames:v', '1', good]);
  // A picture by its beginning, and nothing that can be decoded.
  writeFileSync(bad, Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(500, 1)]));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let serial = 0;
/** A tool both of whose programs do this, and answer `-version` all the same; `null`: they are not there. */
function shimmed(lines: string | null, timeoutMs = 60_000): MediaTool {
  const path = join(dir, `shim-${(serial += 1)}`);
  const version = 'case "$*" in *-version*) exec ffmpeg -version;; esac';
  if (lines !== null) writeFileSync(path, `#!/bin/sh\n${version}\n${lines}\n`, { mode: 0o755 });
  return ffmpegTool({ ffmpegPath: path, ffprobePath: path, timeoutMs });
}

const SLEEPS = 'exec sleep 20';
/** Ways of not working, whatever it is given. */
const BROKEN: readonly (readonly [string, string | null, RegExp])[] = [
  ['is not there', null, /was not found/],
  ['is killed', 'kill -KILL $$', /SIGKILL/],
  ['crashes', 'kill -SEGV $$', /SIGSEGV/],
  ['lacks a library', 'echo "error while loading shared libraries: libx.so" >&2; exit 127', /libx\.so.*127/],
  ['never ends', SLEEPS, /longer than 300 ms/],
  ['has no room', 'echo "av_interleaved_write_frame(): No space left on device" >&2; exit 1', /No space left/],
];

const SIZE = { width: 32, height: 32 };

describe('an ffmpeg that', () => {
  it.each(BROKEN)('%s is to blame itself', async (_, lines, reason) => {
    const tool = shimmed(lines, lines === SLEEPS ? 300 : undefined);
    for (const look of [
      () => tool.probe(good),
      () => tool.verify(good),
      () => tool.fitImage(good, join(dir, 'fitted.png'), SIZE),
    ])
      await expect(look()).rejects.toMatchObject({
        code: 'media-tool',
        details: { reason: expect.stringMatching(reason) as string },
      });
  });

  it('works says what is wrong with bytes, also where one look at them is killed', async () => {
    const tool = ffmpegTool();
    await expect(tool.probe(bad)).rejects.toMatchObject({ code: 'media' });
    await expect(tool.verify(bad)).rejects.toMatchObject({ code: 'media' });
    const kills = shimmed(
      `case "$*" in *${bad}*) kill -SEGV $$;; *-show_format*) exec ffprobe "$@";; esac; exec ffmpeg "$@"`,
    );
    await expect(kills.probe(bad)).rejects.toMatchObject({ code: 'media', message: /SIGSEGV/ });
    await kills.verify(good);
  });
});

it('an ffmpeg that is removed in mid-run charges no output as bad: put back, it is taken up, and nothing is bought', async () => {
  const folder = join(dir, 'project');
  const [path, hidden] = [join(dir, 'ffprobe-here'), '#!/bin/sh\nexec ffprobe "$@"\n'];
  writeFileSync(path, hidden, { mode: 0o755 });
  const pipeline = makePipeline(folder, {}, { media: ffmpegTool({ ffprobePath: path }), clock: hasty });
  try {
    const { id } = await pipeline.create(settingsFor(1, { gates: ['keyframes'] }));
    let calls = 0;
    pipeline.on('call.intended', () => ((calls += 1) === 2 ? rmSync(path) : undefined));
    const broken = await pipeline.run(id);
    expect(broken).toMatchObject({
      status: 'waiting',
      waiting: { reason: 'storage', message: expect.stringContaining('was not found') as string },
    });
    const before = billed(folder).length;
    writeFileSync(path, hidden, { mode: 0o755 });
    expect((await pipeline.run(id)).project).toMatchObject({
      waiting: { reason: 'gate' },
      money: { held: 0, unknown: 0 },
    });
    expect([before, billed(folder).length]).toEqual([2, 2]);
  } finally {
    await pipeline.close();
  }
});
