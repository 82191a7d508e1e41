import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Digest, Project } from 'vidpipe';
import type { Problem } from 'vidpipe/http';
import { HttpWorld } from '../support/http.ts';

const keys = { old: 'o'.repeat(32), new: 'n'.repeat(32) };
const world = new HttpWorld({ links: { keys, current: 'new' } });
afterAll(() => world.pipeline.close());

const linkTo = async (id: string, digest: Digest, options = {}, from = world): Promise<string> => {
  const path = `/projects/${id}/assets/${digest}/link`;
  const { href } = await from.json<{ href: string }>(path, { json: options }, 201);
  const { pathname, search } = new URL(href, `http://films.test${path}`);
  return pathname + search;
};

describe('blocked bytes', () => {
  let film: Project;
  let fork: Project;
  let links: string[];
  let blocked: readonly Digest[];

  beforeAll(async () => {
    film = await world.film(2);
    const [first] = film.scenes;
    blocked = [first!.end!.digest, first!.clip!.digest, film.scenes[1]!.clip!.digest, film.filmAsset!.digest];
    links = await Promise.all(blocked.map((digest) => linkTo(film.id, digest)));
    await world.json(`/projects/${film.id}/block`, { json: { artifact: blocked[0], reason: 'a face' } });
    fork = await world.pipeline.fork(film.id);
  });

  it('a frame, the clips that show it and their film are 403 in every form of asking', async () => {
    const paths = blocked.flatMap((digest) => [
      `/projects/${film.id}/assets/${digest}`,
      `/projects/${film.id}/assets/${digest}?download=a`,
    ]);
    const tried: string[] = [];
    for (const path of [...paths, ...links])
      for (const method of ['GET', 'HEAD'])
        for (const headers of [{}, { range: 'bytes=0-1' }, { 'if-none-match': '*' }, { 'if-match': '"x"' }]) {
          const reply = await world.ask(path, { method, headers: new Headers(headers) });
          tried.push(`${method} ${path} ${JSON.stringify(headers)}`);
          expect(reply.status, `${method} ${path}`).toBe(403);
          expect(reply.headers.get('etag')).toBeNull();
          if (method === 'GET') expect(((await reply.json()) as Problem).code).toBe('asset-blocked');
        }
    console.log(`blocked bytes: ${tried.length} tried, 0 leaked`);
    expect(tried).toHaveLength(96);
    const link = await world.ask(`/projects/${film.id}/assets/${blocked[0]}/link`, { json: {} });
    expect(link.status).toBe(403);
    expect((await world.ask(`/projects/${film.id}/film`)).status).toBe(404);
  });

  it('are not to be had through a fork either, and what shows nothing of them still is', async () => {
    for (const digest of blocked) {
      const reply = await world.ask(`/projects/${fork.id}/assets/${digest}`);
      expect([403, 404]).toContain(reply.status);
    }
    const { digest } = film.scenes[0]!.start!;
    for (const { id } of [film, fork]) expect((await world.ask(`/projects/${id}/assets/${digest}`)).status).toBe(200);
  });
});

describe('signed links', () => {
  let film: Project;
  let digest: Digest;
  let link: URL;
  const locked = new HttpWorld({ authorize: (_, { action }) => action === 'link', links: { keys, current: 'new' } });
  const status = async (url: URL, method = 'GET'): Promise<number> =>
    (await locked.ask(url.pathname + url.search, { method })).status;
  const changed = (change: (url: URL) => void): URL => {
    const url = new URL(link);
    change(url);
    return url;
  };

  beforeAll(async () => {
    vi.useFakeTimers({ now: Date.parse('2026-11-25T00:00:00Z'), toFake: ['Date'] });
    film = await locked.film();
    ({ digest } = film.scenes[0]!.clip!);
    link = new URL(await linkTo(film.id, digest, { seconds: 60, download: 'clip.mp4' }, locked), 'http://films.test');
  });
  afterAll(async () => {
    vi.useRealTimers();
    await locked.pipeline.close();
  });

  it('let whoever has them read those bytes, and nobody else', async () => {
    const reply = await locked.ask(link.pathname + link.search);
    expect([reply.status, reply.headers.get('content-disposition')]).toEqual([
      200,
      expect.stringContaining('"clip.mp4"'),
    ]);
    expect(reply.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(await status(link, 'HEAD')).toBe(200);
    expect(await status(new URL(link.pathname, link))).toBe(403);
  });

  it.each<[string, (url: URL) => void]>([
    ['another expiry', (url) => url.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 1))],
    ['another name', (url) => url.searchParams.set('download', 'x.mp4')],
    ['no name', (url) => url.searchParams.delete('download')],
    ['another key', (url) => url.searchParams.set('key', 'old')],
    ['no such key', (url) => url.searchParams.set('key', '__proto__')],
    ['no key', (url) => url.searchParams.delete('key')],
    ['no signature', (url) => url.searchParams.delete('signature')],
    ['an empty signature', (url) => url.searchParams.set('signature', '')],
    ['half a signature', (url) => url.searchParams.set('signature', url.searchParams.get('signature')!.slice(0, 20))],
    [
      'a signature in another spelling',
      (url) => url.searchParams.set('signature', `${url.searchParams.get('signature')}=`),
    ],
    ['no expiry', (url) => url.searchParams.delete('expires')],
    ['an expiry that is no number', (url) => url.searchParams.set('expires', 'Infinity')],
    ['a key given twice', (url) => url.searchParams.append('key', 'new')],
    ['a name given twice', (url) => url.searchParams.append('download', 'x')],
    ['more than was signed', (url) => url.searchParams.set('x', '1')],
    ['another project', (url) => (url.pathname = url.pathname.replace(film.id, film.id.toUpperCase()))],
    ['other bytes', (url) => (url.pathname = url.pathname.replace(digest, film.scenes[0]!.start!.digest))],
    ['the film', (url) => (url.pathname = `/projects/${film.id}/film`)],
    ['the project', (url) => (url.pathname = `/projects/${film.id}`)],
  ])('with %s are refused', async (_, change) => {
    expect([403, 400]).toContain(await status(changed(change)));
  });

  it('allow reading alone', async () => {
    expect(await status(link, 'DELETE')).toBe(405);
  });

  it('end with their second, and with their key', async () => {
    const from = Date.now();
    vi.setSystemTime(from + 59_999);
    expect(await status(link)).toBe(200);
    vi.setSystemTime(from + 60_000);
    expect(await status(link)).toBe(403);
    vi.setSystemTime(from);
    const rotated = new HttpWorld({ links: { keys: { newer: 'x'.repeat(32) }, current: 'newer' } });
    expect((await rotated.ask(link.pathname + link.search)).status).toBe(403);
    await rotated.pipeline.close();
  });

  it('are not made where there are no keys, nor for longer than a week', async () => {
    const without = new HttpWorld();
    const { id, scenes } = await without.film();
    const path = (project: string) => `/projects/${project}/assets/${scenes[0]!.clip!.digest}/link`;
    expect((await without.ask(path(id), { json: {} })).status).toBe(404);
    expect((await without.ask(`${path(id).replace('/link', '')}?signature=x`)).status).toBe(403);
    await without.pipeline.close();
    const long = await locked.ask(path(film.id), { json: { seconds: 604_801 } });
    expect(long.status).toBe(422);
  });
});
