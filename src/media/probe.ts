import { MediaError } from '../errors/index.ts';
import type { Probe } from '../spec/index.ts';
import type { FfmpegOptions } from './options.ts';
import { inputOf, MOST_SIDE, sniff } from './sniff.ts';
import { run } from './spawn.ts';

/** The two programs and the time cap of a child. */
export interface Tools {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** Per minute of media, and at least once. */
  readonly timeoutMs: number;
}

/** The programs that options and environment name. */
export function toolsOf({ ffmpegPath, ffprobePath, timeoutMs = 600_000 }: FfmpegOptions): Tools {
  return {
    ffmpeg: ffmpegPath ?? process.env['FFMPEG_PATH'] ?? 'ffmpeg',
    ffprobe: ffprobePath ?? process.env['FFPROBE_PATH'] ?? 'ffprobe',
    timeoutMs,
  };
}

/** Wall time that a child may take over so many seconds of media. */
export function capOf({ timeoutMs }: Tools, seconds: number): number {
  return timeoutMs * Math.max(1, seconds / 60);
}

/** A probe and what joining needs besides. */
export interface Facts {
  readonly probe: Probe;
  /** Of the first picture stream that is no cover art. */
  readonly videoIndex: number;
  readonly audioIndex: number | undefined;
  readonly frames: number | undefined;
  readonly colorSpace: string | undefined;
  readonly audioProfile: string | undefined;
  /** Square pixels, not turned, one rate throughout, nothing beside one picture and at most one sound stream. */
  readonly plain: boolean;
}

/** A film of a thousand clips of a minute fits in. */
const MOST_SECONDS = 24 * 3600;
const CODECS = ['h264', 'hevc', 'av1', 'vp8', 'vp9', 'prores', 'png', 'mjpeg', 'webp'];
const SOUND_CODECS = ['aac', 'mp3', 'opus', 'vorbis', 'pcm_s16le'];

interface Stream {
  readonly index: number;
  readonly codec_type?: string;
  readonly codec_name?: string;
  readonly profile?: string;
  readonly width?: number;
  readonly height?: number;
  readonly r_frame_rate?: string;
  readonly avg_frame_rate?: string;
  readonly pix_fmt?: string;
  readonly color_space?: string;
  readonly sample_aspect_ratio?: string;
  readonly nb_frames?: string;
  readonly duration?: string;
  readonly disposition?: { readonly attached_pic?: number };
  readonly side_data_list?: readonly { readonly rotation?: number }[];
}

interface Answer {
  readonly streams?: readonly Stream[];
  readonly format?: { readonly duration?: string };
}

function refuse(reason: string): never {
  throw new MediaError({ action: 'probing', reason });
}

function refuseSize(size: string): never {
  return refuse(`${size} pixels; ${MOST_SIDE} a side are allowed`);
}

/** A picture that ffprobe would not decode for its size is refused in the same words as one that is a little too wide. */
function tooLarge(error: unknown): never {
  const size = /Picture size (\d+x\d+)/.exec(String(error))?.[1];
  if (size !== undefined) refuseSize(size);
  throw error;
}

/** Only what is decoded is judged: a track of time codes or subtitles does no harm. */
function checkStreams(streams: readonly Stream[], seconds: number): void {
  for (const { codec_type: type, codec_name: name = 'unknown', width = 0, height = 0 } of streams) {
    if (type !== 'video' && type !== 'audio') continue;
    if (!(type === 'video' ? CODECS : SOUND_CODECS).includes(name)) refuse(`the codec ${name} is not allowed`);
    if (width > MOST_SIDE || height > MOST_SIDE) refuseSize(`${width}x${height}`);
  }
  if (!(seconds <= MOST_SECONDS)) refuse(`${seconds} s; ${MOST_SECONDS} are allowed`);
}

function rateOf(fraction: string | undefined): number {
  const [over = 0, under = 1] = (fraction ?? '0/1').split('/').map(Number);
  return under === 0 ? 0 : over / under;
}

function turnOf({ side_data_list: sides = [] }: Stream): number {
  return sides.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0;
}

function parse(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch (cause) {
    throw new MediaError({ action: 'probing', reason: 'the answer of ffprobe is no JSON' }, { cause });
  }
}

function isPlain(streams: readonly Stream[], video: Stream): boolean {
  const { r_frame_rate: base, avg_frame_rate: average, sample_aspect_ratio: shape = '1:1' } = video;
  const tracks = streams.length === 1 || (streams.length === 2 && streams.some((s) => s.codec_type === 'audio'));
  return tracks && turnOf(video) === 0 && base === average && ['1:1', '0:1'].includes(shape);
}

/** All that is known of a file. Throws `MediaError` for what is not on the lists or passes the caps. */
export async function inspect(tools: Tools, path: string, signal?: AbortSignal): Promise<Facts> {
  const mediaType = await sniff(path);
  const args = [
    '-hide_banner',
    '-v',
    'error',
    '-show_format',
    '-show_streams',
    '-of',
    'json',
    ...(await inputOf(path)),
  ];
  const text = await run({ program: tools.ffprobe, args, action: 'probing', signal, timeoutMs: tools.timeoutMs }).catch(
    tooLarge,
  );
  const { streams = [], format = {} } = parse(text);
  const video = streams.find((each) => each.codec_type === 'video' && each.disposition?.attached_pic !== 1);
  const audio = streams.find((each) => each.codec_type === 'audio');
  if (video === undefined) return refuse('it holds no picture');
  checkStreams(streams, Math.max(Number(video.duration ?? 0), Number(format.duration ?? 0)));
  const sides = [video.width ?? 0, video.height ?? 0] as const;
  const [width, height] = turnOf(video) % 180 === 0 ? sides : [sides[1], sides[0]];
  const picture = { mediaType, width, height, videoCodec: video.codec_name ?? '', pixelFormat: video.pix_fmt ?? '' };
  const seconds = Number(video.duration ?? format.duration ?? 0);
  const fps = rateOf(video.avg_frame_rate) || rateOf(video.r_frame_rate);
  const sound = audio === undefined ? { hasAudio: false } : { hasAudio: true, audioCodec: audio.codec_name ?? '' };
  return {
    probe: mediaType.startsWith('image/')
      ? { kind: 'image', ...picture }
      : { kind: 'video', ...picture, seconds, fps, ...sound },
    videoIndex: video.index,
    audioIndex: audio?.index,
    frames: video.nb_frames === undefined ? undefined : Number(video.nb_frames),
    colorSpace: video.color_space,
    audioProfile: audio?.profile,
    plain: isPlain(streams, video),
  };
}

/** Facts of a file, by its content. Throws `MediaError` for what is not on the lists or passes the caps. */
export async function probe(tools: Tools, path: string, signal?: AbortSignal): Promise<Probe> {
  return (await inspect(tools, path, signal)).probe;
}
