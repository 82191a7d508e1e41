import { open } from 'node:fs/promises';
import { MediaError } from '../errors/index.ts';
import type { Probe } from '../spec/index.ts';
import { run } from './spawn.ts';

/** The two programs and the time cap of a child. */
export interface Tools {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  readonly timeoutMs: number;
}

type Sniffed = 'image/png' | 'image/jpeg' | 'image/webp' | 'video/mp4';

/** Kind of a file by its first bytes; `null` for anything that is not on the list. */
async function sniff(path: string): Promise<Sniffed | null> {
  const file = await open(path, 'r');
  const head = Buffer.alloc(16);
  try {
    await file.read(head, 0, 16, 0);
  } finally {
    await file.close();
  }
  if (head.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))) return 'image/png';
  if (head[0] === 0xff && head[1] === 0xd8) return 'image/jpeg';
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP') return 'image/webp';
  return head.toString('latin1', 4, 8) === 'ftyp' ? 'video/mp4' : null;
}

const DEMUXERS: Record<Sniffed, readonly string[]> = {
  'image/png': ['-f', 'png_pipe'],
  'image/jpeg': ['-f', 'jpeg_pipe'],
  'image/webp': ['-f', 'webp_pipe'],
  'video/mp4': ['-f', 'mov'],
};

/** Input arguments: the demuxer is forced, so that no playlist is ever opened, and only files are read. */
export async function inputOf(path: string): Promise<string[]> {
  const type = await sniff(path);
  if (type === null)
    throw new MediaError({ action: 'reading', reason: 'the bytes are neither PNG, JPEG, WebP nor MP4' });
  return ['-protocol_whitelist', 'file', ...DEMUXERS[type], '-i', `file:${path}`];
}

const MOST_PIXELS = 8192;
const MOST_SECONDS = 3600;
const CODECS = ['h264', 'hevc', 'av1', 'vp9', 'png', 'mjpeg', 'webp', 'aac', 'mp3', 'opus'];

interface Stream {
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly width?: number;
  readonly height?: number;
  readonly r_frame_rate?: string;
  readonly pix_fmt?: string;
}

function checkStreams(streams: readonly Stream[], seconds: number): void {
  const odd = streams.find((stream) => !CODECS.includes(stream.codec_name ?? ''));
  if (odd !== undefined)
    throw new MediaError({ action: 'probing', reason: `the codec ${odd.codec_name ?? 'unknown'} is not allowed` });
  const large = streams.find(({ width = 0, height = 0 }) => width > MOST_PIXELS || height > MOST_PIXELS);
  if (large !== undefined)
    throw new MediaError({
      action: 'probing',
      reason: `${large.width}x${large.height} pixels; ${MOST_PIXELS} a side are allowed`,
    });
  if (seconds > MOST_SECONDS)
    throw new MediaError({ action: 'probing', reason: `${seconds} s; ${MOST_SECONDS} are allowed` });
}

function rateOf(fraction: string | undefined): number {
  const [over = 0, under = 1] = (fraction ?? '0/1').split('/').map(Number);
  return under === 0 ? 0 : over / under;
}

/** Facts of a file, by its content. Throws `MediaError` for what is not on the lists or passes the caps. */
export async function probe(tools: Tools, path: string, signal?: AbortSignal): Promise<Probe> {
  const mediaType = await sniff(path);
  const input = await inputOf(path);
  const args = ['-hide_banner', '-v', 'error', '-show_format', '-show_streams', '-of', 'json', ...input];
  const text = await run({ program: tools.ffprobe, args, action: 'probing', signal, timeoutMs: tools.timeoutMs });
  const { streams = [], format = {} } = JSON.parse(text) as { streams?: Stream[]; format?: { duration?: string } };
  const seconds = Number(format.duration ?? 0);
  checkStreams(streams, seconds);
  const video = streams.find(({ codec_type }) => codec_type === 'video');
  const audio = streams.find(({ codec_type }) => codec_type === 'audio');
  if (video === undefined || mediaType === null)
    throw new MediaError({ action: 'probing', reason: 'it holds no picture' });
  const size = {
    width: video.width ?? 0,
    height: video.height ?? 0,
    videoCodec: video.codec_name ?? '',
    pixelFormat: video.pix_fmt ?? '',
  };
  if (mediaType !== 'video/mp4') return { kind: 'image', mediaType, ...size };
  const sound = audio === undefined ? { hasAudio: false } : { hasAudio: true, audioCodec: audio.codec_name ?? '' };
  return { kind: 'video', mediaType, ...size, seconds, fps: rateOf(video.r_frame_rate), ...sound };
}
