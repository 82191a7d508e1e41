import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import type { ImageInput } from 'vidpipe/provider';

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

function section(name: string, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat([Buffer.from(name), ...parts]);
  return Buffer.concat([word(body.length - 4), body, word(crc32(body))]);
}

/** A black PNG, one bit for each pixel. */
function blackPng(width: number, height: number): Uint8Array {
  const rows = deflateSync(Buffer.alloc((1 + Math.ceil(width / 8)) * height));
  const shape = [word(width), word(height), Buffer.from([1, 0, 0, 0, 0])];
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return new Uint8Array(Buffer.concat([signature, section('IHDR', ...shape), section('IDAT', rows), section('IEND')]));
}

/** Width and height of a ratio such as `16:9`; `shorter` edge in pixels. */
export function sizeOf(ratio: string, shorter = 720): { readonly width: number; readonly height: number } {
  const [across = 1, down = 1] = ratio.split(':').map(Number);
  const scale = shorter / Math.min(across, down);
  const even = (edge: number): number => 2 * Math.round((edge * scale) / 2);
  return { width: even(across), height: even(down) };
}

/** A black picture of a ratio, to be given to a model. */
export function picture(role: ImageInput['role'], ratio: string): ImageInput {
  const { width, height } = sizeOf(ratio);
  const bytes = blackPng(width, height);
  const digest = `sha256-${createHash('sha256').update(bytes).digest('hex')}` as const;
  return { bytes, mediaType: 'image/png', digest, role, ...(role === 'reference' ? { name: 'Marta' } : {}) };
}
