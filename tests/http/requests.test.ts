import { afterAll, describe, expect, it, vi } from 'vitest';
import { InvalidSettingsError, type ProjectView } from 'vidpipe';
import { createHandler, type Handler, type HandlerOptions, type Problem } from 'vidpipe/http';
import { HttpWorld } from '../support/http.ts';
import { settingsFor } from '../support/world.ts';

const world = new HttpWorld({ docs: 'https://docs.test/vidpipe/', limits: { bodyBytes: 2000, depth: 8 } });
afterAll(() => world.pipeline.close());

const send = (body: BodyInit | null, type = 'application/json', handler: Handler = world.handler) =>
  handler(
    new Request('http://films.test/projects', {
      method: 'POST',
      body,
      headers: { 'content-type': type },
      duplex: 'half',
    } as RequestInit),
  );

async function codeOf(reply: Promise<Response>): Promise<[number, string]> {
  const answer = await reply;
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  return [answer.status, ((await answer.json()) as Problem).code];
}

describe('what a body may be', () => {
  it.each([
    ['no JSON', '{"prompt":', 'application/json', 400, 'invalid-json'],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'application/json', 400, 'invalid-json'],
    ['nested too deep', '['.repeat(9) + ']'.repeat(9), 'application/json', 400, 'invalid-json'],
    [
      'nested in a string only',
      JSON.stringify({ prompt: '['.repeat(99), x: 1 }),
      'application/json',
      422,
      'invalid-request',
    ],
    ['of another type', '{"prompt":"a"}', 'text/plain', 415, 'unsupported-media-type'],
    ['a form, as any page can send', 'prompt=a', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
    ['too long, announced', 'x'.repeat(2001), 'application/json', 413, 'body-too-large'],
    ['nothing', null, 'application/json', 422, 'invalid-request'],
    ['an array', '[]', 'application/json', 422, 'invalid-request'],
  ] as const)('%s', async (_, body, type, status, code) => {
    expect(await codeOf(send(body as BodyInit, type))).toEqual([status, code]);
  });

  it('one that never ends is not read to its end', async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(100).fill(32));
      },
    });
    expect(await codeOf(send(endless))).toEqual([413, 'body-too-large']);
    expect(pulled).toBeLessThan(30);
  });

  it('lists every fault by its path, and never takes a path of the machine for a picture', async () => {
    const references = [{ name: 'a', kind: 'place', image: '/etc/passwd' }];
    const reply = await send(JSON.stringify({ prompt: '', ratio: '1:1', references, more: 1 }));
    const { issues, type } = (await reply.json()) as Problem;
    expect(type).toBe('https://docs.test/vidpipe/docs/http.md');
    expect(issues!.map((issue) => issue.split(':')[0])).toEqual(['prompt', 'ratio', 'references.0.image', 'body']);
  });

  it('takes no supplied media in changes, and no settings that are fixed', async () => {
    const { id, scenes } = await world.film();
    const supply = { [scenes[0]!.id]: { start: '/etc/passwd' } };
    const { issues } = await world.json<Problem>(`/projects/${id}/changes`, { json: { supply } }, 422);
    expect(issues).toEqual(['body: Unrecognized key: "supply"']);
    expect(await codeOf(world.ask(`/projects/${id}/changes`, { json: { settings: { duration: 3 } } }))).toEqual([
      422,
      'invalid-request',
    ]);
    expect(await codeOf(world.ask(`/projects/${id}/changes`, { json: { remove: ['nobody'] } }))).toEqual([
      422,
      'invalid-change',
    ]);
  });

  it.each([
    '{"__proto__":{"prompt":"x"}}',
    '{"prompt":"x","labels":{"__proto__":"y"}}',
    '{"constructor":{"prompt":"x"}}',
  ])('%s makes nothing', async (body) => {
    expect((await send(body)).status).toBe(422);
    expect(({} as { prompt?: string }).prompt).toBeUndefined();
  });
});

describe('what an address may be', () => {
  it.each([
    ['/nowhere', 'GET', 404],
    ['/projects//', 'GET', 404],
    ['/projects/.hidden', 'GET', 404],
    ['/projects', 'PATCH', 405],
    ['/projects', 'TRACE2', 405],
    ['/projects/%00/plan', 'GET', 404],
    ['/projects/a%2fb', 'GET', 404],
    ['/projects?limit=0', 'GET', 400],
    ['/projects?limit=201', 'GET', 400],
    ['/projects?limit=1e9', 'GET', 400],
    ['/projects?limit=1&limit=2', 'GET', 400],
    ['/projects?order=asc', 'GET', 400],
    ['/projects?cursor=%7B%7D', 'GET', 400],
    ['/projects?label=x', 'GET', 400],
    ['/projects?status=interrupted', 'GET', 400],
    ['/metrics?from=yesterday', 'GET', 400],
  ])('%s (%s) is %i', async (path, method, status) => {
    const reply = await world.ask(path, { method });
    expect(reply.status).toBe(status);
    if (status === 405) expect(reply.headers.get('allow')).toBe('GET, POST, HEAD');
  });

  it('a HEAD is the GET without its body', async () => {
    const { id } = await world.json<ProjectView>('/projects', { json: settingsFor(1) }, 201);
    const [get, head] = [await world.ask(`/projects/${id}`), await world.ask(`/projects/${id}`, { method: 'HEAD' })];
    expect([head.status, [...head.headers], await head.text()]).toEqual([200, [...get.headers], '']);
    expect((await world.ask('/projects/none', { method: 'HEAD' })).status).toBe(404);
  });

  it('a page is no longer than the handler lets it be', async () => {
    const short = new HttpWorld({ limits: { page: 1 } });
    for (const _ of [1, 2]) await short.pipeline.create(settingsFor(1));
    expect((await short.json<{ items: unknown[] }>('/projects?limit=50')).items).toHaveLength(1);
    await short.pipeline.close();
  });
});

describe('errors of the inside', () => {
  it('are told without their text', async () => {
    const { pipeline, handler, logged } = new HttpWorld();
    await pipeline.close();
    const reply = await handler(new Request('http://films.test/projects'));
    const text = await reply.text();
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '5']);
    expect(JSON.parse(text)).not.toHaveProperty('detail');
    expect(logged.join()).toContain('pipeline-closed');
  });
});

describe('the rate', () => {
  it('is counted by client, and told with the time to wait', async () => {
    vi.useFakeTimers({ now: 0, toFake: ['Date'] });
    const client = (request: Request): string => request.headers.get('authorization') ?? '';
    const limited = new HttpWorld({ limits: { rate: { requests: 2, seconds: 10, client } } });
    const as = (authorization: string) => limited.ask('/health', { headers: { authorization } });
    expect([(await as('a')).status, (await as('a')).status, (await as('b')).status]).toEqual([200, 200, 200]);
    const refused = await as('a');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
    vi.setSystemTime(10_000);
    expect((await as('a')).status).toBe(200);
    vi.useRealTimers();
    await limited.pipeline.close();
  });
});

describe('pages of other origins', () => {
  const origin = 'https://studio.test';
  const from = (made: HttpWorld, path: string, init: RequestInit = {}, name = origin) =>
    made.ask(path, { ...init, headers: { origin: name } });

  it('are not let in unless they are named, and may change nothing', async () => {
    const read = await from(world, '/models');
    expect([read.status, read.headers.get('access-control-allow-origin')]).toEqual([200, null]);
    expect(await codeOf(from(world, '/projects/x/run', { method: 'POST' }))).toEqual([403, 'foreign-origin']);
    const before = await from(world, '/models', { method: 'OPTIONS' });
    expect([before.status, before.headers.get('access-control-allow-methods')]).toEqual([204, null]);
    expect((await from(world, '/projects/x/run', { method: 'POST' }, 'http://films.test')).status).toBe(404);
  });

  it('are let in by name, exactly, on errors as well', async () => {
    const open = new HttpWorld({ cors: { origins: [origin], credentials: true } });
    const reply = await from(open, '/projects/none');
    expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([404, origin]);
    expect(reply.headers.get('access-control-allow-credentials')).toBe('true');
    const before = await from(open, '/projects', { method: 'OPTIONS' });
    expect(before.headers.get('access-control-allow-headers')).toContain('if-match');
    for (const other of ['https://studio.test.evil', 'http://studio.test', 'null', 'https://STUDIO.test'])
      expect(
        (await from(open, '/models', {}, other)).headers.get('access-control-allow-origin'),
        `to ${other}`,
      ).toBeNull();
    expect((await from(open, '/projects/x/run', { method: 'POST' })).status).toBe(404);
    await open.pipeline.close();
  });

  it.each([
    [{ origins: ['*'], credentials: true }, 'with credentials'],
    [{ origins: ['*', origin] }, 'name no others'],
    [{ origins: ['null'] }, 'expected an origin'],
    [{ origins: ['https://studio.test/'] }, 'without a path'],
    [{ origins: ['https://studio.test/path'] }, 'without a path'],
    [{ origins: ['https://u:p@studio.test'] }, 'expected an origin'],
    [{ origins: ['studio.test'] }, 'expected an origin'],
    [{ origins: ['file:///x'] }, 'expected an origin'],
  ])('%j is refused at the start', (cors, words) => {
    expect(() => createHandler(world.pipeline, { authorize: () => true, cors })).toThrow(words);
  });

  it('of the own machine are warned of in production', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const { logged, pipeline } = new HttpWorld({ cors: { origins: ['http://localhost:5173', origin] } });
    expect(logged).toEqual([
      'CORS lets pages of the local machine in, in production {"origin":"http://localhost:5173"}',
    ]);
    vi.unstubAllEnvs();
    await pipeline.close();
  });
});

it.each<[object, string]>([
  [{}, 'authorize'],
  [{ authorize: 'yes' }, 'authorize'],
  [{ authorize: () => true, basePath: '/x/' }, 'basePath'],
  [{ authorize: () => true, limits: { page: 201 } }, 'limits.page'],
  [{ authorize: () => true, limit: {} }, 'options'],
  [{ authorize: () => true, links: { keys: { a: 'short' }, current: 'b' } }, 'links.keys.a'],
])('options %j are refused, naming %s', (options, name) => {
  const make = () => createHandler(world.pipeline, options as HandlerOptions);
  expect(make).toThrow(InvalidSettingsError);
  expect(make).toThrow(`- ${name}`);
});
