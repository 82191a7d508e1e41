import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MediaError } from '../errors/index.ts';
import { produce } from './output.ts';
import { inputOf, probe, type Tools } from './probe.ts';

const ONE_PNG = ['-frames:v', '1', '-f', 'image2', '-update', '1', '-c:v', 'png', '-fflags', '+bitexact'];
const ONE_JPEG = [
  '-frames:v',
  '1',
  '-f',
  'image2',
  '-update',
  '1',
  '-c:v',
  'mjpeg',
  '-q:v',
  '3',
  '-pix_fmt',
  'yuvj420p',
  '-fflags',
  '+bitexact',
];

/** Crops to the ratio and scales to the size. */
export async function fitImage(
  tools: Tools,
  from: string,
  to: string,
  size: { readonly width: number; readonly height: number },
  signal?: AbortSignal,
): Promise<void> {
  const { width, height } = size;
  const filter = `scale=${width}:${height}:force_original_aspect_ratio=increase:flags=lanczos,crop=${width}:${height},setsar=1`;
  const args = [...(await inputOf(from)), '-vf', filter, ...ONE_PNG];
  await produce(
    tools,
    'fitting a picture',
    args,
    to,
    (made) => {
      if (made.width !== width || made.height !== height)
        throw new MediaError({ action: 'fitting a picture', reason: `it came out ${made.width}x${made.height}` });
    },
    signal,
  );
}

/** The first frame, or exactly the last one: the tail is decoded and each frame overwrites the one before. */
export async function frameOf(
  tools: Tools,
  from: string,
  to: string,
  which: 'first' | 'last',
  signal?: AbortSignal,
): Promise<void> {
  const input = await inputOf(from);
  const args =
    which === 'first'
      ? [...input, ...ONE_PNG]
      : ['-sseof', '-1', ...input, '-f', 'image2', '-update', '1', '-c:v', 'png', '-fflags', '+bitexact'];
  await produce(tools, 'taking a frame', args, to, () => undefined, signal);
}

/** A JPEG of the frame at a third of the film. */
export async function poster(tools: Tools, from: string, to: string, signal?: AbortSignal): Promise<void> {
  const { seconds = 0 } = await probe(tools, from, signal);
  await produce(
    tools,
    'making a poster',
    ['-ss', (seconds / 3).toFixed(3), ...(await inputOf(from)), ...ONE_JPEG],
    to,
    () => undefined,
    signal,
  );
}

const COLUMNS = 4;
const WIDTH = 480;

/** A JPEG grid, one middle frame per clip, up to four in a row. */
export async function contactSheet(
  tools: Tools,
  clips: readonly string[],
  to: string,
  signal?: AbortSignal,
): Promise<void> {
  if (clips.length === 0) throw new MediaError({ action: 'making a contact sheet', reason: 'there are no clips' });
  const folder = await mkdtemp(join(dirname(to), '.sheet-'));
  try {
    for (const [index, clip] of clips.entries()) {
      const { seconds = 0 } = await probe(tools, clip, signal);
      const args = ['-ss', (seconds / 2).toFixed(3), ...(await inputOf(clip)), '-vf', `scale=${WIDTH}:-2`, ...ONE_PNG];
      await produce(
        tools,
        'making a contact sheet',
        args,
        join(folder, `${String(index).padStart(4, '0')}.png`),
        () => undefined,
        signal,
      );
    }
    const columns = Math.min(COLUMNS, clips.length);
    const grid = `tile=${columns}x${Math.ceil(clips.length / columns)}:padding=8:margin=8`;
    const input = [
      '-protocol_whitelist',
      'file',
      '-f',
      'image2',
      '-framerate',
      '1',
      '-start_number',
      '0',
      '-i',
      `file:${join(folder, '%04d.png').replace(/%(?!04d\.png$)/g, '%%')}`,
    ];
    await produce(tools, 'making a contact sheet', [...input, '-vf', grid, ...ONE_JPEG], to, () => undefined, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
