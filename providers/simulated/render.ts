import { spawn } from 'node:child_process';

/** What a clip is rendered from: paths of its frames, seconds, pixels. */
export interface RenderRequest {
  readonly start: string;
  readonly end: string | null;
  readonly out: string;
  readonly seconds: number;
  readonly width: number;
  readonly height: number;
  readonly audio: boolean;
  /** Random bytes, at least 8, that make one take unlike another: the way of a spark through the picture, and the tone. */
  readonly look: Uint8Array;
}

/** Frames a second of every simulated clip. */
const FPS = 24;

interface Filter {
  readonly inputs: readonly string[];
  /** Ends in `[c]`, without the spark. */
  readonly graph: string;
}

function still(path: string, seconds: number): string[] {
  return ['-loop', '1', '-framerate', String(FPS), '-t', String(seconds), '-i', path];
}

/** A slow push in from the start frame, for models that take no end frame. */
function drift({ start, seconds, width, height }: RenderRequest, frames: number): Filter {
  const zoom = `z='1+0.1*on/${frames}':d=1:x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2':s=${width}x${height}:fps=${FPS}`;
  return { inputs: still(start, seconds), graph: `[0:v]zoompan=${zoom},setsar=1,format=yuv420p[c]` };
}

/** From the start frame, which is the first of the clip, to the end frame, which is its last. */
function blend(request: RenderRequest, end: string, frames: number): Filter {
  const { start, seconds, width, height } = request;
  const fit = `scale=${width}:${height},setsar=1,format=yuv420p,fps=${FPS},settb=1/${FPS}`;
  const length = ((frames - 2) / FPS).toFixed(6);
  const fade = `xfade=transition=fade:duration=${length}:offset=${(1 / FPS).toFixed(6)}`;
  return {
    inputs: [...still(start, seconds), ...still(end, seconds)],
    graph: `[0:v]${fit}[s];[1:v]${fit}[e];[s][e]${fade}[c]`,
  };
}

/** A small square that crosses the picture, in neither the first nor the last frames. */
function spark({ look, seconds, width, height }: RenderRequest, frames: number): string {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0, red = 0, green = 0] = look;
  const side = Math.max(4, Math.round(height / 45));
  const colour = `0x${[red, green, 255].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
  const way = (from: number, to: number, size: number): string =>
    `${((from / 255) * (size - side)).toFixed(2)}+${(((to - from) / 255) * (size - side)).toFixed(2)}*t/${seconds}`;
  const place = `x='${way(x0, x1, width)}':y='${way(y0, y1, height)}':enable='between(n,2,${frames - 4})'`;
  return `color=c=${colour}:s=${side}x${side}:r=${FPS}:d=${seconds}[m];[c][m]overlay=${place}:format=yuv420[v]`;
}

const EXACT = '-map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -movflags +faststart'.split(
  ' ',
);
/** The count of threads shapes the bytes, so it is not left to the machine. */
const H264 = `-map [v] -c:v libx264 -preset veryfast -crf 20 -threads 2 -pix_fmt yuv420p -r ${FPS}`.split(' ');

function renderArguments(request: RenderRequest): string[] {
  const { audio, seconds, look, out, end } = request;
  const frames = Math.round(seconds * FPS);
  const { inputs, graph } = end === null ? drift(request, frames) : blend(request, end, frames);
  const tone = 220 + (((look[6] ?? 0) * 256 + (look[7] ?? 0)) % 440);
  const source = `sine=frequency=${tone}:sample_rate=48000:duration=${seconds}`;
  const sound = audio ? ['-f', 'lavfi', '-i', source] : [];
  const mapped = audio ? `-map ${end === null ? 1 : 2}:a -c:a aac -ac 2 -b:a 96k`.split(' ') : [];
  const filter = ['-filter_complex', `${graph};${spark(request, frames)}`];
  const video = [...H264, '-frames:v', String(frames)];
  return ['-nostdin', '-y', '-v', 'error', ...inputs, ...sound, ...filter, ...video, ...mapped, ...EXACT].concat(
    '-f',
    'mp4',
    out,
  );
}

/** Renders a clip with ffmpeg, which stands here for the machines of a remote service. The same request gives the same bytes. Throws what ffmpeg says. */
export function renderClip(request: RenderRequest, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, renderArguments(request), { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`the simulated film studio failed: ${errors}`)),
    );
  });
}
