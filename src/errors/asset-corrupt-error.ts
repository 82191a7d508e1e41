import { createHash } from 'node:crypto';
import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** Stored bytes no longer match their digest. */
export class AssetCorruptError extends VidpipeError {
  constructor(fields: { readonly digest: string; readonly reason: string }, options?: ErrorOptions) {
    const { digest, reason } = fields;
    super(
      'asset-corrupt',
      `The asset ${digest} is damaged (${reason}). Restore it from a copy, then run again.`,
      { digest, reason },
      options,
    );
  }
}

/** The chunks of a body on its way into a store. Throws `AssetCorruptError` after less bytes than `size`, and before it gives more. */
export async function* announcedBytes(
  body: AsyncIterable<Uint8Array>,
  { digest, size }: { readonly digest: string; readonly size: number },
): AsyncGenerator<Uint8Array> {
  const refuse = (came: string): never => {
    throw new AssetCorruptError({ digest, reason: `${size} bytes were announced, ${came} came` });
  };
  let came = 0;
  for await (const chunk of body) {
    came += chunk.byteLength;
    if (came > size) refuse('more');
    yield chunk;
  }
  if (came < size) refuse(String(came));
}

/** A whole asset on its way out of a store, hashed. It ends in `AssetCorruptError` when the bytes are not those of `digest`. */
export function checkedBytes(body: ReadableStream<Uint8Array>, digest: string): ReadableStream<Uint8Array> {
  const hash = createHash('sha256');
  const check = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      hash.update(chunk);
      controller.enqueue(chunk);
    },
    flush: () => {
      if (`sha256-${hash.digest('hex')}` !== digest)
        throw new AssetCorruptError({ digest, reason: 'its bytes have another hash' });
    },
  });
  return body.pipeThrough(check);
}
