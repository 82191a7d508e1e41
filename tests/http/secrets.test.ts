import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Project } from 'vidpipe';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { mockVideoModel, paper } from 'vidpipe/testing';
import { HttpWorld } from '../support/http.ts';
import { withMembers } from '../support/runs.ts';
import { settingsFor } from '../support/world.ts';

/** What must be in no reply; each is really there on the inside. */
const CANARIES = {
  handle: 'canary-handle-1',
  store: 'canary-store-3',
  owner: 'canary-owner-4',
  link: 'canary-link-5-canary-link-5-canary-link-5',
  hook: 'canary-hook-6',
};

const video = mockVideoModel({
  times: { typicalMs: 0 },
  start: () => Promise.resolve({ handle: { token: CANARIES.handle } }),
  check: () => {
    const bytes = paper({ kind: 'video', width: 1280, height: 720, seconds: 4 });
    return Promise.resolve({ state: 'succeeded', outputs: [{ bytes }], usage: { seconds: 4 } });
  },
});

const inner = memoryAssets();
let isBroken = false;
const fail = (): never => {
  throw new Error(`EACCES /srv/${CANARIES.store}`);
};
const assets = withMembers(inner, { get: (digest, range) => (isBroken ? fail() : inner.get(digest, range)) });
const events = memoryEvents();
const broken = withMembers(events, { list: (query) => (isBroken ? fail() : events.list(query)) });
const world = new HttpWorld(
  {
    links: { keys: { one: CANARIES.link }, current: 'one' },
    authorize: (request) => {
      if (request.headers.has('x-fault')) throw new Error(CANARIES.hook);
      return true;
    },
  },
  { assets, events: broken, owner: CANARIES.owner },
  { video },
);
let film: Project;
beforeAll(async () => {
  film = await world.film();
});
afterAll(() => world.pipeline.close());

/** Everything that comes back of a request. */
async function told(path: string, init: Parameters<HttpWorld['ask']>[1] = {}): Promise<string> {
  const reply = await world.ask(path, init);
  return JSON.stringify([reply.status, [...reply.headers], await reply.text()]);
}

it('no secret is in any reply, of success or of failure', async () => {
  const id = film.id;
  const { digest } = film.scenes[0]!.clip!;
  const paths = ['', '/plan', '/takes', '/ledger', '/events', '/film', `/assets/${digest}`].map(
    (path) => `/projects/${id}${path}`,
  );
  const all = [...paths, '/projects', '/models', '/limits', '/metrics', '/health', '/openapi.json', '/nowhere'];
  const heads = [{}, { accept: 'text/event-stream' }, { accept: 'text/csv' }, { 'x-fault': '1' }];
  const replies: string[] = [];
  const readAll = async (): Promise<void> => {
    for (const path of all)
      for (const headers of heads) replies.push(await told(path, { headers: new Headers(headers) }));
  };
  await readAll();
  replies.push(await told(`/projects/${id}/assets/${digest}/link`, { json: {} }));
  replies.push(await told('/projects', { json: settingsFor(1, { prompt: '' }) }));
  replies.push(await told(`/projects/${id}/run`, { json: {} }));
  await world.pipeline.run(id);
  const lease = await events.lease(id, `${CANARIES.owner}-other`, 60_000);
  replies.push(await told(`/projects/${id}`, { method: 'DELETE' }));
  await lease.release();
  isBroken = true;
  await readAll();

  const inside = [...world.logged, JSON.stringify(await Array.fromAsync(events.read(id)))].join('\n');
  for (const name of ['handle', 'owner', 'store', 'hook'] as const) expect(inside).toContain(CANARIES[name]);
  const leaks = Object.entries(CANARIES).filter(([, canary]) => replies.some((reply) => reply.includes(canary)));
  console.log(
    `secrets: ${Object.keys(CANARIES).length} looked for in ${replies.length} replies, ${leaks.length} leaked`,
  );
  expect(leaks).toEqual([]);
  expect(replies.filter((reply) => reply.startsWith('[500')).length).toBeGreaterThan(10);
  expect(replies.join('\n')).toContain('lease-held');
});
