import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { AssetStore, Digest } from 'vidpipe/storage';
import { conformanceCase, type ConformanceCase, type Harness } from './conformance.ts';

const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);
const digestOf = (bytes: Uint8Array): Digest => `sha256-${createHash('sha256').update(bytes).digest('hex')}`;

async function put(store: AssetStore, bytes: Uint8Array<ArrayBuffer>): Promise<Digest> {
  const digest = digestOf(bytes);
  await store.put(digest, () => new Blob([bytes]).stream(), {
    size: bytes.byteLength,
    mediaType: 'application/octet-stream',
  });
  return digest;
}

async function get(store: AssetStore, digest: Digest, range?: { start: number; end?: number }): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response((await store.get(digest, range)) as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

async function listed(store: AssetStore): Promise<Digest[]> {
  const digests: Digest[] = [];
  for await (const { digest } of store.list()) digests.push(digest);
  return digests.sort();
}

const hex = 'a'.repeat(64);
const MALFORMED = [
  '',
  '..',
  '/',
  '../etc/passwd',
  `sha256-${hex}\0`,
  `sha256-${hex.toUpperCase()}`,
  `md5-${hex}`,
  `sha256-${'a'.repeat(63)}`,
  `sha256-../${'a'.repeat(61)}`,
  'x'.repeat(5000),
];

type Test = readonly [name: string, run: (store: AssetStore) => Promise<void>];

const TESTS: readonly Test[] = [
  [
    'gives back what was put, whole and in ranges',
    async (store) => {
      const digest = await put(store, text('hello world'));
      assert.deepEqual(await get(store, digest), text('hello world'));
      assert.deepEqual(await get(store, digest, { start: 6 }), text('world'));
      assert.deepEqual(await get(store, digest, { start: 0, end: 4 }), text('hello'));
      assert.deepEqual(await get(store, digest, { start: 6, end: 999 }), text('world'));
      await assert.rejects(store.get(digest, { start: 11 }), { code: 'range-not-satisfiable' });
    },
  ],
  ['says what is not there', async (store) => assert.rejects(store.get(`sha256-${hex}`), { code: 'asset-not-found' })],
  [
    'keeps three megabytes',
    async (store) => {
      const bytes = new Uint8Array(3_000_000).map((_, index) => index % 251);
      assert.deepEqual(await get(store, await put(store, bytes)), bytes);
    },
  ],
  [
    'takes the same bytes twice, also at once',
    async (store) => {
      const [digest] = await Promise.all([put(store, text('a')), put(store, text('a'))]);
      await put(store, text('a'));
      assert.deepEqual(await listed(store), [digest]);
    },
  ],
  [
    'keeps nothing of a body that fails half way or has another size',
    async (store) => {
      const broken = (): ReadableStream<Uint8Array> =>
        new ReadableStream({
          pull(controller) {
            controller.enqueue(text('abc'));
            controller.error(new Error('broken off'));
          },
        });
      const digest = digestOf(text('abcdef'));
      await assert.rejects(store.put(digest, broken, { size: 6, mediaType: 'x/y' }));
      await assert.rejects(store.put(digest, () => new Blob([text('abc')]).stream(), { size: 6, mediaType: 'x/y' }));
      assert.deepEqual(await listed(store), []);
    },
  ],
  [
    'deletes what is untouched, and only that',
    async (store) => {
      const digest = await put(store, text('a'));
      await store.delete(digest, { untouchedSince: '2000-01-01T00:00:00.000Z' });
      assert.deepEqual(await listed(store), [digest]);
      await store.delete(digest, { untouchedSince: '2999-01-01T00:00:00.000Z' });
      await store.delete(digest, { untouchedSince: '2999-01-01T00:00:00.000Z' });
      assert.deepEqual(await listed(store), []);
    },
  ],
  [
    'refuses malformed digests everywhere',
    async (store) => {
      for (const bad of MALFORMED as readonly Digest[]) {
        const refused = { code: 'invalid-digest' };
        await assert.rejects(
          store.put(bad, () => new Blob([]).stream(), { size: 0, mediaType: 'x/y' }),
          refused,
        );
        await assert.rejects(store.get(bad), refused);
        await assert.rejects(store.delete(bad, { untouchedSince: '2999-01-01T00:00:00.000Z' }), refused);
        if (store.path !== undefined) await assert.rejects(store.path(bad), refused);
      }
      assert.deepEqual(await listed(store), []);
    },
  ],
];

/** What every `AssetStore` must do. */
export function assetStoreCases(harness: Harness<AssetStore>): readonly ConformanceCase[] {
  return TESTS.map(([name, run]) => conformanceCase(harness, name, run));
}
