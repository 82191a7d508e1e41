import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Storage } from '@google-cloud/storage';
import { afterEach, describe, expect, it } from 'vitest';
import type { AssetStore, Digest } from 'vidpipe/storage';
import { gcs, type GcsOptions } from 'vidpipe/storage-adapters/gcs';
import {
  assetStoreCases,
  FakeStorage,
  type FakeStorageOptions,
  serveWeb,
  type WebHandler,
  type WebServer,
} from 'vidpipe/testing';
import { hurry } from '../support/hurry.ts';
import { declare } from '../support/conformance.ts';

hurry();
const open: WebServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

/** Made once: keys take their time. */
const { credentials } = new FakeStorage();

interface Served {
  readonly fake: FakeStorage;
  readonly store: AssetStore;
  readonly apiEndpoint: string;
}

async function serve(
  options: Partial<GcsOptions> = {},
  given: FakeStorageOptions = {},
  before: WebHandler[] = [],
): Promise<Served> {
  const fake = new FakeStorage({ credentials, ...given });
  const server = await serveWeb([...before, fake.handle]);
  open.push(server);
  const client = options.storage === undefined ? { apiEndpoint: server.url, projectId: 'p', credentials } : {};
  return { fake, store: gcs({ bucket: 'films', ...client, ...options }), apiEndpoint: server.url };
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const digestOf = (bytes: Uint8Array): Digest => `sha256-${createHash('sha256').update(bytes).digest('hex')}`;
const nameOf = (digest: Digest): string => `${digest.slice(7, 9)}/${digest.slice(9)}`;
const FUTURE = { untouchedSince: '2999-01-01T00:00:00.000Z' };

async function put(store: AssetStore, bytes: Uint8Array<ArrayBuffer>): Promise<Digest> {
  const digest = digestOf(bytes);
  await store.put(digest, () => new Blob([bytes]).stream(), { size: bytes.byteLength, mediaType: 'video/mp4' });
  return digest;
}

const read = async (store: AssetStore, digest: Digest, start?: number): Promise<string> =>
  new Response(
    (await store.get(digest, start === undefined ? undefined : { start })) as ReadableStream<Uint8Array<ArrayBuffer>>,
  ).text();

const actions = ({ fake }: Served): string[] => fake.requests.map(({ action }) => action);

describe('gcs', () => {
  const cases = { create: async () => (await serve({ prefix: 'films/assets' })).store };
  declare(assetStoreCases(cases, ['path', 'free']));
});

describe('gcs without links', () => {
  declare(
    assetStoreCases({ create: async () => (await serve({ signedUrls: false })).store }, ['path', 'url', 'free']).slice(
      -5,
    ),
  );
});

describe('a put', () => {
  it('names the object by its digest and its type, and carries the precondition and the checksum', async () => {
    const { store, fake } = await serve({ prefix: 'films/assets' });
    const digest = await put(store, bytesOf('abc'));
    expect(await fake.objects('films')).toMatchObject([
      { name: `films/assets/${nameOf(digest)}`, contentType: 'video/mp4', md5Hash: 'kAFQmDzST7DWlj99KOF/cg==' },
    ]);
    expect(fake.requests.find(({ action }) => action === 'upload')?.path).toContain('ifGenerationMatch=0');
  });

  it('whose answer is lost has stored one object: tried again it is done', async () => {
    const served = await serve();
    served.fake.fault({ on: 'upload', resetAt: 'head' });
    await expect(put(served.store, bytesOf('abc'))).rejects.toMatchObject({ code: 'cloud-storage' });
    const digest = await put(served.store, bytesOf('abc'));
    expect(actions(served).filter((action) => action === 'upload')).toHaveLength(1);
    expect(await served.fake.objects('films')).toHaveLength(1);
    expect(await read(served.store, digest)).toBe('abc');
  });

  it('that is answered 503 stores nothing, and is done when tried again', async () => {
    const { store, fake } = await serve();
    fake.fault({ on: 'upload', status: 503 });
    await expect(put(store, bytesOf('abc'))).rejects.toMatchObject({ code: 'cloud-storage', details: { status: 503 } });
    expect(await fake.objects('films')).toEqual([]);
    expect(await read(store, await put(store, bytesOf('abc')))).toBe('abc');
  });

  const SIZES = [
    ['in one piece', 3, 'upload'],
    ['in chunks', 9 * 1024 ** 2, 'chunk'],
  ] as const;

  it.each(SIZES)('that is spoiled on its way %s makes no object', async (_, size, on) => {
    const { store, fake } = await serve();
    fake.fault({ on, corruptAt: 1 });
    const failed = { code: 'cloud-storage', details: { status: 400 } };
    await expect(put(store, new Uint8Array(size))).rejects.toMatchObject(failed);
    expect(await fake.objects('films')).toEqual([]);
  });

  it.each(SIZES)('of two writers at once %s makes one object, and both are done', async (_, size, on) => {
    const { store, fake, apiEndpoint } = await serve();
    const other = gcs({ bucket: 'films', apiEndpoint, projectId: 'p', credentials });
    const digests = await Promise.all([store, other, store, other].map((each) => put(each, new Uint8Array(size))));
    const [object] = await fake.objects('films');
    expect([object?.name, object?.size]).toEqual([nameOf(digests[0]!), String(size)]);
    expect(fake.requests.filter(({ action, status }) => action === on && status === 200)).toHaveLength(1);
  });

  it('where other bytes have the name is refused, and they stay', async () => {
    const { store, fake } = await serve();
    const digest = digestOf(bytesOf('abc'));
    for (const other of ['abd', 'abcd']) {
      await fake.store('films', nameOf(digest), bytesOf(other));
      await expect(put(store, bytesOf('abc'))).rejects.toMatchObject({ code: 'asset-corrupt' });
      expect(await fake.objects('films')).toMatchObject([{ size: String(other.length), metageneration: '1' }]);
    }
  });

  it('of 64 MiB goes in chunks, goes on after a break, and never runs far ahead of the server', async () => {
    const [size, piece] = [64 * 1024 ** 2, 256 * 1024];
    let [taken, arrived, ahead] = [0, 0, 0];
    const chunk = (nth: number): Uint8Array => new Uint8Array(piece).fill(nth);
    const body = (): ReadableStream<Uint8Array> => {
      taken = 0;
      const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
        if (taken === size) return controller.close();
        controller.enqueue(chunk(taken / piece));
        taken += piece;
        ahead = Math.max(ahead, taken - arrived);
      };
      return new ReadableStream({ pull }, { highWaterMark: 0 });
    };
    const hash = createHash('sha256');
    for (let nth = 0; nth < size / piece; nth += 1) hash.update(chunk(nth));
    const digest: Digest = `sha256-${hash.digest('hex')}`;
    const watch: WebHandler = async ({ headers }) => {
      const end = /-(\d+)\//.exec(headers.get('content-range') ?? '')?.[1];
      arrived = end === undefined ? 0 : Number(end) + 1;
      return undefined;
    };
    const served = await serve({}, {}, [watch]);
    served.fake.fault({ on: 'chunk', resetAt: 'head' });
    served.fake.fault({ on: 'chunk', status: 503 });
    // The first reading of the body, for its checksum, meets no server.
    arrived = size;
    await served.store.put(digest, body, { size, mediaType: 'video/mp4' });
    expect(actions(served).filter((action) => action === 'chunk').length).toBeGreaterThan(8);
    expect(await served.fake.objects('films')).toMatchObject([{ size: String(size) }]);
    expect(ahead).toBeGreaterThan(piece);
    expect(ahead).toBeLessThan(32 * 1024 ** 2);
    const again = createHash('sha256');
    for await (const part of await served.store.get(digest)) again.update(part);
    expect(`sha256-${again.digest('hex')}`).toBe(digest);
  });
});

describe('the age', () => {
  it('is renewed by a put in between the look and the deletion, so that the bytes stay', async () => {
    const served = await serve({}, {}, [
      async (request) => {
        if (request.method === 'DELETE') await put(other, bytesOf('abc'));
        return undefined;
      },
    ]);
    const other = gcs({ bucket: 'films', apiEndpoint: served.apiEndpoint, projectId: 'p', credentials });
    const digest = await put(served.store, bytesOf('abc'));
    await served.store.delete(digest, FUTURE);
    expect(served.fake.requests.at(-1)).toMatchObject({ action: 'delete', status: 412 });
    expect(await read(served.store, digest)).toBe('abc');
  });

  it('of bytes that are deleted while they are put again: they are stored anew', async () => {
    let once = true;
    const served = await serve({}, {}, [
      async (request) => {
        if (request.method === 'PATCH' && once) {
          once = false;
          await other.delete(digest, FUTURE);
        }
        return undefined;
      },
    ]);
    const other = gcs({ bucket: 'films', apiEndpoint: served.apiEndpoint, projectId: 'p', credentials });
    const digest = await put(served.store, bytesOf('abc'));
    await put(served.store, bytesOf('abc'));
    expect(actions(served).filter((action) => action === 'upload')).toHaveLength(2);
    expect(await read(served.store, digest)).toBe('abc');
  });

  it('is told by a list in pages, with nothing but assets', async () => {
    const { store, fake } = await serve({ prefix: 'assets' });
    const digests = new Set<Digest>();
    const name = (nth: number): Digest => digestOf(bytesOf(String(nth)));
    for (let nth = 0; nth < 2100; nth += 1)
      await fake.store('films', `assets/${nameOf(name(nth))}`, bytesOf(String(nth)));
    await fake.store('films', 'assets/readme.txt', bytesOf('x'));
    await fake.store('films', nameOf(name(0)), bytesOf('0'));
    for await (const { digest, size, storedAt } of store.list()) {
      digests.add(digest);
      expect([size >= 1 && size <= 4, Number.isNaN(Date.parse(storedAt))]).toEqual([true, false]);
    }
    expect(digests.size).toBe(2100);
    expect(fake.requests).toHaveLength(3);
  });
});

describe('a read', () => {
  it('is one request, which the client does not repeat', async () => {
    const served = await serve();
    const digest = await put(served.store, bytesOf('abc'));
    served.fake.fault({ on: 'media', status: 503 });
    served.fake.fault({ on: 'media', resetAt: 'head' });
    await expect(read(served.store, digest)).rejects.toMatchObject({ code: 'cloud-storage', details: { status: 503 } });
    await expect(read(served.store, digest)).rejects.toMatchObject({ code: 'cloud-storage' });
    expect(actions(served).filter((action) => action === 'media')).toHaveLength(2);
    expect(await read(served.store, digest)).toBe('abc');
  });

  it('of spoiled bytes ends in an error; a range of them can not be told', async () => {
    const { store, fake } = await serve();
    const digest = await put(store, bytesOf('hello world'));
    fake.fault({ on: 'media', corruptAt: 1, times: 2 });
    await expect(read(store, digest)).rejects.toMatchObject({ code: 'asset-corrupt' });
    expect(await read(store, digest, 0)).toBe('hdllo world');
    await fake.store('films', nameOf(digest), bytesOf('HELLO WORLD'));
    await expect(read(store, digest)).rejects.toMatchObject({ code: 'asset-corrupt' });
  });

  it('that is given up leaves the others alone', async () => {
    const { store } = await serve();
    const digest = await put(store, new Uint8Array(8 * 1024 ** 2));
    const other = (await store.get(digest)).getReader();
    let size = (await other.read()).value?.byteLength ?? 0;
    for (let nth = 0; nth < 3; nth += 1) {
      const given = (await store.get(digest)).getReader();
      await given.read();
      await given.cancel();
      await (await store.get(digest)).cancel();
    }
    for (let next = await other.read(); !next.done; next = await other.read()) size += next.value.byteLength;
    expect(size).toBe(8 * 1024 ** 2);
  });

  it('that breaks off is a typed error', async () => {
    const { store, fake } = await serve();
    const digest = await put(store, bytesOf('hello world'));
    fake.fault({ on: 'media', resetAt: 4 });
    await expect(read(store, digest, 2)).rejects.toMatchObject({ code: 'cloud-storage' });
  });
});

describe('a link', () => {
  it('serves the bytes until it expires', async () => {
    let now = Date.now();
    const { store } = await serve({}, { now: () => now });
    const digest = await put(store, bytesOf('hello world'));
    const link = await store.url!(digest, 60);
    expect(await (await fetch(link)).text()).toBe('hello world');
    expect(await (await fetch(link, { headers: { range: 'bytes=6-' } })).text()).toBe('world');
    expect((await fetch(link.replace(nameOf(digest), nameOf(digestOf(bytesOf('x')))))).status).toBe(403);
    expect((await fetch(await store.url!(digest, 604_800))).status).toBe(200);
    now += 62_000;
    expect((await fetch(link)).status).toBe(400);
  });

  it('lives seven days at most', async () => {
    const { store } = await serve();
    for (const ttl of [604_801, 0, -1, NaN, Infinity])
      await expect(store.url!(digestOf(bytesOf('x')), ttl)).rejects.toMatchObject({ code: 'invalid-settings' });
  });
});

describe('a failure', () => {
  it('that passes is met by the retries of the client, which nothing switches off', async () => {
    const { store, fake } = await serve();
    const digest = await put(store, bytesOf('abc'));
    await put(store, bytesOf('abc'));
    await store.delete(digest, FUTURE);
    for (const on of ['fields', 'patch', 'list', 'delete'] as const) fake.fault({ on, status: 503, times: 2 });
    await put(store, bytesOf('abc'));
    await put(store, bytesOf('abc'));
    for await (const each of store.list()) expect(each.digest).toBe(digest);
    await store.delete(digest, FUTURE);
    expect(await fake.objects('films')).toEqual([]);
    expect(fake.requests.filter(({ status }) => status === 503)).toHaveLength(8);
  });

  it('shows neither token nor link, and says what to do', async () => {
    const fake = new FakeStorage();
    const server = await serveWeb([fake.handle]);
    open.push(server);
    const authClient = { getRequestHeaders: async () => new Headers({ authorization: 'Bearer canary-token' }) };
    const storage = new Storage({ apiEndpoint: server.url, projectId: 'p', useAuthWithCustomEndpoint: true });
    Object.assign(storage.authClient, authClient, {
      getClient: async () => authClient,
      authorizeRequest: async (options: object) => ({ ...options, headers: { authorization: 'Bearer canary-token' } }),
      request: async () =>
        Promise.reject(Object.assign(new Error('see https://x.test/y?upload_id=canary'), { code: 503 })),
    });
    const store = gcs({ bucket: 'films', storage });
    const digest = digestOf(bytesOf('abc'));
    fake.fault({ status: 403, times: 99 });
    const large = new Uint8Array(9 * 1024 ** 2);
    const failures = [
      () => store.get(digest),
      () => put(store, bytesOf('abc')),
      () => put(store, large),
      () => store.delete(digest, FUTURE),
      async () => {
        for await (const _ of store.list());
      },
    ];
    for (const failing of failures) {
      const error = await failing().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({
        code: 'cloud-storage',
        message: expect.stringContaining('storage.objectUser') as string,
      });
      expect(`${inspect(error, { depth: 20 })} ${String((error as Error).stack)}`).not.toMatch(/canary/);
    }
    expect(fake.requests.some(({ headers }) => headers['authorization'] === 'Bearer canary-token')).toBe(true);
  });

  it('of a bucket that is not there is not taken for a missing asset', async () => {
    const { store } = await serve({}, { buckets: ['others'] });
    const digest = digestOf(bytesOf('abc'));
    const failed = { code: 'cloud-storage', message: expect.stringContaining('option bucket') as string };
    await expect(store.get(digest)).rejects.toMatchObject(failed);
    await expect(put(store, bytesOf('abc'))).rejects.toMatchObject(failed);
    await expect(store.delete(digest, FUTURE)).rejects.toMatchObject(failed);
  });

  it('to sign says what could', async () => {
    const storage = new Storage({ apiEndpoint: 'http://127.0.0.1:1', projectId: 'p' });
    Object.assign(storage.authClient, { getCredentials: () => Promise.reject(new Error('Cannot sign data')) });
    const store = gcs({ bucket: 'films', storage });
    const message = expect.stringContaining('signedUrls') as string;
    await expect(store.url!(digestOf(bytesOf('x')), 60)).rejects.toMatchObject({ code: 'cloud-storage', message });
  });
});

describe('the options', () => {
  it.each([
    [{ bucket: 'gs://films' }, /bucket: /],
    [{ bucket: '' }, /bucket: /],
    [{ bucket: 'films', prefix: '/a/' }, /prefix: /],
    [{ bucket: 'films', prefix: '' }, /prefix: /],
    [{ bucket: 'films', storage: {} as Storage, keyFilename: 'key.json' }, /keyFilename: /],
  ])('%j are refused at once', (options, message) => {
    expect(() => gcs(options)).toThrow(message);
  });

  it('are not used before the first request; without the package that one says what to install', () => {
    const script = `
      import { gcs } from 'vidpipe/storage-adapters/gcs';
      const store = gcs({ bucket: 'films' });
      const error = await store.get('sha256-${'a'.repeat(64)}').catch((thrown) => thrown);
      process.stdout.write(error.code + ': ' + error.message);`;
    const hooks = join(import.meta.dirname, 'source-hooks.mjs');
    const args = ['--import', hooks, '--input-type=module', '--eval', script];
    const env = { ...process.env, MISSING_PACKAGE: '@google-cloud/storage' };
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', env })).toBe(
      'missing-package: gcs() needs the package @google-cloud/storage. Install it: npm install @google-cloud/storage',
    );
  });
});
