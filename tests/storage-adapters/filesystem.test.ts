import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import type * as Promises from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AssetStore, Digest } from 'vidpipe/storage';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { digestOf, get, put, text } from '../../src/testing/asset-probes.ts';
import { remount, tiny } from '../support/full-disk.ts';
import { fresh, openFiles } from './support.ts';

/** What happens between the look at an asset's folder and the opening of the asset, and before a file is moved or removed. */
const between = vi.hoisted(() => ({ act: (): void => undefined, going: (): unknown => undefined }));
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof Promises>();
  const open: typeof fs.open = (...args) => {
    between.act();
    return fs.open(...args);
  };
  const before =
    <A extends readonly unknown[], T>(work: (...args: A) => T) =>
    (...args: A): T => {
      between.going();
      return work(...args);
    };
  return { ...fs, open, rename: before(fs.rename), rm: before(fs.rm) };
});
afterEach(() => void Object.assign(between, { act: () => undefined, going: () => undefined }));

const SECRET = 'a secret outside of the root';

interface Planted {
  readonly root: string;
  readonly store: AssetStore;
  readonly digest: Digest;
  readonly path: string;
  readonly secret: string;
}

/** A store with one asset, and a file that is none of its business. */
async function planted(): Promise<Planted> {
  const [root, outside] = [fresh(), fresh()];
  mkdirSync(outside, { recursive: true });
  const secret = join(outside, 'secret');
  writeFileSync(secret, SECRET);
  const store = filesystem(root);
  const digest = await put(store, text('an asset'));
  return { root, store, digest, path: pathOf(root, digest), secret };
}

const pathOf = (root: string, digest: Digest): string => join(root, digest.slice(7, 9), digest.slice(9));

async function listed(store: AssetStore): Promise<string[]> {
  const digests: string[] = [];
  for await (const { digest } of store.list()) digests.push(digest);
  return digests;
}

type Plant = (planted: Planted) => void;
const plants: [string, Plant][] = [
  ['a link to another file', ({ path, secret }) => (rmSync(path), symlinkSync(secret, path))],
  ['a hard link to another file', ({ path, secret }) => (rmSync(path), linkSync(secret, path))],
  ['a FIFO', ({ path }) => (rmSync(path), void execFileSync('mkfifo', [path]))],
  ['a link to itself', ({ path }) => (rmSync(path), symlinkSync(path, path))],
  ['bytes of the same length', ({ path }) => writeFileSync(path, 'AN ASSET')],
  ['more bytes', ({ path }) => appendFileSync(path, 'x')],
  ['fewer bytes', ({ path }) => writeFileSync(path, 'an')],
];

describe('in place of an asset', () => {
  it.each(plants)('%s is refused, gives nothing away, and is replaced by the true bytes', async (_, plant) => {
    const here = await planted();
    const { store, digest, path, secret } = here;
    plant(here);
    const before = openFiles();
    await expect(get(store, digest)).rejects.toMatchObject({ code: 'asset-corrupt', details: { digest } });
    await put(store, text('an asset'));
    expect(new TextDecoder().decode(await get(store, digest))).toBe('an asset');
    expect(statSync(path).nlink).toBe(1);
    expect(readFileSync(secret, 'utf8')).toBe(SECRET);
    await vi.waitFor(() => expect(openFiles()).toBe(before));
  });

  it.each(plants.slice(0, 4))('%s is given to nobody by range or by path', async (_, plant) => {
    const here = await planted();
    plant(here);
    const { store, digest } = here;
    await expect(get(store, digest, { start: 0 })).rejects.toMatchObject({ code: 'asset-corrupt' });
    await expect(store.path?.(digest)).rejects.toMatchObject({ code: 'asset-corrupt' });
  });

  it.each<[string, Plant]>([
    ['a link to another file', ({ path, secret }) => (rmSync(path), symlinkSync(secret, path))],
    ['another file that has a second name', ({ path, secret }) => (rmSync(path), linkSync(secret, path))],
  ])('%s that is swapped in between the look and the opening is refused', async (_, swap) => {
    const here = await planted();
    let swapped = 0;
    between.act = () => {
      if (swapped++ === 0) swap(here);
    };
    await expect(get(here.store, here.digest)).rejects.toMatchObject({ code: 'asset-corrupt' });
    expect(swapped).toBe(1);
  });

  it('bytes that are swapped in while they are read do not pass for the asset', async () => {
    const { store, digest, path, secret } = await planted();
    const stream = await store.get(digest);
    renameSync(secret, path);
    expect(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text()).toBe('an asset');
  });
});

describe('in place of a folder', () => {
  it.each<[string, (folder: string, outside: string) => void]>([
    ['a link to another folder', (folder, outside) => symlinkSync(outside, folder)],
    ['a file', (folder) => writeFileSync(folder, '')],
  ])('%s is followed by no method', async (_, plant) => {
    const { root, store, digest, path } = await planted();
    const [folder, outside] = [dirname(path), fresh()];
    mkdirSync(outside, { recursive: true });
    renameSync(path, join(outside, digest.slice(9)));
    rmSync(folder, { recursive: true });
    plant(folder, outside);
    const corrupt = { code: 'asset-corrupt', details: { digest } };
    await expect(get(store, digest)).rejects.toMatchObject(corrupt);
    await expect(store.path?.(digest)).rejects.toMatchObject(corrupt);
    await expect(put(store, text('an asset'))).rejects.toMatchObject(corrupt);
    await expect(store.delete(digest, { untouchedSince: '2999-01-01T00:00:00.000Z' })).rejects.toMatchObject(corrupt);
    expect(await listed(store)).toEqual([]);
    expect(readdirSync(outside)).toEqual([digest.slice(9)]);
    expect(readdirSync(join(root, '.tmp'))).toEqual([]);
  });
});

describe('files', () => {
  it('are readable by their user only, in folders of their user', async () => {
    const before = process.umask(0);
    try {
      const { root, path } = await planted();
      const modes = [path, dirname(path), join(root, '.tmp'), root].map((each) => statSync(each).mode & 0o777);
      expect(modes).toEqual([0o600, 0o700, 0o700, 0o700]);
    } finally {
      process.umask(before);
    }
  });

  it('are not made before the first use', () => {
    const root = fresh();
    filesystem(root);
    expect(existsSync(root)).toBe(false);
  });

  it('are closed when a reader goes without having read', async () => {
    const { store, digest } = await planted();
    const before = openFiles();
    for (let round = 0; round < 20; round += 1) {
      await (await store.get(digest)).cancel();
      await (await store.get(digest, { start: 1 })).cancel();
    }
    await vi.waitFor(() => expect(openFiles()).toBe(before));
  });

  it('that are named like assets but are none are not listed', async () => {
    const { root, store, digest } = await planted();
    writeFileSync(join(dirname(pathOf(root, digest)), 'x'.repeat(62)), '');
    mkdirSync(join(root, 'ff', 'f'.repeat(62)), { recursive: true });
    writeFileSync(join(root, 'README'), '');
    expect(await listed(store)).toEqual([digest]);
  });
});

describe('a deletion', () => {
  const OLD = new Date('2020-01-01T00:00:00.000Z');
  const since = { untouchedSince: '2021-01-01T00:00:00.000Z' };

  it('keeps what somebody puts again at that moment', async () => {
    const { root, store, digest, path } = await planted();
    utimesSync(path, OLD, OLD);
    between.going = () => existsSync(path) && utimesSync(path, new Date(), new Date());
    await store.delete(digest, since);
    between.going = () => undefined;
    expect(await get(store, digest)).toEqual(text('an asset'));
    expect(readdirSync(join(root, '.tmp'))).toEqual([]);
  });

  it('and a put of the same bytes at once: what was put is there', async () => {
    const { root, store, digest, path } = await planted();
    for (let round = 0; round < 40; round += 1) {
      utimesSync(path, OLD, OLD);
      await Promise.all([put(store, text('an asset')), store.delete(digest, since)]);
      expect(await get(store, digest)).toEqual(text('an asset'));
    }
    expect(readdirSync(join(root, '.tmp'))).toEqual([]);
  });
});

it.skipIf(tiny === null)('a full disk keeps no part of an asset, and takes it once there is room', async () => {
  const root = tiny?.() ?? '';
  const store = filesystem(root);
  const small = await put(store, text('small'));
  for (const size of [1_500_000, 1_046_000, 1_045_000]) {
    const bytes = new Uint8Array(size).fill(7);
    await expect(put(store, bytes)).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(store.get(digestOf(bytes))).rejects.toMatchObject({ code: 'asset-not-found' });
  }
  expect(await listed(store)).toEqual([small]);
  expect(readdirSync(join(root, '.tmp'))).toEqual([]);
  remount(root, '8m');
  const large = await put(store, new Uint8Array(1_500_000).fill(7));
  expect((await get(store, large)).byteLength).toBe(1_500_000);
});
