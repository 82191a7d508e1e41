// Small real clips, made by ffmpeg, and looks at what came out of it.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];
process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A folder of its own, gone with the process. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vidpipe-media-'));
  folders.push(folder);
  return folder;
}

/** Runs ffmpeg itself. */
export function ffmpeg(...args: readonly string[]): string {
  return execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], { encoding: 'utf8', maxBuffer: 1e9 });
}

/** What a clip is like; the rest is 160x90, 24 fps, 1 s, a tone of 440 Hz, H.264 and AAC. */
export interface ClipOptions {
  readonly seconds?: number;
  readonly size?: string;
  readonly fps?: number | string;
  /** Hertz of its tone; 0 for no sound. */
  readonly tone?: number;
  readonly soundSeconds?: number;
  readonly rate?: number;
  readonly channels?: number;
  /** Degrees that its colours are turned. */
  readonly hue?: number;
  /** Options of the encoder. */
  readonly video?: readonly string[];
  readonly audio?: readonly string[];
}

/** Makes a clip and answers its path. */
export function clip(path: string, options: ClipOptions = {}): string {
  const { seconds = 1, size = '160x90', fps = 24, tone = 440, hue = 0 } = options;
  const { soundSeconds = seconds, rate = 48_000, channels = 2 } = options;
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps}:duration=${seconds},hue=h=${hue}`];
  const sound = ['-f', 'lavfi', '-i', `sine=frequency=${tone}:sample_rate=${rate}:duration=${soundSeconds}`];
  const { video = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'] } = options;
  const { audio = ['-c:a', 'aac', '-ac', String(channels)] } = options;
  ffmpeg(...picture, ...(tone === 0 ? [] : sound), ...video, ...(tone === 0 ? [] : audio), path);
  return path;
}

interface Stream {
  readonly codec_type: string;
  readonly codec_name: string;
  readonly profile?: string;
  readonly pix_fmt?: string;
  readonly nb_frames: string;
  readonly duration: string;
  readonly start_time: string;
  readonly r_frame_rate: string;
  readonly avg_frame_rate: string;
  readonly sample_rate?: string;
  readonly channels?: number;
  readonly extradata_hash?: string;
  readonly tags?: Record<string, string>;
}

/** Streams and tags of a file, by ffprobe. */
export function look(path: string): {
  readonly video: Stream;
  readonly audio: Stream | undefined;
  readonly tags: Record<string, string>;
} {
  const args = ['-v', 'error', '-show_streams', '-show_format', '-show_data_hash', 'md5', '-of', 'json', path];
  const { streams, format } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' })) as {
    streams: Stream[];
    format: { tags: Record<string, string> };
  };
  const [video, audio] = ['video', 'audio'].map((type) => streams.find((each) => each.codec_type === type));
  if (video === undefined) throw new Error(`${path} holds no picture`);
  return { video, audio, tags: format.tags };
}

/** A hash of each packet of a stream (`v` or `a`), or with `decoded` of each frame. */
export function hashes(path: string, stream: 'v' | 'a', decoded = false): readonly string[] {
  const codec = decoded ? [] : ['-c', 'copy'];
  const text = ffmpeg('-i', path, '-map', `0:${stream}`, ...codec, '-f', 'framemd5', '-');
  return text.split('\n').flatMap((line) => (line.startsWith('0') ? [line.split(',')[5]?.trim() ?? ''] : []));
}

/** Grey pixels of each frame, 32x18. */
export function frames(path: string): readonly Buffer[] {
  const args = ['-v', 'error', '-i', path, '-vf', 'scale=32:18,format=gray', '-f', 'rawvideo', '-'];
  const all = execFileSync('ffmpeg', args, { maxBuffer: 1e9 });
  const size = 32 * 18;
  return Array.from({ length: all.length / size }, (_, index) => all.subarray(index * size, (index + 1) * size));
}

/** Frame `index`, from the end where negative. */
export function frame(path: string, index: number): Buffer {
  return frames(path).at(index) ?? Buffer.alloc(0);
}

/** Mean difference of two pictures, 0 to 255. */
export function difference(a: Buffer, b: Buffer): number {
  if (a.length === 0 || a.length !== b.length) return NaN;
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;
}

/** Loudness of `seconds` of sound from `from`, as root mean square of 0 to 1. */
export function loudness(path: string, from: number, seconds: number, band = ''): number {
  const filter = `${band}atrim=${from}:${from + seconds}`;
  const args = ['-v', 'error', '-i', path, '-af', filter, '-ac', '1', '-f', 's16le', '-'];
  const bytes = execFileSync('ffmpeg', args, { maxBuffer: 1e9 });
  const samples = Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readInt16LE(index * 2) / 32768);
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
}

/** Types of the boxes at the top of an MP4, in order. */
export function boxes(path: string): readonly string[] {
  const bytes = readFileSync(path);
  const types: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += bytes.readUInt32BE(at) || bytes.length)
    types.push(bytes.toString('latin1', at + 4, at + 8));
  return types;
}

/** A program of one's own that stands for ffmpeg or ffprobe. */
export function shim(folder: string, name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}
