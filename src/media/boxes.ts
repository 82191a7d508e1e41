import { type FileHandle, open } from 'node:fs/promises';
import { sniff } from './sniff.ts';

/** A track of an MP4 whose samples follow each other evenly. */
export interface Track {
  /** How it is decoded, sized and timed. Two tracks that are equal here are joined without decoding. */
  readonly description: string;
  readonly timescale: number;
  readonly samples: number;
  /** Ticks of a sample. */
  readonly delta: number;
}

/** The tracks of a simple MP4. */
export interface Tracks {
  readonly picture: Track;
  readonly sound: Track | undefined;
}

type Boxes = ReadonlyMap<string, readonly Buffer[]>;

const MOST_INDEX = 64 * 1024 ** 2;
const MOST_BOXES = 1000;

/** The index of the file; `null` where it is in fragments, far too large or not there. */
async function readIndex(file: FileHandle): Promise<Buffer | null> {
  const { size: end } = await file.stat();
  const head = Buffer.alloc(16);
  let at = 0;
  for (let count = 0; at + 8 <= end && count < MOST_BOXES; count += 1) {
    await file.read(head, 0, 16, at);
    const short = head.readUInt32BE(0);
    const size = short === 1 ? Number(head.readBigUInt64BE(8)) : short;
    const type = head.toString('latin1', 4, 8);
    if (size < 8 || type === 'moof') return null;
    if (type === 'moov') {
      if (size > MOST_INDEX || at + size > end) return null;
      const index = Buffer.alloc(size - 8);
      await file.read(index, 0, index.length, at + 8);
      return index;
    }
    at += size;
  }
  return null;
}

/** The boxes in a box, by type. */
function boxesOf(body: Buffer): Boxes {
  const found = new Map<string, Buffer[]>();
  for (let at = 0; at + 8 <= body.length;) {
    const size = body.readUInt32BE(at);
    if (size < 8 || at + size > body.length) throw new RangeError('a box is longer than what holds it');
    const type = body.toString('latin1', at + 4, at + 8);
    found.set(type, [...(found.get(type) ?? []), body.subarray(at + 8, at + size)]);
    at += size;
  }
  return found;
}

function boxAt(body: Buffer, ...path: readonly string[]): Buffer {
  return path.reduce((inner, type) => {
    const next = boxesOf(inner).get(type)?.[0];
    if (next === undefined) throw new RangeError(`no ${type}`);
    return next;
  }, body);
}

/** Blanks the bit rates, which differ from clip to clip and say nothing of decoding. */
function withoutRates(esds: Buffer): Buffer {
  const plain = Buffer.from(esds);
  const lengthAfter = (tag: number): number => {
    let at = tag + 1;
    while (plain.readUInt8(at) >= 0x80) at += 1;
    return at + 1;
  };
  const config = lengthAfter(4) + 3;
  return plain.fill(0, lengthAfter(config) + 2, lengthAfter(config) + 13);
}

const ENTRY_HEAD = { vide: 78, soun: 28 } as const;
type Kind = keyof typeof ENTRY_HEAD;
/** Edits are rounded to the film's own, coarser clock. Seconds. */
const SLACK = 0.005;

/** What a decoder is told: the one sample entry, without bit rates. */
function entryOf(stsd: Buffer, kind: Kind): Buffer[] {
  if (stsd.readUInt32BE(4) !== 1) throw new RangeError('several sample entries');
  const entry = stsd.subarray(8, 8 + stsd.readUInt32BE(8));
  const inner = 8 + ENTRY_HEAD[kind];
  const extensions = [...boxesOf(entry.subarray(inner))].filter(([type]) => type !== 'btrt');
  const told = extensions.flatMap(([type, bodies]) => (type === 'esds' ? bodies.map(withoutRates) : bodies));
  return [entry.subarray(4, inner), ...told];
}

/** Ticks of a sample. Only the last of a sound track may be shorter. */
function deltaOf(stts: Buffer, kind: Kind): number {
  const runs = stts.readUInt32BE(4);
  const even = runs === 1 || (kind === 'soun' && runs === 2 && stts.readUInt32BE(16) === 1);
  if (!even) throw new RangeError('uneven samples');
  return stts.readUInt32BE(12);
}

/** Where the one edit begins, in ticks. Pictures may be neither late nor cut off at either end: `seconds` is how long they all take. */
function skipOf(trak: Buffer, stbl: Boxes, kind: Kind, movieScale: number, seconds: number): number {
  const shift = stbl.get('ctts')?.[0]?.readInt32BE(12) ?? 0;
  const edits = boxesOf(trak).has('edts') ? boxAt(trak, 'edts', 'elst') : undefined;
  if (edits !== undefined && (edits.readUInt32BE(0) !== 0 || edits.readUInt32BE(4) !== 1))
    throw new RangeError('several edits');
  const skip = edits?.readInt32BE(12) ?? 0;
  const shown = (edits?.readUInt32BE(8) ?? 0) / movieScale || seconds;
  const cut = kind === 'vide' && (skip !== shift || Math.abs(shown - seconds) > SLACK);
  if (skip < 0 || cut) throw new RangeError('it is late or cut off');
  return skip;
}

function trackOf(trak: Buffer, movieScale: number): Track & { readonly kind: Kind } {
  const mdia = boxAt(trak, 'mdia');
  const kind = boxAt(mdia, 'hdlr').toString('latin1', 8, 12);
  if (kind !== 'vide' && kind !== 'soun') throw new RangeError('neither picture nor sound');
  const stbl = boxAt(mdia, 'minf', 'stbl');
  const [tkhd, mdhd] = [boxAt(trak, 'tkhd'), boxAt(mdia, 'mdhd')];
  const timescale = mdhd.readUInt32BE(mdhd.readUInt8(0) === 1 ? 20 : 12);
  const delta = deltaOf(boxAt(stbl, 'stts'), kind);
  const samples = boxAt(stbl, 'stsz').readUInt32BE(8);
  const skip = skipOf(trak, boxesOf(stbl), kind, movieScale, (samples * delta) / timescale);
  // The turn and the shown size are the last 44 bytes.
  const told = [...entryOf(boxAt(stbl, 'stsd'), kind), tkhd.subarray(-44)].map((part) => part.toString('base64'));
  return {
    kind,
    description: [kind, timescale, delta, skip, ...told].join(' '),
    timescale,
    samples,
    delta,
  };
}

function tracksIn(index: Buffer): Tracks | null {
  const movie = boxAt(index, 'mvhd');
  const scale = movie.readUInt32BE(movie.readUInt8(0) === 1 ? 20 : 12);
  const inside = boxesOf(index);
  const tracks = (inside.get('trak') ?? []).map((trak) => trackOf(trak, scale));
  const [picture, another] = tracks.filter(({ kind }) => kind === 'vide');
  const [sound, second] = tracks.filter(({ kind }) => kind === 'soun');
  const simple = another === undefined && second === undefined && !inside.has('mvex');
  return picture === undefined || !simple ? null : { picture, sound };
}

/** The tracks of an MP4; `null` for one with fragments, edits, other tracks, uneven samples or boxes that do not fit, and for other kinds of files: they have to be decoded. Throws as `sniff` does. */
export async function tracksOf(path: string): Promise<Tracks | null> {
  if (!['video/mp4', 'video/quicktime'].includes(await sniff(path))) return null;
  const file = await open(path, 'r');
  try {
    const index = await readIndex(file);
    return index === null ? null : tracksIn(index);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    await file.close();
  }
}
