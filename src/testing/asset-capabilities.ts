import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { AssetStore } from 'vidpipe/storage';
import { digests, FUTURE, get, listed, put, text, UNKNOWN } from './asset-probes.ts';

/** Methods that a store may leave out. */
export type AssetCapability = 'path' | 'url' | 'renew' | 'free';

/** One case of an asset store. */
export type AssetTest = readonly [name: string, run: (store: AssetStore) => Promise<void>];

async function renews(store: AssetStore): Promise<void> {
  const digest = await put(store, text('a'));
  assert.equal(await store.renew?.(UNKNOWN), false);
  for (const before = Date.now(); Date.now() <= before;);
  const since = new Date().toISOString();
  assert.equal(await store.renew?.(digest), true);
  const [asset] = await listed(store);
  assert.ok((asset?.storedAt ?? '') >= since, `stamped ${asset?.storedAt}, renewed after ${since}`);
  await store.delete(digest, { untouchedSince: since });
  assert.deepEqual(await get(store, digest), text('a'));
  await store.delete(digest, { untouchedSince: FUTURE });
  assert.equal(await store.renew?.(digest), false);
  assert.deepEqual(await digests(store), []);
}

/** What an optional method owes. */
export const CAPABILITIES: Readonly<Record<AssetCapability, AssetTest>> = {
  path: [
    'gives a local path of the bytes',
    async (store) => {
      const digest = await put(store, text('abc'));
      assert.deepEqual(new Uint8Array(await readFile((await store.path?.(digest)) ?? '')), text('abc'));
      await assert.rejects(store.path?.(UNKNOWN) ?? Promise.resolve(), { code: 'asset-not-found' });
    },
  ],
  url: [
    'gives a link to the bytes',
    async (store) => void new URL((await store.url?.(await put(store, text('abc')), 60)) ?? ''),
  ],
  renew: ['renews the age of bytes that are there, and of no others', renews],
  free: [
    'says how many bytes can still be stored, or that it can not say',
    async (store) => {
      const free = await store.free?.();
      assert.ok(free === null || (Number.isSafeInteger(free) && Number(free) >= 0), `${free} bytes`);
    },
  ],
};
