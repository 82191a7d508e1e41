import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Digest, Project } from 'vidpipe';
import type { Problem } from 'vidpipe/http';
import { memoryAssets } from 'vidpipe/storage-adapters/memory';
import { HttpWorld } from '../support/http.ts';
import { withMembers } from '../support/runs.ts';

const world = new HttpWorld();
let film: Project;
let bytes: Uint8Array;
let address: string;
let tag: string;
beforeAll(async () => {
  film = await world.film(2);
  const { digest } = film.scenes[0]!.clip!;
  address = `/projects/${film.id}/assets/${digest}`;
  tag = `"${digest}"`;
  bytes = new Uint8Array(
    await new Response(await (await world.pipeline.asset(film.id, digest)).stream()).arrayBuffer(),
  );
});
afterAll(() => world.pipeline.close());

const get = (headers: Record<string, string> = {}, method = 'GET', from = world) =>
  from.ask(address, { headers, method });

describe('a whole asset', () => {
  it('has all that a browser needs to keep it, and nothing to do harm with', async () => {
    const reply = await get();
    expect(Object.fromEntries(reply.headers)).toEqual({
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=31536000, immutable',
      'content-disposition': 'inline',
      'content-length': String(bytes.length),
      'content-security-policy': "default-src 'none'; sandbox",
      'content-type': film.scenes[0]!.clip!.mediaType,
      'cross-origin-resource-policy': 'same-origin',
      etag: tag,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    expect(new Uint8Array(await reply.arrayBuffer())).toEqual(bytes);
  });

  it('is told of by HEAD without being opened', async () => {
    let opened = 0;
    const inner = memoryAssets();
    const counted = withMembers(inner, {
      get: (digest, range) => {
        opened += 1;
        return inner.get(digest, range);
      },
    });
    const other = new HttpWorld({}, { assets: counted });
    const made = await other.film();
    opened = 0;
    const path = `/projects/${made.id}/assets/${made.scenes[0]!.clip!.digest}`;
    const head = await other.ask(path, { method: 'HEAD', headers: { range: 'bytes=0-1' } });
    expect([head.status, head.headers.get('content-length'), await head.text(), opened]).toEqual([
      200,
      String(made.scenes[0]!.clip!.size),
      '',
      0,
    ]);
    await other.pipeline.close();
  });

  it('is saved under a name that can do nothing', async () => {
    const named = async (name: string) =>
      (await world.ask(`${address}?download=${encodeURIComponent(name)}`)).headers.get('content-disposition');
    expect(await named('my film.mp4')).toBe('attachment; filename="my film.mp4"; filename*=UTF-8\'\'my%20film.mp4');
    expect(await named('Ölfilm.mp4')).toBe('attachment; filename="_lfilm.mp4"; filename*=UTF-8\'\'%C3%96lfilm.mp4');
    expect(await named('a"\r\nset-cookie: x=1')).toBe(
      'attachment; filename="a___set-cookie: x=1"; filename*=UTF-8\'\'a___set-cookie%3A%20x%3D1',
    );
    expect(await named('../\u202egpj.exe')).toBe('attachment; filename="..__gpj.exe"; filename*=UTF-8\'\'..__gpj.exe');
    expect(await named("it's 100%*")).toBe('attachment; filename="it_s 100_*"; filename*=UTF-8\'\'it%27s%20100%25%2a');
  });
});

describe('ranges (RFC 9110, 14)', () => {
  it.each([
    ['bytes=0-9', 206, [0, 9]],
    ['bytes=5-', 206, [5, -1]],
    ['bytes=-4', 206, [-4, -1]],
    ['bytes=0-99999999999999999999', 206, [0, -1]],
    ['bytes=-99999999999999999999', 206, [0, -1]],
    ['BYTES=0-0', 206, [0, 0]],
    ['bytes=99999999-', 416, null],
    ['bytes=99999999999999999999-', 416, null],
    ['bytes=-0', 416, null],
    ['bytes=2-1', 200, null],
    ['bytes=0-1,3-4', 200, null],
    ['bytes=', 200, null],
    ['bytes=-', 200, null],
    ['bytes=a-b', 200, null],
    ['bytes=1.5-2', 200, null],
    ['bytes=-1-2', 200, null],
    ['items=0-1', 200, null],
  ] as const)('%s is %i', async (range, status, part) => {
    const reply = await get({ range });
    expect(reply.status).toBe(status);
    const { length } = bytes;
    if (status === 416) {
      expect(reply.headers.get('content-range')).toBe(`bytes */${length}`);
      expect(((await reply.json()) as Problem).code).toBe('range-not-satisfiable');
      return;
    }
    const [start, end] = part === null ? [0, length - 1] : part.map((each) => (each < 0 ? length + each : each));
    const wanted = bytes.slice(start, end! + 1);
    expect(reply.headers.get('content-length')).toBe(String(wanted.length));
    expect(reply.headers.get('content-range')).toBe(part === null ? null : `bytes ${start}-${end}/${length}`);
    expect(new Uint8Array(await reply.arrayBuffer())).toEqual(wanted);
  });

  it('If-Range holds for this very tag alone', async () => {
    const statuses = ['', '"other"', `W/${tag}`, 'Tue, 24 Nov 2026 00:00:00 GMT'].map(async (ifRange) => {
      const reply = await get({ range: 'bytes=0-1', 'if-range': ifRange === '' ? tag : ifRange });
      return reply.status;
    });
    expect(await Promise.all(statuses)).toEqual([206, 200, 200, 200]);
  });
});

describe('conditions (RFC 9110, 13)', () => {
  it.each([
    [{ 'if-none-match': 'TAG' }, 304],
    [{ 'if-none-match': 'W/TAG' }, 304],
    [{ 'if-none-match': '"a", TAG' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"a"' }, 200],
    [{ 'if-none-match': 'TAG', range: 'bytes=0-1' }, 304],
    [{ 'if-match': 'TAG' }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': '"a"' }, 412],
    [{ 'if-match': 'W/TAG' }, 412],
    [{ 'if-match': '"a"', 'if-none-match': 'TAG' }, 412],
    [{ 'if-modified-since': 'Tue, 24 Nov 2099 00:00:00 GMT' }, 200],
    [{ 'if-unmodified-since': 'Tue, 24 Nov 1999 00:00:00 GMT' }, 200],
    [{ 'if-modified-since': 'no date' }, 200],
  ] as const)('%j is %i', async (conditions, status) => {
    const headers = Object.entries(conditions).map(([name, value]) => [name, value.replace('TAG', tag)] as const);
    for (const method of ['GET', 'HEAD']) {
      const reply = await get(Object.fromEntries(headers), method);
      expect([method, reply.status]).toEqual([method, status]);
      if (status === 304) expect([reply.headers.get('etag'), await reply.text()]).toEqual([tag, '']);
    }
  });
});

describe('whose bytes they are', () => {
  it('a digest of another project is not there, whoever asks', async () => {
    const other = await world.film(1, { labels: { other: 'yes' }, seed: 99, prompt: 'another' });
    const { digest } = other.scenes[0]!.clip!;
    expect((await world.ask(`/projects/${other.id}/assets/${digest}`)).status).toBe(200);
    const reply = await world.ask(`/projects/${film.id}/assets/${digest}`);
    expect([reply.status, ((await reply.json()) as Problem).code]).toEqual([404, 'asset-not-found']);
  });

  it('the film is saved under its name, and is not there before it is made', async () => {
    const reply = await world.ask(`/projects/${film.id}/film`);
    expect([reply.status, reply.headers.get('content-disposition'), reply.headers.get('cache-control')]).toEqual([
      200,
      `attachment; filename="${film.id}.mp4"; filename*=UTF-8''${film.id}.mp4`,
      'private, no-cache',
    ]);
    expect(reply.headers.get('etag')).toBe(`"${film.filmAsset!.digest}"`);
  });
});

describe('where the store makes links', () => {
  it('they are used when that is wanted, and never for what is blocked', async () => {
    const asked: number[] = [];
    const url = (digest: Digest, seconds: number): Promise<string> =>
      Promise.resolve(`https://bucket.test/${digest}?${asked.push(seconds)}`);
    const other = new HttpWorld({ redirectSeconds: 60 }, { assets: withMembers(memoryAssets(), { url }) });
    const { id, scenes } = await other.film();
    const { digest } = scenes[0]!.clip!;
    const reply = await other.ask(`/projects/${id}/assets/${digest}`);
    expect([reply.status, reply.headers.get('location')]).toEqual([302, `https://bucket.test/${digest}?1`]);
    expect([asked, reply.headers.get('cache-control')]).toEqual([[60], 'no-store']);
    await other.json(`/projects/${id}/block`, { json: { artifact: digest, reason: 'a logo' } });
    const { code, detail } = await other.json<Problem>(`/projects/${id}/assets/${digest}`, {}, 403);
    expect([code, detail, asked]).toEqual(['asset-blocked', expect.stringContaining('a logo'), [60]]);
    await other.pipeline.close();
  });
});
