import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { FfmpegMissingError, MediaError, MediaToolError } from 'vidpipe';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ffmpegTool } from '../../src/media/index.ts';
import { clip, newFolder, shim } from './clips.ts';

const folder = newFolder();
const tool = ffmpegTool();
const work = join(folder, 'work');
const out = join(work, 'film.mp4');
const at = (name: string): string => join(folder, name);
let [one, other] = ['', ''];

beforeAll(() => {
  one = clip(at('one.mp4'));
  other = clip(at('other.mp4'), { fps: 30 });
});

beforeEach(() => {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  writeFileSync(out, 'the film before');
});

const film = { width: 160, height: 90, fps: 24, transition: { kind: 'cut' as const, seconds: 0 }, out };
const copying = { ...film, clips: [{ path: one }, { path: one }] };
const requestOf = (...paths: readonly string[]): typeof copying => ({
  ...film,
  clips: paths.map((path) => ({ path })),
});

/** Whatever went wrong, the film that was there is, and nothing else. */
function expectUntouched(): void {
  expect(readFileSync(out, 'utf8')).toBe('the film before');
  expect(readdirSync(work)).toEqual(['film.mp4']);
}

/** A tool whose ffmpeg is a script; ffprobe is the real one. */
function withFfmpeg(body: string, timeoutMs = 60_000): ReturnType<typeof ffmpegTool> {
  return ffmpegTool({ ffmpegPath: shim(newFolder(), 'ffmpeg', body), timeoutMs });
}

const lastArgument = 'for last; do :; done; last=${last#file:}';

describe('an ffmpeg that misbehaves', () => {
  const bad: Record<string, readonly [string, RegExp]> = {
    'leaves with 1': ['exit 1', /exit code 1/],
    'says why and leaves with 1': ['echo "no space left" >&2; exit 1', /no space left.*exit code 1/],
    'leaves with 0 and writes nothing': ['exit 0', /ENOENT|no such file/],
    'leaves with 0 and writes junk': [`${lastArgument}; echo junk >"$last"`, /undefined frames|neither PNG/],
    'leaves with 0 and an error on standard error': [
      `${lastArgument}; cp "${at('one.mp4')}" "$last"; echo "No space left on device" >&2`,
      /No space left/,
    ],
    'leaves with 0 and writes another film': [
      `${lastArgument}; cp "${at('one.mp4')}" "$last"`,
      /the film has 24 frames/,
    ],
    'is killed': ['kill -9 $$', /SIGKILL/],
    crashes: ['kill -SEGV $$', /SIGSEGV/],
  };

  it.each(Object.entries(bad))('%s', async (_, [body, reason]) => {
    for (const request of [requestOf(one, one), requestOf(one, other)]) {
      const failed = withFfmpeg(body).stitch(request);
      await expect(failed).rejects.toBeInstanceOf(MediaError);
      expectUntouched();
    }
    await expect(withFfmpeg(body).stitch(requestOf(one, one))).rejects.toThrow(reason);
  });

  it.each([
    ['sleeps', 'exec sleep 60'],
    ['sleeps in a child that holds its pipes', 'sleep 5; exit 0'],
    ['ignores SIGTERM', 'trap "" TERM; while :; do sleep 0.1; done'],
  ])('%s is ended at the cap', async (_, body) => {
    const began = performance.now();
    await expect(withFfmpeg(body, 500).stitch(requestOf(one, one))).rejects.toThrow(/took longer than 500 ms/);
    expect(performance.now() - began).toBeLessThan(4000);
    expectUntouched();
  });

  it('has more time for more media', async () => {
    const long = clip(at('long.mp4'), { seconds: 240, size: '32x32', fps: 1, tone: 0 });
    const slow = withFfmpeg('sleep 1.2; exec ffmpeg "$@"', 1000);
    await expect(slow.verify(long)).resolves.toBeUndefined();
    await expect(slow.verify(one)).rejects.toThrow(/took longer than 1000 ms/);
  });

  it.each([
    ['standard error', 'head -c 100000000 /dev/zero | tr "\\0" x >&2; exit 1'],
    ['standard output', 'head -c 100000000 /dev/zero | tr "\\0" x; exit 1'],
  ])('writes 100 MB to %s, which is not kept', async (_, body) => {
    let most = process.memoryUsage.rss();
    const before = most;
    const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
    onTestFinished(() => clearInterval(timer));
    const error = await withFfmpeg(body)
      .verify(one)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MediaToolError);
    expect(String(error).length).toBeLessThan(5000);
    expect(most - before).toBeLessThan(90 * 1024 ** 2);
  });

  it('asks on standard input and gets none', async () => {
    await expect(withFfmpeg('read answer && exit 0; exit 7').verify(one)).rejects.toThrow(/exit code 7/);
  });

  it('is told no secret', async () => {
    process.env['GOOGLE_API_KEY'] = 'canary-key';
    onTestFinished(() => void delete process.env['GOOGLE_API_KEY']);
    await expect(withFfmpeg('env >&2; exit 1').verify(one)).rejects.toSatisfy((error: unknown) => {
      const names = String(error).match(/^\w+(?==)/gm) ?? [];
      const known = ['HOME', 'LC_ALL', 'LD_LIBRARY_PATH', 'PATH', 'PWD', 'SHLVL', 'TMPDIR', 'OLDPWD', '_'];
      return names.length > 1 && names.every((name) => known.includes(name)) && !String(error).includes('canary');
    });
  });

  it('comes with an ffprobe that answers nonsense', async () => {
    const ffprobePath = shim(newFolder(), 'ffprobe', 'echo "<html>"');
    await expect(ffmpegTool({ ffprobePath }).probe(one)).rejects.toThrow(/no JSON/);
  });
});

/** Name of the first file that comes into a folder. */
async function firstFile(place: string): Promise<string> {
  for await (const { filename } of watch(place)) if (filename !== null) return filename;
  throw new Error('nothing came');
}

describe('stopping', () => {
  it.each([
    ['copies', () => requestOf(one, one)],
    ['encodes', () => requestOf(one, other)],
  ])('ends a child that %s at once, with the reason of the signal', async (_, request) => {
    const controller = new AbortController();
    const place = newFolder();
    const started = firstFile(place);
    const slow = withFfmpeg(`echo $$ >/tmp/$$.pid; mv /tmp/$$.pid "${place}"; exec sleep 60`);
    const aborted = started.then((name) => {
      controller.abort(new Error('enough'));
      return { pid: Number.parseInt(name, 10), at: performance.now() };
    });
    await expect(slow.stitch(request(), controller.signal)).rejects.toThrow('enough');
    const { pid, at: began } = await aborted;
    expect(performance.now() - began).toBeLessThan(2000);
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    expectUntouched();
  });

  it('starts nothing when it was stopped before', async () => {
    await expect(tool.stitch(requestOf(one, one), AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    await expect(tool.verify(one, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    expectUntouched();
  });
});

describe('the programs', () => {
  it('pass when they are there', async () => {
    await expect(tool.preflight()).resolves.toBeUndefined();
  });

  it('are named with what to install when missing', async () => {
    for (const missing of [{ ffmpegPath: at('none') }, { ffprobePath: at('none') }]) {
      const error = await ffmpegTool(missing)
        .preflight()
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(FfmpegMissingError);
      expect(String(error)).toMatch(/apt-get install ffmpeg.*FFMPEG_PATH/);
    }
    const missing = ffmpegTool({ ffmpegPath: at('none') }).verify(one);
    await expect(missing).rejects.toBeInstanceOf(MediaToolError);
    await expect(missing).rejects.toThrow(/apt-get install ffmpeg/);
  });

  it.each([
    ['are too old', 'echo "ffmpeg version 4.4.2-0ubuntu0 Copyright"', /version 4 is too old/],
    ['do not run', 'exit 127', /does not run/],
  ])('are refused when they %s', async (_, body, reason) => {
    await expect(withFfmpeg(body).preflight()).rejects.toThrow(reason);
  });

  it('are refused when they may not be run', async () => {
    writeFileSync(at('plain-file'), 'no program', { mode: 0o644 });
    await expect(ffmpegTool({ ffmpegPath: at('plain-file') }).verify(one)).rejects.toThrow(/does not run.*Install/);
  });

  it.each(['ffmpeg version n7.1', 'ffmpeg version N-112345-gabcdef', 'ffmpeg version 5.0'])(
    'pass as %s',
    async (text) => {
      await expect(withFfmpeg(`echo "${text}"`).preflight()).resolves.toBeUndefined();
    },
  );
});

describe('a full disk', () => {
  it('leaves the film before and nothing else', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('mounting a small disk needs root');
    const disk = newFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk], { stdio: 'pipe' });
    } catch {
      skip('mount is not allowed here');
    }
    onTestFinished(() => void execFileSync('umount', [disk]));
    const large = clip(at('large.mp4'), { video: '-c:v libx264 -qp 0 -preset ultrafast -vf noise=alls=60'.split(' ') });
    const target = join(disk, 'film.mp4');
    writeFileSync(target, 'the film before');
    for (const paths of [Array.from({ length: 8 }, () => large), [large, other, large, large]]) {
      await expect(
        tool.stitch({ ...requestOf(...paths), out: target, width: 320, height: 180 }),
      ).rejects.toBeInstanceOf(MediaError);
      expect(readFileSync(target, 'utf8')).toBe('the film before');
      expect(readdirSync(disk)).toEqual(['film.mp4']);
    }
  });
});

/** A PNG that declares a size and holds next to nothing. */
function png(width: number, height: number): Buffer {
  const chunk = (type: string, body: Buffer): Buffer => {
    const data = Buffer.concat([Buffer.from(type), body]);
    const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    size.writeUInt32BE(body.length);
    sum.writeUInt32BE(crc(data));
    return Buffer.concat([size, data, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const body = deflateSync(Buffer.alloc(height * (width + 1)));
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', body), chunk('IEND', Buffer.alloc(0))]);
}

function crc(data: Buffer): number {
  let sum = ~0;
  for (const byte of data) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

/** A copy of `one` with other bytes somewhere in its index. */
function changed(name: string, change: (bytes: Buffer) => void): string {
  const bytes = readFileSync(one);
  change(bytes);
  writeFileSync(at(name), bytes);
  return at(name);
}

describe('files that lie', () => {
  const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${at('one.mp4')}\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n`;
  const liars: Record<string, string | Buffer> = {
    'a playlist named .mp4': playlist,
    'a list of files named .mp4': `ffconcat version 1.0\nfile '${at('one.mp4')}'\n`,
    'a page': '<!doctype html><title>Not found</title>',
    'an SVG': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    nothing: '',
    'eight letters': 'xxxxftyp',
    'a playlist behind the head of a clip': Buffer.concat([
      Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp41', 'latin1'),
      Buffer.from(playlist),
    ]),
  };

  it.each(Object.entries(liars))('%s is refused by everything', async (_, bytes) => {
    const path = at('liar.mp4');
    writeFileSync(path, bytes);
    const target = at('liar.png');
    const size = { width: 16, height: 16 };
    const attempts = [
      tool.probe(path),
      tool.verify(path),
      tool.stitch(requestOf(one, path)),
      tool.stitch(requestOf(path)),
      tool.fitImage(path, target, size),
      tool.frameOf(path, target, 'last'),
      tool.poster(path, target),
      tool.contactSheet([path], target),
    ];
    for (const outcome of await Promise.allSettled(attempts))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'media' } });
    expectUntouched();
  });

  it('an MP4 under another name is one', async () => {
    writeFileSync(at('clip.txt'), readFileSync(one));
    expect(await tool.probe(at('clip.txt'))).toMatchObject({ kind: 'video', mediaType: 'video/mp4', seconds: 1 });
    await expect(tool.verify(at('clip.txt'))).resolves.toBeUndefined();
  });

  it('a small picture of 16,000 pixels a side is refused before it is decoded', async () => {
    writeFileSync(at('bomb.png'), png(16_000, 16_000));
    await expect(tool.probe(at('bomb.png'))).rejects.toThrow(/16000x16000 pixels; 8192 a side are allowed/);
    for (const attempt of [
      () => tool.verify(at('bomb.png')),
      () => tool.fitImage(at('bomb.png'), at('fitted.png'), { width: 16, height: 16 }),
    ])
      await expect(attempt()).rejects.toThrow(/16000x16000/);
  });

  it('a picture that is long and thin is refused', async () => {
    writeFileSync(at('thin.png'), png(9000, 10));
    await expect(tool.probe(at('thin.png'))).rejects.toThrow(/9000x10 pixels; 8192 a side/);
    writeFileSync(at('fine.png'), png(8000, 10));
    expect(await tool.probe(at('fine.png'))).toMatchObject({ kind: 'image', width: 8000, height: 10 });
  });

  it('a clip that says it is a year long is refused', async () => {
    const path = changed('year.mp4', (bytes) => {
      const stts = bytes.indexOf('stts');
      const mvhd = bytes.indexOf('mvhd');
      bytes.writeUInt32BE(12_288 * 86_000, stts + 16);
      bytes.writeUInt32BE(1, mvhd + 16);
      bytes.writeUInt32BE(31_536_000, mvhd + 20);
    });
    await expect(tool.probe(path)).rejects.toThrow(/86400 are allowed|duration|neg/i);
    await expect(tool.verify(path)).rejects.toBeInstanceOf(MediaError);
  });

  it('a codec that is not on the list is refused', async () => {
    const path = clip(at('mpeg.mp4'), { video: ['-c:v', 'mpeg4'] });
    await expect(tool.probe(path)).rejects.toThrow(/the codec mpeg4 is not allowed/);
  });

  it('sound alone is no clip', async () => {
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', one, '-vn', '-c', 'copy', at('sound.mp4')]);
    await expect(tool.probe(at('sound.mp4'))).rejects.toThrow(/no picture/);
  });

  it.each([30, 50, 90, 99])('a clip of which %i % have come does not pass as whole', async (percent) => {
    const whole = at('whole.mp4');
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', one, '-c', 'copy', '-movflags', '+faststart', whole]);
    await expect(tool.verify(whole)).resolves.toBeUndefined();
    truncateSync(whole, Math.floor((readFileSync(whole).length * percent) / 100));
    expect(await tool.probe(whole).catch(() => ({ seconds: 1 }))).toMatchObject({ seconds: 1 });
    await expect(tool.verify(whole)).rejects.toBeInstanceOf(MediaError);
  });

  it('a clip whose boxes are longer than it is refused, not read past its end', async () => {
    for (const box of ['trak', 'stsd', 'stts', 'stsz', 'elst', 'esds']) {
      const path = changed(`${box}.mp4`, (bytes) => bytes.writeUInt32BE(0x7fffffff, bytes.indexOf(box) - 4));
      const outcome = await tool.stitch(requestOf(one, path)).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(MediaError);
      else expect(outcome).toMatchObject({ kind: 'video' });
    }
  });
});
