import { join } from 'node:path';
import type { StitchRequest } from '../spec/index.ts';
import { buildArguments } from './arguments.ts';
import type { Joined } from './join.ts';
import { runTo } from './output.ts';
import type { Facts, Tools } from './probe.ts';
import { inputOf } from './sniff.ts';

/** A clip and how many frames of it, at the film's rate, are used. */
export interface Part {
  readonly path: string;
  readonly facts: Facts;
  readonly frames: number;
}

/** Frames `from` to `to` of a part. */
interface Span {
  readonly part: Part;
  readonly from: number;
  readonly to: number;
}

/** One span, or two of one length that fade into each other. */
type Piece = readonly [Span] | readonly [Span, Span];

/** The film's spans in order. Where clips fade into each other by `fade` frames, their ends are pieces of their own. */
function piecesOf(parts: readonly Part[], fade: number): Piece[] {
  return parts.flatMap((part, index): Piece[] => {
    const next = parts[index + 1];
    const body = { part, from: index === 0 ? 0 : fade, to: part.frames - (next === undefined ? 0 : fade) };
    const pieces: Piece[] = body.from < body.to ? [[body]] : [];
    if (next === undefined || fade === 0) return pieces;
    const end = { part, from: body.to, to: part.frames };
    return [...pieces, [end, { part: next, from: 0, to: fade }]];
  });
}

const COLOURS = 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709';

/** Square pixels of the film's size, its rate and its colours, exactly the frames of the span. */
function pictureFilter({ part, from, to }: Span, index: number, { width, height, fps }: StitchRequest): string {
  const { videoIndex, colorSpace = 'bt709' } = part.facts;
  const colours = ['bt709', 'unknown', 'gbr'].includes(colorSpace) ? '' : ':out_color_matrix=bt709';
  return [
    `[${index}:${videoIndex}]fps=${fps}:start_time=0,tpad=stop=2:stop_mode=clone`,
    `trim=start_frame=${from}:end_frame=${to},setpts=PTS-STARTPTS,fps=${fps},trim=end_frame=${to - from}`,
    `scale=max(iw*if(sar\\,sar\\,1)\\,1):ih,setsar=1`,
    `scale=${width}:${height}:force_original_aspect_ratio=increase${colours}:out_range=tv`,
    `crop=${width}:${height},setsar=1,format=yuv420p,${COLOURS}[v${index}]`,
  ].join(',');
}

const RATE = 48_000;

/** Sound of its own, or silence, exactly as long as the span. */
function soundFilter({ part, from, to }: Span, index: number, { fps }: StitchRequest): string {
  const { audioIndex } = part.facts;
  const source = audioIndex === undefined ? `anullsrc=r=${RATE}:cl=stereo` : `[${index}:${audioIndex}]anull`;
  const [start, end] = [from, to].map((frame) => Math.round((frame / fps) * RATE));
  return [
    `${source},aresample=${RATE}:async=1:first_pts=0,aformat=sample_fmts=s16:channel_layouts=stereo,apad`,
    `atrim=start_sample=${start}:end_sample=${end},asetpts=PTS-STARTPTS[a${index}]`,
  ].join(',');
}

/** Without frames that refer forward, pieces of any length follow each other evenly in the order of decoding too. */
const PICTURES = '-c:v libx264 -preset veryfast -bf 0 -crf 18 -pix_fmt yuv420p -flags:v +bitexact -f mov'.split(' ');

/** ffmpeg arguments that make a piece: pictures as the film has them, sound not coded yet. */
async function piece(spans: Piece, request: StitchRequest, sound: boolean): Promise<string[]> {
  const seconds = (spans[0].to - spans[0].from) / request.fps;
  const filters = spans.flatMap((span, index) => [
    pictureFilter(span, index, request),
    ...(sound ? [soundFilter(span, index, request)] : []),
  ]);
  const [video, audio] = spans.length === 1 ? (['v0', 'a0'] as const) : (['v', 'a'] as const);
  if (spans.length === 2) {
    // The last frame of a fade may come out a frame late, so they are counted.
    filters.push(`[v0][v1]xfade=transition=fade:duration=${seconds.toFixed(6)}:offset=0,setpts=N[v]`);
    if (sound) filters.push(`[a0][a1]acrossfade=ns=${Math.round(seconds * RATE)}[a]`);
  }
  const inputs = (await Promise.all(spans.map(({ part }) => inputOf(part.path)))).flat();
  const map = sound ? [video, audio] : [video];
  const codecs = sound ? ['-c:a', 'pcm_s16le', ...PICTURES] : PICTURES;
  return [...inputs, ...(await buildArguments(filters, map, codecs))];
}

/** Makes the film's pieces in `folder`, one after another, so that however many clips there are a child opens two at most. */
export async function makePieces(
  tools: Tools,
  parts: readonly Part[],
  request: StitchRequest,
  fade: number,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<readonly (Joined & { readonly frames: number })[]> {
  const sound = parts.some(({ facts }) => facts.audioIndex !== undefined);
  const made = [];
  for (const [index, spans] of piecesOf(parts, fade).entries()) {
    const out = join(folder, `piece-${index}.mov`);
    const frames = spans[0].to - spans[0].from;
    // All of a clip may have to be decoded to reach its end.
    const seconds = spans.reduce((sum, { part }) => sum + (part.facts.probe.seconds ?? 0), 0);
    await runTo(tools, { action: 'stitching', args: await piece(spans, request, sound), out, seconds, signal });
    made.push({ path: out, seconds: frames / request.fps, frames });
  }
  return made;
}
