import { type ImageInput, ProviderError } from 'vidpipe/provider';

/** Google takes requests of 20 MB with the pictures in them. */
const MOST_BYTES = 20_000_000;
const encoded = (bytes: number): number => 4 * Math.ceil(bytes / 3);

/** Throws `ProviderError`, never sent, when pictures are together too large for a request. */
export function refuseLarge(pictures: readonly ImageInput[]): void {
  const size = pictures.reduce((sum, { bytes }) => sum + encoded(bytes.byteLength), 0);
  if (size <= MOST_BYTES) return;
  const megabytes = (size / 1_000_000).toFixed(1);
  const message = `The request was not sent: its pictures make ${megabytes} MB, Google takes 20 MB. Give smaller or fewer references.`;
  throw new ProviderError({ kind: 'invalid-request', accepted: 'no', message });
}

/** A picture's bytes as requests carry them. */
export function base64Of({ bytes }: ImageInput): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
