import assert from 'node:assert/strict';
import type { AssetStore, ByteRange, Digest } from 'vidpipe/storage';
import {
  digestOf,
  digests,
  FUTURE,
  get,
  listed,
  MALFORMED,
  put,
  putBody,
  source,
  text,
  UNKNOWN,
} from './asset-probes.ts';
import { type AssetCapability, type AssetTest as Test, CAPABILITIES } from './asset-capabilities.ts';
import { conformanceCase, type ConformanceCase, type Harness } from './conformance.ts';

const READS: readonly Test[] = [
  [
    'gives back three megabytes, nothing at all, and each to many readers at once',
    async (store) => {
      const bytes = new Uint8Array(3_000_000).map((_, index) => index % 251);
      const [large, empty] = [await put(store, bytes), await put(store, text(''))];
      const reads = await Promise.all([large, empty, large, empty].map((digest) => get(store, digest)));
      assert.deepEqual(reads, [bytes, text(''), bytes, text('')]);
    },
  ],
  [
    'gives ranges: the first byte, the last, past the end, with an open end',
    async (store) => {
      const digest = await put(store, text('hello world'));
      const range = async (start: number, end?: number): Promise<string> =>
        new TextDecoder().decode(await get(store, digest, end === undefined ? { start } : { start, end }));
      assert.equal(await range(0, 0), 'h');
      assert.equal(await range(10), 'd');
      assert.equal(await range(10, 10), 'd');
      assert.equal(await range(6, 999), 'world');
      assert.equal(await range(6), 'world');
      assert.equal(await range(0), 'hello world');
      assert.equal(await range(2, 3), 'll');
    },
  ],
  [
    'refuses ranges that hold no byte',
    async (store) => {
      const [digest, empty] = [await put(store, text('hello world')), await put(store, text(''))];
      const none: readonly ByteRange[] = [
        { start: 11 },
        { start: 1e15, end: 2e15 },
        { start: 5, end: 2 },
        { start: -1 },
        { start: -5, end: -1 },
        { start: NaN },
        { start: 0.5 },
        { start: 0, end: NaN },
      ];
      for (const range of none) await assert.rejects(store.get(digest, range), { code: 'range-not-satisfiable' });
      await assert.rejects(store.get(empty, { start: 0 }), { code: 'range-not-satisfiable' });
    },
  ],
  ['says what is not there', async (store) => assert.rejects(store.get(UNKNOWN), { code: 'asset-not-found' })],
  [
    'lets a reader go before the end',
    async (store) => {
      const digest = await put(store, new Uint8Array(1_000_000));
      await (await store.get(digest)).cancel();
      const reader = (await store.get(digest)).getReader();
      assert.equal((await reader.read()).done, false);
      await reader.cancel();
      assert.equal((await get(store, digest)).byteLength, 1_000_000);
    },
  ],
];

const WRITES: readonly Test[] = [
  [
    'takes the same bytes twice, also at once',
    async (store) => {
      const all = await Promise.all(Array.from({ length: 8 }, () => put(store, text('a'))));
      await put(store, text('a'));
      assert.deepEqual(await digests(store), all.slice(0, 1));
      assert.deepEqual(await get(store, digestOf(text('a'))), text('a'));
    },
  ],
  [
    'keeps nothing of a body that breaks off, and takes the bytes afterwards',
    async (store) => {
      const digest = digestOf(text('abcabc'));
      await assert.rejects(putBody(store, digest, 6, source(text('abc'), true).body), /broken off/);
      await assert.rejects(store.get(digest), { code: 'asset-not-found' });
      assert.deepEqual(await digests(store), []);
      await put(store, text('abcabc'));
      assert.deepEqual(await get(store, digest), text('abcabc'));
    },
  ],
  [
    'keeps nothing of a body that is shorter or longer than announced, and does not read on',
    async (store) => {
      const digest = digestOf(text('abcdef'));
      const corrupt = { code: 'asset-corrupt' };
      await assert.rejects(
        putBody(store, digest, 6, () => new Blob([text('abc')]).stream()),
        corrupt,
      );
      await assert.rejects(
        putBody(store, digest, 6, () => new Blob([text('abcdefg')]).stream()),
        corrupt,
      );
      const endless = source(text('abcd'), false);
      await assert.rejects(putBody(store, digest, 6, endless.body), corrupt);
      assert.ok(endless.taken <= 4, `${endless.taken} chunks were taken of a body without end`);
      assert.equal(endless.cancelled, true);
      assert.deepEqual(await digests(store), []);
    },
  ],
  [
    'keeps present bytes whatever becomes of a second put',
    async (store) => {
      const digest = await put(store, text('abc'));
      await putBody(store, digest, 3, source(text('a'), true).body).catch(() => undefined);
      await putBody(store, digest, 9, source(text('a'), true).body).catch(() => undefined);
      assert.deepEqual(await get(store, digest), text('abc'));
    },
  ],
  [
    'lists complete assets only',
    async (store) => {
      const present = await put(store, text('present'));
      let go = (): void => undefined;
      let begin = (): void => undefined;
      const rest = new Promise<void>((resolve) => (go = resolve));
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const body = (): ReadableStream<Uint8Array> => {
        const parts = ['half ', 'done'];
        const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
          const part = parts.shift();
          if (part === undefined) return controller.close();
          if (part === 'done') await rest;
          controller.enqueue(text(part));
          begin();
        };
        return new ReadableStream({ pull }, { highWaterMark: 0 });
      };
      const digest = digestOf(text('half done'));
      const putting = putBody(store, digest, 9, body);
      await begun;
      assert.deepEqual(await digests(store), [present]);
      go();
      await putting;
      const sizes = new Map((await listed(store)).map((asset) => [asset.digest, asset.size]));
      assert.deepEqual([sizes.size, sizes.get(present), sizes.get(digest)], [2, 7, 9]);
    },
  ],
];

const AGES: readonly Test[] = [
  [
    'stamps bytes no earlier than they were put, and anew when they are put again',
    async (store) => {
      const stamped = async (): Promise<string> => (await listed(store))[0]?.storedAt ?? '';
      for (let round = 0; round < 25; round += 1) {
        const before = new Date().toISOString();
        const digest = await put(store, text('a'));
        assert.ok((await stamped()) >= before, `stamped ${await stamped()}, put after ${before}`);
        await store.delete(digest, { untouchedSince: before });
        assert.deepEqual(await digests(store), [digest]);
        if (round % 2 === 0) await store.delete(digest, { untouchedSince: FUTURE });
      }
    },
  ],
  [
    'deletes what is untouched, and only that',
    async (store) => {
      const [digest, other] = [await put(store, text('a')), await put(store, text('b'))];
      await store.delete(digest, { untouchedSince: '2000-01-01T00:00:00.000Z' });
      assert.equal((await digests(store)).length, 2);
      await store.delete(digest, { untouchedSince: FUTURE });
      await store.delete(digest, { untouchedSince: FUTURE });
      assert.deepEqual(await digests(store), [other]);
      await assert.rejects(store.get(digest), { code: 'asset-not-found' });
      assert.equal(await put(store, text('a')), digest);
      assert.deepEqual(await get(store, digest), text('a'));
    },
  ],
];

const NAMES: readonly Test[] = [
  [
    'refuses malformed digests in every method, before it touches anything',
    async (store) => {
      const refused = { code: 'invalid-digest' };
      const body = (): never => assert.fail('the body of a malformed digest was asked for');
      for (const bad of [...MALFORMED, undefined, null, {}] as readonly Digest[]) {
        await assert.rejects(putBody(store, bad, 0, body), refused);
        await assert.rejects(store.get(bad), refused);
        await assert.rejects(store.get(bad, { start: 0 }), refused);
        await assert.rejects(store.delete(bad, { untouchedSince: FUTURE }), refused);
        if (store.path !== undefined) await assert.rejects(store.path(bad), refused);
        if (store.url !== undefined) await assert.rejects(store.url(bad, 60), refused);
        if (store.renew !== undefined) await assert.rejects(store.renew(bad), refused);
      }
      assert.deepEqual(await digests(store), []);
    },
  ],
];

/** What every `AssetStore` must do. `lacks` names the optional methods that the store leaves out: their cases say `skip`, and a case fails when that list is not right. */
export function assetStoreCases(
  harness: Harness<AssetStore>,
  lacks: readonly AssetCapability[] = [],
): readonly ConformanceCase[] {
  const names = Object.keys(CAPABILITIES) as AssetCapability[];
  const declared: Test = [
    'has the optional methods it is said to have',
    async (store) =>
      assert.deepEqual(
        names.filter((name) => store[name] === undefined),
        names.filter((name) => lacks.includes(name)),
      ),
  ];
  return [
    ...[...READS, ...WRITES, ...AGES, ...NAMES, declared].map(([name, run]) => conformanceCase(harness, name, run)),
    ...names.map((capability) => ({
      ...conformanceCase(harness, ...CAPABILITIES[capability]),
      ...(lacks.includes(capability) ? { skip: capability } : {}),
    })),
  ];
}
