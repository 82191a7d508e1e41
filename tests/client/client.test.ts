import { afterAll, expect, it } from 'vitest';
import { type ApiError, createClient } from 'vidpipe/client';
import { HttpWorld } from '../support/http.ts';
import { settingsFor } from '../support/world.ts';
import { paper } from 'vidpipe/testing';

const world = new HttpWorld({
  basePath: '/api',
  authorize: (request) => request.headers.get('authorization') === 'Bearer t' || new URL(request.url).search !== '',
  links: { keys: { one: '1'.repeat(32) }, current: 'one' },
});
afterAll(() => world.pipeline.close());

const fetch: typeof globalThis.fetch = (url, init) => world.handler(new Request(url, init));
const client = createClient({
  baseUrl: 'http://films.test/api/',
  headers: () => Promise.resolve({ authorization: 'Bearer t' }),
  fetch,
});

/** Makes a project run to its rest. */
async function finish(id: string): Promise<void> {
  await client.run(id);
  for await (const event of client.watch(id)) void event;
}

it('does all that a pipeline does', async () => {
  expect(await client.health()).toEqual({ status: 'ok' });
  const models = await client.models();
  expect(models.map(({ id, kind }) => [id, kind])).toContainEqual(['mock:clip', 'video']);
  const settings = settingsFor(2, { gates: ['plan'], account: 'acme', labels: { user: 'u:1' } });
  const estimate = await client.estimate(settings);
  const made = await client.create(settings, { idempotencyKey: 'once' });
  expect((await client.create(settings, { idempotencyKey: 'once' })).id).toBe(made.id);
  const { id } = made;
  await finish(id);
  const plan = await client.plan(id);
  expect(plan.cost).toEqual(estimate.cost);
  await client.approve(id, 'plan', plan.digest);
  await client.resume(id);
  for await (const event of client.watch(id)) void event;
  const film = await client.get(id);
  expect(film.status).toBe('completed');

  const [one, two] = film.scenes;
  const edit = { edit: { [one!.id]: { motionPrompt: 'slow' } } };
  expect((await client.plan(id, edit)).remade).toBeGreaterThan(0);
  const changed = await client.change(id, edit, { seq: film.seq });
  await expect(client.change(id, edit, { seq: film.seq })).rejects.toMatchObject({ status: 412, code: 'seq-conflict' });
  const bytes = paper({ kind: 'image', width: 1280, height: 720, note: 'mine' });
  const blob = new Blob([bytes.slice()], { type: 'image/png' });
  const supplied = await client.supply(id, two!.id, 'end', blob, { seq: changed.seq });
  expect(supplied.scenes[1]!.end!.size).toBe(bytes.length);
  expect((await client.takes(id))[1]!.takes.map(({ source }) => source)).toContain('supplied');
  const fork = await client.fork(id, { remove: [one!.id] }, { openCalls: 'buy' });
  expect([fork.parent?.projectId, fork.scenes.length]).toEqual([id, 1]);
  await client.expand(fork.id, 2, { direction: 'dawn' });
  expect(await client.stop(fork.id)).toEqual({ operations: [] });
  expect((await client.stop(fork.id, { drain: true })).id).toBe(fork.id);

  const { totals } = await client.ledger(id);
  expect(totals.charged).toBe(film.money.charged);
  expect((await client.metrics({ account: 'acme' })).projects).toBe(2);
  expect((await client.limits()).models).toHaveLength(3);
  expect((await client.list({ account: 'acme', labels: { user: 'u:1' }, limit: 1 })).items).toHaveLength(1);
  const page = await client.events(id, { limit: 2 });
  expect([page.items.map(({ seq }) => seq), page.next]).toEqual([[1, 2], 2]);
  await client.block(id, two!.clip!.digest, 'a logo');
  expect((await client.get(id)).blocked).toHaveLength(1);
  await expect(client.resolve(id, `${id}.none`, 'charged')).rejects.toMatchObject({ status: 422 });
  await expect(client.resolve(id, `${fork.id}.none`, 'charged')).rejects.toMatchObject({ status: 422 });
  await client.delete(fork.id, { force: true });
  await expect(client.get(fork.id)).rejects.toMatchObject({ code: 'project-not-found' });
});

it('sends pictures of references as base64, and reads bytes by address and by link', async () => {
  const image = paper({ kind: 'image', width: 64, height: 64, note: 'x'.repeat(20_000) });
  const references = [{ name: 'Ada', kind: 'character' as const, image }];
  const { settings, id } = await client.create({ ...settingsFor(1), references });
  const [reference] = settings.references;
  const picture = await world.ask(client.assetUrl(id, reference!.image).replace('http://films.test', ''), {
    headers: { authorization: 'Bearer t', range: 'bytes=0-1' },
  });
  expect([picture.status, new Uint8Array(await picture.arrayBuffer())]).toEqual([200, image]);
  await finish(id);
  const { digest } = (await client.get(id)).scenes[0]!.clip!;
  const { url, expiresAt } = await client.link(id, digest, { seconds: 60, download: 'a b.mp4' });
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
  const reply = await fetch(url);
  expect([reply.status, reply.headers.get('content-disposition')]).toEqual([200, expect.stringContaining('a b.mp4')]);
  expect(client.assetUrl(id, digest)).toBe(`http://films.test/api/projects/${id}/assets/${digest}`);
  expect(client.filmUrl(id, { download: 'my film.mp4' })).toBe(
    `http://films.test/api/projects/${id}/film?download=my+film.mp4`,
  );
});

it('tells of errors with code, status and issues, and of a server that is away', async () => {
  const error = await client.create({ prompt: '' }).catch((thrown: unknown) => thrown as ApiError);
  expect(error).toMatchObject({ name: 'ApiError', status: 422, code: 'invalid-request' });
  expect((error as ApiError).issues).toEqual(['prompt: expected a prompt of at least one character']);
  const stranger = createClient({ baseUrl: 'http://films.test/api', fetch });
  await expect(stranger.models()).rejects.toMatchObject({ status: 403, code: 'forbidden' });
  const away = createClient({ baseUrl: 'http://films.test', fetch: () => Promise.reject(new TypeError('no')) });
  await expect(away.models()).rejects.toMatchObject({ status: 0, code: 'unreachable' });
  const proxy = createClient({ baseUrl: 'x', fetch: () => Promise.resolve(new Response('<html>', { status: 502 })) });
  await expect(proxy.models()).rejects.toMatchObject({ status: 502, code: 'unknown' });
});
