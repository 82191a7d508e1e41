import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type File, Storage } from '@google-cloud/storage';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeStorage, type FakeStorageOptions, serveWeb, type WebServer } from 'vidpipe/testing';
import { hurry } from '../../support/hurry.ts';

hurry();
const open: WebServer[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Served {
  readonly fake: FakeStorage;
  readonly url: string;
  readonly storage: Storage;
  readonly file: (name?: string) => File;
}

/** Made once: keys take their time. */
const { credentials } = new FakeStorage();

/** The fake on loopback, and the official client of it. */
async function serve(options: FakeStorageOptions = {}): Promise<Served> {
  const fake = new FakeStorage({ credentials, ...options });
  const server = await serveWeb([fake.handle]);
  open.push(server);
  const storage = new Storage({
    apiEndpoint: server.url,
    projectId: 'p',
    credentials,
  });
  return { fake, url: server.url, storage, file: (name = 'a/b c.txt') => storage.bucket('films').file(name) };
}

const onlyNew = { preconditionOpts: { ifGenerationMatch: 0 } };
const simple = { ...onlyNew, resumable: false };
const CHUNK = 262_144;
const chunked = { ...onlyNew, resumable: true, chunkSize: CHUNK };
const actions = ({ fake }: Served): string[] => fake.requests.map(({ action }) => action);
const code = (expected: number): unknown => expect.objectContaining({ code: expected });

describe('uploads', () => {
  it.each([
    ['one request', simple],
    ['one chunk', { ...onlyNew, resumable: true }],
    ['many chunks', chunked],
  ])('in %s are stored with their type, metadata and checksums', async (_, options) => {
    const { file, fake } = await serve();
    const bytes = randomBytes(CHUNK * 2 + 17);
    await file().save(bytes, { ...options, contentType: 'video/mp4', metadata: { metadata: { mine: 'yes' } } });
    const [resource] = await fake.objects('films');
    expect(resource).toMatchObject({
      name: 'a/b c.txt',
      bucket: 'films',
      contentType: 'video/mp4',
      metadata: { mine: 'yes' },
      size: String(bytes.byteLength),
      metageneration: '1',
    });
    expect((await file().download())[0].equals(bytes)).toBe(true);
    const [fields] = await file().getMetadata();
    expect(fields).toEqual(resource);
  });

  it('of nothing at all are objects too', async () => {
    const { file } = await serve();
    await file('0').save('', simple);
    await file('1').save('', { ...onlyNew, resumable: true });
    expect((await file('0').download())[0]).toHaveLength(0);
    expect((await file('1').getMetadata())[0].size).toBe('0');
  });

  it('in chunks go on where they broke off, and are asked how far they are', async () => {
    const served = await serve();
    const bytes = randomBytes(CHUNK * 3 + 5);
    served.fake.fault({ on: 'chunk', status: 503 });
    served.fake.fault({ on: 'chunk', resetAt: 'head' });
    await served.file().save(bytes, chunked);
    expect((await served.file().download())[0].equals(bytes)).toBe(true);
    expect(actions(served)).toContain('offset');
  });

  it('go on from the link of a session, also by another client', async () => {
    const { file, url } = await serve();
    const [uri] = await file().createResumableUpload(onlyNew);
    const bytes = randomBytes(CHUNK + 9);
    const put = (body: Uint8Array, range: string): Promise<Response> =>
      fetch(uri, { method: 'PUT', body: new Uint8Array(body), headers: { 'content-range': range } });
    const first = await put(bytes.subarray(0, CHUNK + 3), `bytes 0-${CHUNK + 2}/*`);
    expect([first.status, first.headers.get('range')]).toEqual([308, `bytes=0-${CHUNK - 1}`]);
    const asked = await put(Buffer.alloc(0), 'bytes */*');
    expect([asked.status, asked.headers.get('range')]).toEqual([308, `bytes=0-${CHUNK - 1}`]);
    const gap = await put(bytes.subarray(CHUNK + 1), `bytes ${CHUNK + 1}-${CHUNK + 8}/${CHUNK + 9}`);
    expect(gap.status).toBe(503);
    const last = await put(bytes.subarray(CHUNK), `bytes ${CHUNK}-${CHUNK + 8}/${CHUNK + 9}`);
    expect(last.status).toBe(200);
    expect((await put(Buffer.alloc(0), 'bytes */*')).status).toBe(200);
    expect((await file().download())[0].equals(bytes)).toBe(true);
    expect((await put(Buffer.alloc(0), 'nonsense')).status).toBe(400);
    expect((await fetch(uri, { method: 'DELETE' })).status).toBe(499);
    expect((await put(Buffer.alloc(0), 'bytes */*')).status).toBe(404);
    expect((await fetch(`${url}/upload/storage/v1/b/films/o?uploadType=multipart`, { method: 'POST' })).status).toBe(
      400,
    );
  });

  it('whose checksum is not that of the bytes are refused, and nothing is stored', async () => {
    const { file, fake } = await serve();
    fake.fault({ on: 'upload', corruptAt: 2 });
    const md5Hash = 'kAFQmDzST7DWlj99KOF/cg==';
    await expect(file().save('abc', { ...simple, validation: false, metadata: { md5Hash } })).rejects.toEqual(
      code(400),
    );
    expect(await fake.objects('films')).toEqual([]);
    await file().save('abc', { ...simple, metadata: { md5Hash, crc32c: 'Nks/tw==' } });
    expect(await fake.objects('films')).toMatchObject([{ md5Hash, crc32c: 'Nks/tw==' }]);
  });

  it('to a bucket that is not there are refused', async () => {
    const { file } = await serve({ buckets: ['others'] });
    await expect(file().save('abc', simple)).rejects.toEqual(code(404));
  });
});

describe('preconditions', () => {
  it('hold for uploads, patches and deletions', async () => {
    const { file, fake } = await serve();
    await file().save('one', simple);
    await expect(file().save('two', simple)).rejects.toEqual(code(412));
    await expect(file().save('two', chunked)).rejects.toEqual(code(412));
    const [{ generation, metageneration }] = await file().getMetadata();
    await expect(file().setMetadata({ contentType: 'a/b' }, { ifMetagenerationMatch: 7 })).rejects.toEqual(code(412));
    await file().setMetadata({ metadata: { touched: 'yes' } }, { ifMetagenerationMatch: metageneration! });
    expect((await fake.objects('films'))[0]).toMatchObject({
      generation,
      metageneration: '2',
      metadata: { touched: 'yes' },
    });
    await expect(file().delete({ ifGenerationMatch: 1 })).rejects.toEqual(code(412));
    await file().save('three', { resumable: false, preconditionOpts: { ifGenerationMatch: generation! } });
    const [after] = await fake.objects('films');
    expect(Number(after?.generation)).toBeGreaterThan(Number(generation));
    await file().delete({ ifGenerationMatch: after!.generation });
    await expect(file().delete({ ifGenerationMatch: after!.generation })).rejects.toEqual(code(404));
    await expect(file().getMetadata()).rejects.toEqual(code(404));
  });

  it('let one of two writers at once win', async () => {
    const { file, fake } = await serve();
    const both = await Promise.allSettled([file().save('one', simple), file().save('two', chunked)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await fake.objects('films')).toHaveLength(1);
  });
});

describe('reads', () => {
  it('give ranges, and refuse those that hold no byte', async () => {
    const { file, url } = await serve();
    await file('a').save('hello world', simple);
    const read = async (options: object): Promise<string> =>
      (await buffer(file('a').createReadStream(options))).toString();
    expect(await read({ start: 6 })).toBe('world');
    expect(await read({ start: 2, end: 3 })).toBe('ll');
    expect(await read({ start: 6, end: 99 })).toBe('world');
    expect(await read({ end: -5 })).toBe('world');
    await expect(read({ start: 11 })).rejects.toEqual(code(416));
    await expect(buffer(file('b').createReadStream())).rejects.toEqual(code(404));
    const at = `${url}/storage/v1/b/films/o/a?alt=media`;
    const whole = await fetch(at);
    expect(whole.headers.get('accept-ranges')).toBe('bytes');
    const rest = async (etag: string): Promise<unknown> => {
      const response = await fetch(at, { headers: { range: 'bytes=6-', 'if-range': etag } });
      return [response.status, await response.text(), response.headers.get('content-range')];
    };
    expect(await rest(whole.headers.get('etag')!)).toEqual([206, 'world', 'bytes 6-10/11']);
    expect(await rest('"another"')).toEqual([200, 'hello world', null]);
  });

  it('that are spoiled on their way are found by the client, in ranges they are not', async () => {
    const { file, fake } = await serve();
    await file().save('hello world', simple);
    fake.fault({ on: 'media', corruptAt: 1, times: 2 });
    await expect(file().download()).rejects.toMatchObject({ code: 'CONTENT_DOWNLOAD_MISMATCH' });
    expect((await buffer(file().createReadStream({ start: 0, end: 4 }))).toString()).toBe('hdllo');
  });

  it('list by prefix and delimiter, in pages', async () => {
    const { storage, file, fake } = await serve();
    const names = ['a/1', 'a/2', 'a/x/3', 'a/x/4', 'b/5'];
    for (const name of names) await file(name).save(name, simple);
    const bucket = storage.bucket('films');
    const all = async (query: object): Promise<string[]> => (await bucket.getFiles(query))[0].map(({ name }) => name);
    expect(await all({})).toEqual(names);
    fake.requests.length = 0;
    expect(await all({ prefix: 'a/', maxResults: 2 })).toEqual(names.slice(0, 2));
    expect(await all({ prefix: 'a/', maxApiCalls: 9, pageSize: 3 })).toEqual(names.slice(0, 4));
    const [files, , page] = await bucket.getFiles({ prefix: 'a/', delimiter: '/', autoPaginate: false });
    expect([files.map(({ name }) => name), (page as { prefixes: string[] }).prefixes]).toEqual([
      ['a/1', 'a/2'],
      ['a/x/'],
    ]);
    const [first, next] = await bucket.getFiles({ maxResults: 4, autoPaginate: false });
    expect(first).toHaveLength(4);
    expect((await bucket.getFiles(next))[0].map(({ name }) => name)).toEqual(['b/5']);
  });

  it('see what was copied and composed', async () => {
    const { storage, file } = await serve();
    await file('a').save('hello ', { ...simple, contentType: 'text/x' });
    await file('b').save('world', simple);
    await file('a').copy(file('c'));
    expect([(await file('c').download())[0].toString(), (await file('c').getMetadata())[0].contentType]).toEqual([
      'hello ',
      'text/x',
    ]);
    await storage.bucket('films').combine(['c', 'b'], 'd');
    expect((await file('d').download())[0].toString()).toBe('hello world');
  });
});

describe('signed links', () => {
  it('serve their bytes, whole and in ranges, until they expire; what was changed is refused', async () => {
    let now = Date.now();
    const { file } = await serve({ now: () => now });
    await file().save('hello world', simple);
    const [link] = await file().getSignedUrl({ version: 'v4', action: 'read', expires: now + 60_000 });
    expect(await (await fetch(link)).text()).toBe('hello world');
    expect(await (await fetch(link, { headers: { range: 'bytes=6-' } })).text()).toBe('world');
    const tampered = [
      link.replace('b%20c', 'other'),
      link.replace(/X-Goog-Expires=\d+/, 'X-Goog-Expires=600'),
      link.replace(/X-Goog-Signature=../, 'X-Goog-Signature=00'),
      `${link}&response-content-type=text%2Fhtml`,
      link.replace('signer%40', 'other%40'),
    ];
    for (const each of tampered) expect([each, (await fetch(each)).status]).toEqual([each, 403]);
    expect((await fetch(link, { method: 'HEAD' })).status).toBe(403);
    expect((await fetch(link.replace('GOOG4', 'GOOG5'))).status).toBe(400);
    now += 61_000;
    const late = await fetch(link);
    expect([late.status, await late.text()]).toEqual([400, expect.stringContaining('ExpiredToken')]);
  });

  it('of what is not there find nothing', async () => {
    const { file } = await serve();
    const [link] = await file().getSignedUrl({ version: 'v4', action: 'read', expires: Date.now() + 60_000 });
    expect((await fetch(link)).status).toBe(404);
  });
});

describe('faults', () => {
  it('lose an answer after the work is done: the same upload again meets what it stored', async () => {
    const { file, fake } = await serve();
    fake.fault({ on: 'upload', resetAt: 'head' });
    await expect(file().save('abc', simple)).rejects.toEqual(code(412));
    expect(fake.requests.map(({ action, status }) => [action, status])).toEqual([
      ['upload', 200],
      ['upload', 412],
    ]);
    fake.fault({ on: 'upload', status: 503, done: true });
    await expect(file('b').save('abc', simple)).rejects.toEqual(code(412));
    expect(await fake.objects('films')).toHaveLength(2);
  });

  it('refuse before the work, as often as they are told, in the order of the script', async () => {
    const { file, fake } = await serve();
    fake.fault({ on: 'upload', status: 503, times: 2 });
    fake.fault({ status: 429 });
    await file().save('abc', simple);
    expect(fake.requests.map(({ status }) => status)).toEqual([503, 503, 429, 200]);
    expect(fake.requests[0]).toMatchObject({
      method: 'POST',
      path: expect.stringContaining('ifGenerationMatch=0') as string,
    });
  });

  it('break off a body', async () => {
    const { file, fake } = await serve();
    await file().save('hello world', simple);
    fake.fault({ on: 'media', resetAt: 4 });
    await expect(buffer(file().createReadStream())).rejects.toThrow(/aborted|terminated|closed|reset/i);
  });
});

describe('a folder', () => {
  it('keeps the objects for the next process', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vidpipe-fake-'));
    folders.push(folder);
    const first = await serve({ folder });
    await first.file('a').save('hello', simple);
    await first.file('b').save('world', simple);
    await first.file('b').setMetadata({ metadata: { x: '1' } }, { ifMetagenerationMatch: 1 });
    await first.file('a').delete({ ifGenerationMatch: (await first.fake.objects('films'))[0]!.generation });
    const second = await serve({ folder });
    expect(await second.fake.objects('films')).toEqual(await first.fake.objects('films'));
    expect((await second.file('b').download())[0].toString()).toBe('world');
    expect(await second.fake.handle(new Request('http://x/elsewhere'))).toBeUndefined();
  });
});
