import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inked } from '../../providers/simulated/font.ts';

const program = process.env['FFMPEG_PATH'] ?? 'ffmpeg';

/** RGB rows of every frame of a picture or clip, decoded by ffmpeg. */
export function decode(bytes: Uint8Array, width: number, height: number): Buffer[] {
  const dir = mkdtempSync(join(tmpdir(), 'vidpipe-pixels-'));
  try {
    const path = join(dir, 'media');
    writeFileSync(path, bytes);
    const args = ['-v', 'error', '-i', path, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
    const raw = execFileSync(program, args, { maxBuffer: 1 << 30 });
    const size = width * height * 3;
    if (raw.length === 0 || raw.length % size !== 0) throw new Error(`${raw.length} bytes are no frames of ${size}`);
    return Array.from({ length: raw.length / size }, (_, index) => raw.subarray(index * size, (index + 1) * size));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Mean absolute difference of two frames, 0 to 255. */
export function difference(one: Buffer | undefined, other: Buffer | undefined): number {
  if (one === undefined || other === undefined || one.length !== other.length) throw new Error('no two like frames');
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += Math.abs((one[index] ?? 0) - (other[index] ?? 0));
  return sum / one.length;
}

const SIGNS = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-':!? ");

function patternAt(inkAt: (x: number, y: number) => boolean): string {
  let pattern = '';
  for (let y = 0; y < 7; y += 1) for (let x = 0; x < 5; x += 1) pattern += inkAt(x, y) ? '1' : '0';
  return pattern;
}

const PATTERNS = new Map(SIGNS.map((sign) => [patternAt((x, y) => inked(sign, x, y)), sign]));

function lineAt(rgb: Buffer, width: number, top: number, scale: number): string | null {
  let text = '';
  for (let left = 20; left + 5 * scale <= width; left += 6 * scale) {
    const isInk = (x: number, y: number): boolean =>
      (rgb[((top + y * scale) * width + left + x * scale) * 3] ?? 0) > 200;
    const sign = PATTERNS.get(patternAt(isInk));
    if (sign === undefined) return null;
    text += sign;
  }
  return text.trimEnd();
}

/** Reads back, from the pixels alone, what is written at the foot of a still: upper case, one space between lines. */
export function readCaption(rgb: Buffer, width: number, height: number): string {
  const scale = Math.max(2, Math.round(Math.min(width, height) / 180));
  for (let lines = 3; lines > 0; lines -= 1) {
    const tops = Array.from({ length: lines }, (_, index) => height - ((lines - index) * 9 + 1) * scale);
    const texts = tops.map((top) => lineAt(rgb, width, top, scale));
    if (texts.every((text) => text !== null && text !== '')) return texts.join(' ');
  }
  return '';
}
