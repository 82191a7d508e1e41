import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MediaError } from '../errors/index.ts';
import type { Probe, StitchRequest } from '../spec/index.ts';
import { tracksOf } from './boxes.ts';
import { type Copied, copyOf, pieceArguments } from './join.ts';
import { produce } from './output.ts';
import { makePieces, type Part } from './pieces.ts';
import { type Facts, inspect, type Tools } from './probe.ts';

const ACTION = 'stitching';
const ONCE = 4;

type Clip = StitchRequest['clips'][number];

function refuse(reason: string): never {
  throw new MediaError({ action: ACTION, reason });
}

/** The clips with their tracks, where those are alike and used to their ends (to a frame); `null` for others. */
async function alike(clips: readonly Clip[], fps: number): Promise<readonly Copied[] | null> {
  const found: Copied[] = [];
  for (const { path, seconds: asked = Infinity } of clips) {
    const tracks = await tracksOf(path);
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

/** Where a film is made. */
interface Work {
  readonly tools: Tools;
  readonly request: StitchRequest;
  /** For the list and the pieces. */
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
}

/** Writes the film as a copy of its clips; `null` where they differ from each other or from the film. What one probe says of the first holds for all whose tracks are described alike. */
async function copied({ tools, request, folder, signal }: Work): Promise<Probe | null> {
  const { clips, fps, transition, out } = request;
  if (transition.kind !== 'cut' && clips.length > 1) return null;
  const found = await alike(clips, fps);
  if (found?.[0] === undefined) return null;
  const facts = await inspect(tools, found[0].path, signal);
  const copy = isFilmLike(facts, request) ? await copyOf(found, folder) : null;
  if (copy === null) return null;
  const seconds = found.reduce((sum, clip) => sum + clip.seconds, 0);
  await produce(tools, { action: ACTION, args: copy.args, out, seconds, signal }, async (path) => {
    const { picture, sound } = (await tracksOf(path)) ?? {};
    if (picture?.samples === copy.frames && sound?.samples === copy.packets) return;
    const film = `${picture?.samples} frames and ${sound?.samples} packets of sound`;
    refuse(`the film has ${film}; ${copy.frames} and ${copy.packets} were copied`);
  });
  return { ...facts.probe, seconds };
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

async function partsOf({ tools, request, signal }: Work): Promise<Part[]> {
  const parts: Part[] = [];
  for (let at = 0; at < request.clips.length; at += ONCE) {
    const some = request.clips.slice(at, at + ONCE).map((clip) => partOf(tools, clip, request.fps, signal));
    parts.push(...(await Promise.all(some)));
  }
  return parts;
}

/** Writes the film of clips that are decoded, made equal and encoded. */
async function encoded(work: Work): Promise<Probe> {
  const { tools, request, folder, signal } = work;
  const { width, height, fps, out } = request;
  const parts = await partsOf(work);
  const pieces = await makePieces(tools, parts, request, fadeOf(parts, request), folder, signal);
  const frames = pieces.reduce((sum, piece) => sum + piece.frames, 0);
  const args = await pieceArguments(pieces, folder);
  return produce(tools, { action: ACTION, args, out, seconds: frames / fps, signal }, async (path) => {
    const made = await inspect(tools, path, signal);
    const { probe } = made;
    const sound = parts.some(({ facts }) => facts.audioIndex !== undefined);
    const wanted = `${width}x${height} yuv420p, ${frames} frames, sound: ${sound}`;
    const found = `${probe.width}x${probe.height} ${probe.pixelFormat}, ${made.frames} frames, sound: ${probe.hasAudio}`;
    return found === wanted ? probe : refuse(`the film has ${found}; wanted are ${wanted}`);
  });
}

/** Joins clips: a stream copy where they agree and are cut hard, else decoded, made equal and encoded. Never more than a frame per clip from the lengths asked. */
export async function stitch(tools: Tools, request: StitchRequest, signal?: AbortSignal): Promise<Probe> {
  if (request.clips.length === 0) return refuse('there are no clips');
  const folder = await mkdtemp(join(dirname(request.out), '.stitch-'));
  try {
    const work = { tools, request, folder, signal };
    return (await copied(work)) ?? (await encoded(work));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
