import { link, mkdtemp, copyFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MediaError } from '../errors/index.ts';
import type { Probe, StitchRequest } from '../spec/index.ts';
import { buildArguments } from './arguments.ts';
import { produce } from './output.ts';
import { inputOf, probe, type Tools } from './probe.ts';

interface Part {
  readonly path: string;
  readonly facts: Probe;
  readonly seconds: number;
}

/** Same bytes in, same bytes out: no dates, no encoder names. */
const EXACT = [
  '-map_metadata',
  '-1',
  '-fflags',
  '+bitexact',
  '-flags:v',
  '+bitexact',
  '-flags:a',
  '+bitexact',
  '-movflags',
  '+faststart',
];

/** Whether clips can be joined without decoding. One clip alone has no seam to fade. */
function agree(parts: readonly Part[], { width, height, fps, transition }: StitchRequest): boolean {
  const keys = parts.map(({ facts }) => [facts.videoCodec, facts.audioCodec, facts.pixelFormat, facts.fps].join());
  const fits = parts.every(
    ({ facts, seconds }) =>
      facts.width === width &&
      facts.height === height &&
      facts.fps === fps &&
      Math.abs((facts.seconds ?? 0) - seconds) < 1 / fps,
  );
  const cut = transition.kind === 'cut' || parts.length === 1;
  return cut && fits && new Set(keys).size === 1 && parts[0]?.facts.pixelFormat === 'yuv420p';
}

/** Filter of one clip: size, rate, colour, sound of its own or silence, exactly its seconds. */
function partFilter(
  { facts, seconds }: Part,
  index: number,
  { width, height, fps }: StitchRequest,
  sound: boolean,
): string[] {
  const fit = `scale=${width}:${height}:force_original_aspect_ratio=increase,crop=${width}:${height},setsar=1`;
  const video = `[${index}:v]${fit},fps=${fps},format=yuv420p,trim=duration=${seconds},setpts=PTS-STARTPTS,settb=AVTB[v${index}]`;
  if (!sound) return [video];
  const source = facts.hasAudio === true ? `[${index}:a]` : 'anullsrc=r=48000:cl=stereo,';
  return [
    video,
    `${source}aresample=48000,aformat=channel_layouts=stereo,apad,atrim=duration=${seconds},asetpts=PTS-STARTPTS[a${index}]`,
  ];
}

/** Joins by cross-fades one after another; offsets come from the probed lengths. */
function fadeFilters(parts: readonly Part[], fade: number, sound: boolean): string[] {
  const filters: string[] = [];
  let offset = 0;
  let [video, audio] = ['v0', 'a0'];
  parts.slice(1).forEach((_, index) => {
    offset += (parts[index]?.seconds ?? 0) - fade;
    filters.push(
      `[${video}][v${index + 1}]xfade=transition=fade:duration=${fade}:offset=${offset.toFixed(6)}[x${index}]`,
    );
    if (sound) filters.push(`[${audio}][a${index + 1}]acrossfade=d=${fade}[y${index}]`);
    [video, audio] = [`x${index}`, `y${index}`];
  });
  return [...filters, `[${video}]null[v]`, ...(sound ? [`[${audio}]anull[a]`] : [])];
}

function cutFilter(count: number, sound: boolean): string {
  const pads = Array.from({ length: count }, (_, index) => `[v${index}]${sound ? `[a${index}]` : ''}`).join('');
  return `${pads}concat=n=${count}:v=1:a=${sound ? 1 : 0}[v]${sound ? '[a]' : ''}`;
}

async function encodeArguments(parts: readonly Part[], request: StitchRequest): Promise<string[]> {
  const sound = parts.some(({ facts }) => facts.hasAudio === true);
  const { transition } = request;
  const each = parts.flatMap((part, index) => partFilter(part, index, request, sound));
  const joined =
    transition.kind === 'fade' && parts.length > 1
      ? fadeFilters(parts, transition.seconds, sound)
      : [cutFilter(parts.length, sound)];
  const inputs = (await Promise.all(parts.map(({ path }) => inputOf(path)))).flat();
  const codec = [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-crf',
    '18',
    '-pix_fmt',
    'yuv420p',
    ...(sound ? ['-c:a', 'aac', '-b:a', '192k'] : []),
  ];
  return [
    ...inputs,
    ...(await buildArguments([...each, ...joined], ['v', ...(sound ? ['a'] : [])], [...codec, ...EXACT])),
  ];
}

/** Gives the clips names of our own, so that the list needs no quoting and can stay `safe`. */
async function copyArguments(parts: readonly Part[], folder: string): Promise<string[]> {
  const names = parts.map((_, index) => `${String(index).padStart(4, '0')}.mp4`);
  for (const [index, name] of names.entries()) {
    const from = parts[index]?.path ?? '';
    await link(from, join(folder, name)).catch(() => copyFile(from, join(folder, name)));
  }
  const list = join(folder, 'list.ffconcat');
  await writeFile(list, ['ffconcat version 1.0', ...names.map((name) => `file ${name}`)].join('\n'));
  return ['-protocol_whitelist', 'file', '-f', 'concat', '-safe', '1', '-i', `file:${list}`, '-c', 'copy', ...EXACT];
}

function checkFade(parts: readonly Part[], { transition }: StitchRequest): void {
  const shortest = Math.min(...parts.map(({ seconds }) => seconds));
  if (
    parts.length > 1 &&
    transition.kind === 'fade' &&
    (transition.seconds <= 0 || transition.seconds >= shortest / 2)
  ) {
    throw new MediaError({
      action: 'stitching',
      reason: `a fade of ${transition.seconds} s needs clips of more than twice its length; the shortest has ${shortest} s. Choose 0 < seconds < ${shortest / 2}`,
    });
  }
}

function acceptFilm(parts: readonly Part[], { transition, fps, width, height }: StitchRequest): (made: Probe) => void {
  const overlap = transition.kind === 'fade' ? transition.seconds * (parts.length - 1) : 0;
  const wanted = parts.reduce((sum, { seconds }) => sum + seconds, -overlap);
  return (made) => {
    const off = Math.abs((made.seconds ?? 0) - wanted);
    if (made.kind !== 'video' || made.width !== width || made.height !== height || off > parts.length / fps + 0.1) {
      throw new MediaError({
        action: 'stitching',
        reason: `the film has ${made.width}x${made.height} and ${made.seconds} s; ${width}x${height} and ${wanted} s are wanted`,
      });
    }
  };
}

/** Joins clips: a stream copy where they agree and are cut hard, else decoded, made equal and encoded. */
export async function stitch(tools: Tools, request: StitchRequest, signal?: AbortSignal): Promise<Probe> {
  const parts: Part[] = [];
  for (const { path, seconds } of request.clips) {
    const facts = await probe(tools, path, signal);
    parts.push({ path, facts, seconds: Math.min(seconds ?? Infinity, facts.seconds ?? 0) });
  }
  if (parts.length === 0) throw new MediaError({ action: 'stitching', reason: 'there are no clips' });
  checkFade(parts, request);
  const folder = await mkdtemp(join(dirname(request.out), '.stitch-'));
  try {
    const args = agree(parts, request) ? await copyArguments(parts, folder) : await encodeArguments(parts, request);
    return await produce(tools, 'stitching', args, request.out, acceptFilm(parts, request), signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
