import { open } from 'node:fs/promises';
import { MediaError } from '../errors/index.ts';

/** Kinds of files that are read. */
export type Sniffed =
  'image/png' | 'image/jpeg' | 'image/webp' | 'video/mp4' | 'video/quicktime' | 'video/webm' | 'video/x-matroska';

/** QuickTime files of old begin with any of these. */
const ATOMS = ['moov', 'mdat', 'wide', 'free', 'skip'];

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  const head = Buffer.alloc(64);
  try {
    await file.read(head, 0, head.length, 0);
  } finally {
    await file.close();
  }
  return head;
}

function kindOf(head: Buffer): Sniffed | null {
  const text = head.toString('latin1');
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (text.startsWith('\xff\xd8')) return 'image/jpeg';
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8)) return 'image/webp';
  if (text.startsWith('\x1a\x45\xdf\xa3')) return text.includes('webm') ? 'video/webm' : 'video/x-matroska';
  if (text.startsWith('ftyp', 4)) return text.startsWith('qt  ', 8) ? 'video/quicktime' : 'video/mp4';
  return ATOMS.includes(text.slice(4, 8)) ? 'video/quicktime' : null;
}

/** Kind of a file by its first bytes. Throws `MediaError` for anything that is not on the list. */
export async function sniff(path: string): Promise<Sniffed> {
  const head = await headOf(path).catch((cause: unknown) => {
    throw new MediaError({ action: 'reading', reason: (cause as Error).message }, { cause });
  });
  const kind = kindOf(head);
  if (kind !== null) return kind;
  const reason = 'the bytes are neither PNG, JPEG, WebP, MP4, QuickTime, WebM nor Matroska';
  throw new MediaError({ action: 'reading', reason });
}

const DEMUXERS: Record<Sniffed, string> = {
  'image/png': 'png_pipe',
  'image/jpeg': 'jpeg_pipe',
  'image/webp': 'webp_pipe',
  'video/mp4': 'mov',
  'video/quicktime': 'mov',
  'video/webm': 'matroska',
  'video/x-matroska': 'matroska',
};

/** A side of a picture, pixels. */
export const MOST_SIDE = 8192;

/** Input arguments: the demuxer is forced, so that no playlist is ever opened, only files are read, and no picture past the cap is decoded. */
export async function inputOf(path: string): Promise<string[]> {
  const demuxer = DEMUXERS[await sniff(path)];
  const cap = String(MOST_SIDE * MOST_SIDE);
  return ['-protocol_whitelist', 'file', '-max_pixels', cap, '-f', demuxer, '-i', `file:${path}`];
}
