import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MediaError } from '../errors/index.ts';
import type { Probe } from '../spec/index.ts';
import { produce, type Product } from './output.ts';
import { probe, type Tools } from './probe.ts';
import { inputOf } from './sniff.ts';

const PNG = '-f image2 -update 1 -c:v png -fflags +bitexact'.split(' ');
const ONE_PNG = ['-frames:v', '1', ...PNG];
const ONE_JPEG = '-frames:v 1 -f image2 -update 1 -c:v mjpeg -q:v 3 -pix_fmt yuvj420p -fflags +bitexact'.split(' ');

/** Crops to the ratio and scales to the size. */
export async function fitImage(
  tools: Tools,
  from: string,
  to: string,
  size: { readonly width: number; readonly height: number },
  signal?: AbortSignal,
): Promise<void> {
  const { width, height } = size;
  const action = 'fitting a picture';
  const filter = `scale=${width}:${height}:force_original_aspect_ratio=increase:flags=lanczos,crop=${width}:${height},setsar=1`;
  const args = [...(await inputOf(from)), '-vf', filter, ...ONE_PNG];
  await produce(tools, { action, args, out: to, signal }, async (path) => {
    const made = await probe(tools, path, signal);
    if (made.width !== width || made.height !== height)
      throw new MediaError({ action, reason: `it came out ${made.width}x${made.height}` });
  });
}

/** Makes a picture that has only to be one. */
async function picture(tools: Tools, product: Product): Promise<void> {
  await produce(tools, product, (path) => probe(tools, path, product.signal));
}

interface Look extends Pick<Product, 'action' | 'out' | 'signal'> {
  readonly path: string;
  /** How the picture is made and written. */
  readonly output: readonly string[];
}

/** Seeks and takes a picture; where there is none so late (the last frame of a screen recording may stand for long), all is decoded from the beginning. */
async function pictureAt(tools: Tools, seconds: number, { path, output, ...product }: Look): Promise<void> {
  const input = await inputOf(path);
  if (seconds > 0) {
    const args = ['-ss', seconds.toFixed(6), ...input, ...output];
    try {
      return await picture(tools, { ...product, args });
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
    }
  }
  await picture(tools, { ...product, args: [...input, ...output] });
}

/** The frame shown after this share of a video, found half a frame before it begins. */
function timeOf({ seconds = 0, fps = 0 }: Probe, share: number): number {
  return fps === 0 ? 0 : Math.max(0, (Math.floor(seconds * share * fps) - 0.5) / fps);
}

const TAIL_SECONDS = 1;

/** The first frame, or exactly the last one: the tail is decoded and each frame overwrites the one before. */
export async function frameOf(
  tools: Tools,
  from: string,
  to: string,
  which: 'first' | 'last',
  signal?: AbortSignal,
): Promise<void> {
  const look = { action: 'taking a frame', path: from, out: to, signal };
  const { seconds = 0 } = await probe(tools, from, signal);
  if (which === 'first') await pictureAt(tools, 0, { ...look, output: ONE_PNG });
  else await pictureAt(tools, seconds - TAIL_SECONDS, { ...look, output: PNG });
}

/** A JPEG of the frame at a third of the film. */
export async function poster(tools: Tools, from: string, to: string, signal?: AbortSignal): Promise<void> {
  const at = timeOf(await probe(tools, from, signal), 1 / 3);
  await pictureAt(tools, at, { action: 'making a poster', path: from, out: to, output: ONE_JPEG, signal });
}

const COLUMNS = 4;
const WIDTH = 480;

/** A JPEG grid, one middle frame per clip, up to four in a row; all in cells of the first one's shape. */
export async function contactSheet(
  tools: Tools,
  clips: readonly string[],
  to: string,
  signal?: AbortSignal,
): Promise<void> {
  const action = 'making a contact sheet';
  const [first] = clips;
  if (first === undefined) throw new MediaError({ action, reason: 'there are no clips' });
  const { width = 1, height = 1 } = await probe(tools, first, signal);
  const cell = `${WIDTH}:${Math.max(2, 2 * Math.round((WIDTH * height) / width / 2))}`;
  const filter = `scale=${cell}:force_original_aspect_ratio=decrease,pad=${cell}:-1:-1,setsar=1`;
  const output = ['-vf', filter, '-pix_fmt', 'rgb24', ...ONE_PNG];
  const folder = await mkdtemp(join(dirname(to), '.sheet-'));
  try {
    for (const [index, path] of clips.entries()) {
      const out = join(folder, `${String(index).padStart(4, '0')}.png`);
      const at = timeOf(await probe(tools, path, signal), 1 / 2);
      await pictureAt(tools, at, { action, path, out, output, signal });
    }
    const columns = Math.min(COLUMNS, clips.length);
    const grid = `tile=${columns}x${Math.ceil(clips.length / columns)}:padding=8:margin=8`;
    const pattern = `file:${folder.replaceAll('%', '%%')}/%04d.png`;
    const input = ['-protocol_whitelist', 'file', '-f', 'image2', '-framerate', '1', '-start_number', '0'];
    const args = [...input, '-i', pattern, '-vf', grid, ...ONE_JPEG];
    await picture(tools, { action, args, out: to, signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
