import { createHash } from 'node:crypto';
import type { AssetStore, ByteRange, Digest, StoredAsset } from 'vidpipe/storage';

type Bytes = Uint8Array<ArrayBuffer>;
type Body = () => ReadableStream<Uint8Array>;

/** After every time that a store can stamp. */
export const FUTURE = '2999-01-01T00:00:00.000Z';
export const text = (value: string): Bytes => new TextEncoder().encode(value);
export const digestOf = (bytes: Uint8Array): Digest => `sha256-${createHash('sha256').update(bytes).digest('hex')}`;

/** Puts whatever the body gives. */
export function putBody(store: AssetStore, digest: Digest, size: number, body: Body): Promise<void> {
  return store.put(digest, body, { size, mediaType: 'application/octet-stream' });
}

/** Puts bytes under their digest. */
export async function put(store: AssetStore, bytes: Bytes): Promise<Digest> {
  const digest = digestOf(bytes);
  await putBody(store, digest, bytes.byteLength, () => new Blob([bytes]).stream());
  return digest;
}

/** All bytes of an asset, or of a range. */
export async function get(store: AssetStore, digest: Digest, range?: ByteRange): Promise<Uint8Array> {
  const stream = (await store.get(digest, range)) as ReadableStream<Bytes>;
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** All that is listed, sorted by digest. */
export async function listed(store: AssetStore): Promise<StoredAsset[]> {
  const assets: StoredAsset[] = [];
  for await (const asset of store.list()) assets.push(asset);
  return assets.sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** Digests of all that is listed, sorted. */
export async function digests(store: AssetStore): Promise<Digest[]> {
  return (await listed(store)).map(({ digest }) => digest);
}

/** Gives `chunk` very often, or breaks off after the first; counts what was taken, and tells of its cancellation. */
export function source(chunk: Bytes, breaksOff: boolean): { readonly body: Body; taken: number; cancelled: boolean } {
  const seen = { taken: 0, cancelled: false };
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    if (breaksOff && seen.taken > 0) return controller.error(new Error('broken off'));
    if (seen.taken === 100) return controller.close();
    seen.taken += 1;
    controller.enqueue(chunk.slice());
  };
  const cancel = (): void => void (seen.cancelled = true);
  return Object.assign(seen, { body: () => new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 }) });
}

const hex = 'a'.repeat(64);

/** A digest that nothing is stored under. */
export const UNKNOWN: Digest = `sha256-${hex}`;

/** What every method must refuse. */
export const MALFORMED = [
  '',
  '..',
  '/',
  '../etc/passwd',
  '/etc/passwd',
  `sha256-${hex}\0`,
  `sha256-${'a'.repeat(63)}\0`,
  `sha256-${hex}\n`,
  ` sha256-${hex}`,
  `sha256-${hex.toUpperCase()}`,
  `SHA256-${hex}`,
  `sha256:${hex}`,
  `md5-${hex}`,
  hex,
  `sha256-${'a'.repeat(63)}`,
  `sha256-${'a'.repeat(65)}`,
  `sha256-${'g'.repeat(64)}`,
  `sha256-../${'a'.repeat(61)}`,
  `sha256-aa/../${'a'.repeat(58)}`,
  'x'.repeat(5000),
  `sha256-${'a'.repeat(5000)}`,
];
