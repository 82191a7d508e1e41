import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MediaError } from '../errors/index.ts';
import type { Probe, StitchRequest } from '../spec/index.ts';
import { tracksOf } from './boxes.ts';
import { type Copied, copyArguments, pieceArguments } from './join.ts';
import { produce } from './output.ts';
import { makePieces, type Part } from './pieces.ts';
import { type Facts, inspect, type Tools } from './probe.ts';
import { sniff } from './sniff.ts';

const ACTION = 'stitching';
const ONCE = 4;

type Clip = StitchRequest['clips'][number];

function refuse(reason: string): never {
  throw new MediaError({ action: ACTION, reason });
}

/** A film ready to be written: ffmpeg's arguments, and what must come out. */
interface Planned {
  readonly args: readonly string[];
  readonly frames: number;
  readonly sound: boolean;
}

/** The clips with their tracks, where those are alike and used to their ends (to a frame); `null` for others. */
async function alike(clips: readonly Clip[], fps: number): Promise<readonly Copied[] | null> {
  const found: Copied[] = [];
  for (const { path, seconds: asked = Infinity } of clips) {
    const isMp4 = ['video/mp4', 'video/quicktime'].includes(await sniff(path));
    const tracks = isMp4 ? await tracksOf(path) : null;
    if (tracks === null) return null;
    const { picture, sound } = tracks;
    const first = found[0] ?? tracks;
    const same = picture.description === first.picture.description && sound?.description === first.sound?.description;
    const seconds = (picture.samples * picture.delta) / picture.timescale;
    if (!same || seconds - asked > 1.01 / fps) return null;
    found.push({ path, seconds, picture, sound });
  }
  return found;
}

/** Whether a clip is already what the film is to be. */
function isFilmLike(facts: Facts, { width, height, fps }: StitchRequest): boolean {
  const { probe } = facts;
  const sound = probe.hasAudio === false || (probe.audioCodec === 'aac' && facts.audioProfile === 'LC');
  const size = probe.width === width && probe.height === height && Math.abs((probe.fps ?? 0) - fps) < 0.001;
  return facts.plain && probe.videoCodec === 'h264' && probe.pixelFormat === 'yuv420p' && size && sound;
}

/** The film as a copy of its clips; `null` where they differ from each other or from the film. What one probe says of the first holds for clips whose tracks are described alike. */
async function planCopy(
  tools: Tools,
  request: StitchRequest,
  folder: string,
  signal?: AbortSignal,
): Promise<Planned | null> {
  const { clips, fps, transition } = request;
  if (transition.kind !== 'cut' && clips.length > 1) return null;
  const copied = await alike(clips, fps);
  if (copied?.[0] === undefined) return null;
  const facts = await inspect(tools, copied[0].path, signal);
  if (!isFilmLike(facts, request)) return null;
  const args = await copyArguments(copied, folder);
  const frames = copied.reduce((sum, { picture }) => sum + picture.samples, 0);
  return args === null ? null : { args, frames, sound: facts.probe.hasAudio === true };
}

/** Frames of a fade, which every clip must have room for twice; 0 for cuts. */
function fadeOf(parts: readonly Part[], { transition, fps }: StitchRequest): number {
  if (transition.kind !== 'fade' || parts.length === 1) return 0;
  const { seconds } = transition;
  const shortest = Math.min(...parts.map(({ frames }) => frames));
  const longest = shortest / fps / 2;
  if (!(seconds > 0 && seconds < longest))
    refuse(
      `a fade of ${seconds} s needs clips of more than twice its length; the shortest has ${shortest / fps} s. Choose 0 < seconds < ${longest}`,
    );
  return Math.min(Math.max(1, Math.round(seconds * fps)), Math.floor(shortest / 2));
}

async function partOf(tools: Tools, { path, seconds }: Clip, fps: number, signal?: AbortSignal): Promise<Part> {
  const facts = await inspect(tools, path, signal);
  if (facts.probe.kind !== 'video') return refuse(`${facts.probe.mediaType} is no clip`);
  const used = Math.min(seconds ?? Infinity, facts.probe.seconds ?? 0);
  return { path, facts, frames: Math.max(1, Math.round(used * fps)) };
}

/** The film of clips that were decoded, made equal and encoded. */
async function planPieces(
  tools: Tools,
  request: StitchRequest,
  folder: string,
  signal?: AbortSignal,
): Promise<Planned> {
  const { clips, fps } = request;
  const parts: Part[] = [];
  for (let at = 0; at < clips.length; at += ONCE) {
    const some = clips.slice(at, at + ONCE).map((clip) => partOf(tools, clip, fps, signal));
    parts.push(...(await Promise.all(some)));
  }
  const pieces = await makePieces(tools, parts, request, fadeOf(parts, request), folder, signal);
  return {
    args: await pieceArguments(pieces, folder),
    frames: pieces.reduce((sum, { frames }) => sum + frames, 0),
    sound: parts.some(({ facts }) => facts.audioIndex !== undefined),
  };
}

function check(made: Facts, { frames, sound }: Planned, { width, height, fps }: StitchRequest): void {
  const { width: w, height: h, pixelFormat, hasAudio, seconds = 0 } = made.probe;
  const wanted = `${width}x${height} yuv420p, ${frames} frames in ${frames / fps} s, sound: ${sound}`;
  const found = `${w}x${h} ${pixelFormat}, ${made.frames} frames in ${seconds} s, sound: ${hasAudio}`;
  const same = w === width && h === height && pixelFormat === 'yuv420p' && made.frames === frames && hasAudio === sound;
  if (!same || Math.abs(seconds - frames / fps) > 1 / fps) refuse(`the film has ${found}; wanted are ${wanted}`);
}

/** Joins clips: a stream copy where they agree and are cut hard, else decoded, made equal and encoded. Never more than a frame per clip from the lengths asked. */
export async function stitch(tools: Tools, request: StitchRequest, signal?: AbortSignal): Promise<Probe> {
  const { clips, out } = request;
  if (clips.length === 0) return refuse('there are no clips');
  const folder = await mkdtemp(join(dirname(out), '.stitch-'));
  try {
    const copied = await planCopy(tools, request, folder, signal);
    const planned = copied ?? (await planPieces(tools, request, folder, signal));
    const seconds = planned.frames / request.fps;
    const accept = (made: Facts): void => check(made, planned, request);
    const film = await produce(tools, { action: ACTION, args: planned.args, out, seconds, accept, signal });
    return film.probe;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
