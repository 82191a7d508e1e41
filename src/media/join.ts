import { copyFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Tracks } from './boxes.ts';

/** Same bytes in, same bytes out: no dates, no encoder names. */
const EXACT = '-map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact'.split(' ');

/** How a film is written: its index first, so that it plays while it is loaded. */
const FILM = [...EXACT, '-movflags', '+faststart', '-f', 'mp4'];

/** A file to be joined, and the seconds that its pictures take. */
export interface Joined {
  readonly path: string;
  readonly seconds: number;
}

/**
 * Input arguments of files one after another. They get names of our own in `folder`, so that the list needs no quoting and can stay `safe`; not hard
 * links, since a store may refuse a file that has two names. Each begins where the pictures of the one before end.
 */
async function listOf(files: readonly Joined[], folder: string): Promise<string[]> {
  const lines = ['ffconcat version 1.0'];
  for (const [index, { path, seconds }] of files.entries()) {
    const name = `${String(index).padStart(4, '0')}.mp4`;
    await symlink(resolve(path), join(folder, name)).catch(() => copyFile(path, join(folder, name)));
    lines.push(`file ${name}`, `duration ${seconds.toFixed(6)}`);
  }
  const list = join(folder, 'list.ffconcat');
  await writeFile(list, lines.join('\n'));
  return [
    '-protocol_whitelist',
    'file',
    '-copyts',
    '-f',
    'concat',
    '-auto_convert',
    '0',
    '-safe',
    '1',
    '-i',
    `file:${list}`,
  ];
}

/** A clip that is joined as it is. */
export interface Copied extends Joined, Tracks {}

/** Packets of sound that each clip has, and keeps: as many as bring the film's sound to where its pictures are, to half a packet. */
function soundOf(clips: readonly Copied[]): readonly { readonly samples: number; readonly kept: number }[] {
  let [seconds, before] = [0, 0];
  return clips.flatMap((clip) => {
    if (clip.sound === undefined) return [];
    const { samples, timescale, delta } = clip.sound;
    seconds += clip.seconds;
    const after = Math.round((seconds * timescale) / delta);
    const kept = after - before;
    before = after;
    return [{ samples, kept }];
  });
}

/** A sum in halves of halves: ffmpeg takes at most a hundred terms in a row. */
function sumOf(terms: readonly string[]): string {
  const half = terms.length >> 1;
  return half === 0 ? terms.join('') : `(${sumOf(terms.slice(0, half))}+${sumOf(terms.slice(half))})`;
}

/**
 * Filters of packets. Coded sound comes in packets of some 21 ms with a run-up before the first one, so clips overlap where they meet: the last
 * packets of the earlier one give way, and all are counted through. A player that counts sound and one that reads times both stay with the pictures.
 */
function soundFilter(sounds: ReturnType<typeof soundOf>, delta: number): string[] {
  let first = 0;
  const dropped = sounds.flatMap(({ samples, kept }) => {
    const [from, to] = [first + kept, first + samples];
    first = to;
    return from < to ? [`between(n\\,${from}\\,${to - 1})`] : [];
  });
  const drop = dropped.length === 0 ? '' : `noise=drop=${sumOf(dropped)},`;
  return ['-bsf:a', `${drop}setts=ts=STARTPTS+N*${delta}`];
}

/** A film ready to be written: ffmpeg's arguments, and how many pictures and packets of sound must come out. */
export interface Copy {
  readonly args: readonly string[];
  readonly frames: number;
  readonly packets: number | undefined;
}

/** Joins clips whose tracks agree, without decoding; `null` where one has not enough sound for its pictures. */
export async function copyOf(clips: readonly Copied[], folder: string): Promise<Copy | null> {
  const sounds = soundOf(clips);
  if (sounds.some(({ samples, kept }) => samples < kept)) return null;
  const delta = clips[0]?.sound?.delta;
  const filter = delta === undefined ? [] : soundFilter(sounds, delta);
  return {
    args: [...(await listOf(clips, folder)), '-c', 'copy', ...filter, ...FILM],
    frames: clips.reduce((sum, { picture }) => sum + picture.samples, 0),
    packets: delta === undefined ? undefined : sounds.reduce((sum, { kept }) => sum + kept, 0),
  };
}

/** Arguments that join pieces which `pieces.ts` has made: pictures are copied, sound is encoded in one go. */
export async function pieceArguments(pieces: readonly Joined[], folder: string): Promise<string[]> {
  return [...(await listOf(pieces, folder)), '-c:v', 'copy', '-c:a', 'aac', '-b:a', '192k', ...FILM];
}
