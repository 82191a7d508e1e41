import { spawn } from 'node:child_process';

/** What a clip is rendered from. */
export interface RenderRequest {
  readonly start: string;
  readonly end: string | null;
  readonly out: string;
  readonly seconds: number;
  readonly width: number;
  readonly height: number;
  readonly audio: boolean;
  readonly tone: number;
}

/** Frames a second of every simulated clip. */
const FPS = 24;

function videoInput({ start, end, seconds, width, height }: RenderRequest): {
  readonly inputs: string[];
  readonly filter: string;
} {
  const still = (path: string): string[] => [
    '-loop',
    '1',
    '-framerate',
    String(FPS),
    '-t',
    String(seconds),
    '-i',
    path,
  ];
  const frames = Math.round(seconds * FPS);
  const fit = `scale=${width}:${height},setsar=1,format=yuv420p`;
  if (end === null) {
    const drift = `crop=w=iw*(1-0.1*n/${frames}):h=ih*(1-0.1*n/${frames}),${fit}`;
    return {
      inputs: still(start),
      filter: `[0:v]${drift.replace(/crop=[^,]*,/, `zoompan=z='1+0.1*on/${frames}':d=1:x='iw/2-iw/zoom/2':y='ih/2-ih/zoom/2':s=${width}x${height}:fps=${FPS},`)}[v]`,
    };
  }
  const length = (frames - 2) / FPS;
  const filter = `[0:v]${fit},fps=${FPS},settb=1/${FPS}[s];[1:v]${fit},fps=${FPS},settb=1/${FPS}[e];[s][e]xfade=transition=fade:duration=${length.toFixed(6)}:offset=${(1 / FPS).toFixed(6)}[v]`;
  return { inputs: [...still(start), ...still(end)], filter };
}

const EXACT = '-map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -movflags +faststart'.split(
  ' ',
);
const H264 = `-map [v] -c:v libx264 -preset veryfast -crf 20 -pix_fmt yuv420p -r ${FPS}`.split(' ');

function renderArguments(request: RenderRequest): string[] {
  const { inputs, filter } = videoInput(request);
  const { audio, seconds, tone, out, end } = request;
  const source = `sine=frequency=${tone}:sample_rate=48000:duration=${seconds}`;
  const sound = audio ? ['-f', 'lavfi', '-i', source] : [];
  const mapped = audio ? `-map ${end === null ? 1 : 2}:a -c:a aac -ac 2 -b:a 96k`.split(' ') : [];
  const frames = ['-frames:v', String(Math.round(seconds * FPS))];
  return [
    '-nostdin',
    '-y',
    '-v',
    'error',
    ...inputs,
    ...sound,
    '-filter_complex',
    filter,
    ...H264,
    ...frames,
    ...mapped,
    ...EXACT,
    '-f',
    'mp4',
    out,
  ];
}

/** Renders a clip with ffmpeg, which stands here for the machines of a remote service. The same request gives the same bytes. */
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
