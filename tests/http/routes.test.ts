import { afterAll, describe, expect, it } from 'vitest';
import type { Ledger, Plan, ProjectView } from 'vidpipe';
import type { Problem, Subject } from 'vidpipe/http';
import { paper } from 'vidpipe/testing';
import { HttpWorld } from '../support/http.ts';
import { settingsFor } from '../support/world.ts';

const world = new HttpWorld();
afterAll(() => world.pipeline.close());

const create = (more = {}, headers = {}) =>
  world.json<ProjectView>('/projects', { json: settingsFor(1, more), headers }, 201);

describe('a film over HTTP', () => {
  it('is planned, approved, made, changed, forked and deleted', async () => {
    const estimate = await world.json<Plan>('/estimate', { json: settingsFor(1) });
    const { id } = await create({ gates: ['plan'] });
    await world.json(`/projects/${id}/run`, { json: {} }, 202);
    await (await world.ask(`/projects/${id}/events`, { headers: { accept: 'text/event-stream' } })).text();
    const waiting = await world.json<ProjectView>(`/projects/${id}`);
    expect(waiting.waiting).toEqual({ reason: 'gate', gate: 'plan' });

    const plan = await world.json<Plan>(`/projects/${id}/plan`);
    expect(plan.cost).toEqual(estimate.cost);
    await world.json(`/projects/${id}/approve`, { json: { gate: 'plan', digest: plan.digest } });
    await world.json(`/projects/${id}/resume`, { method: 'POST' }, 202);
    await (await world.ask(`/projects/${id}/events`, { headers: { accept: 'text/event-stream' } })).text();
    const done = await world.json<ProjectView>(`/projects/${id}`);
    expect([done.status, done.progress]).toEqual(['completed', 1]);
    const ledger = await world.json<Ledger>(`/projects/${id}/ledger`);
    expect(ledger.totals.charged).toBe(plan.cost.expected);

    const scene = done.scenes[0]!.id;
    const edit = { edit: { [scene]: { motionPrompt: 'a slow push in' } } };
    const changed = await world.json<Plan>(`/projects/${id}/plan`, { json: edit });
    expect([changed.remade, changed.reused]).toEqual([2, 2]);
    const revised = await world.json<ProjectView>(`/projects/${id}/changes`, { json: edit });
    expect(revised.scenes[0]!.motionPrompt).toBe('a slow push in');
    const reply = await world.ask(`/projects/${id}/fork`, { json: { changes: { add: 1 } } });
    const fork = (await reply.json()) as ProjectView;
    expect([reply.status, fork.parent?.projectId]).toEqual([201, id]);
    expect(new URL(reply.headers.get('location')!, `http://films.test/projects/${id}/fork`).pathname).toBe(
      `/projects/${fork.id}`,
    );
    await world.json(`/projects/${fork.id}/expand`, { json: { scenes: 2, direction: 'dawn' } });
    expect((await world.ask(`/projects/${fork.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await world.json<Problem>(`/projects/${fork.id}`, {}, 404)).code).toBe('project-not-found');
  });

  it('takes frames of your own as bytes, and shows every take', async () => {
    const { id, scenes } = await world.film();
    const scene = scenes[0]!.id;
    const body = paper({ kind: 'image', width: 1280, height: 720, note: 'mine' });
    const put = (path: string, type: string) =>
      world.ask(`/projects/${id}/scenes/${path}`, {
        method: 'PUT',
        body: new Blob([body.slice()]),
        headers: { 'content-type': type },
      });
    const supplied = (await (await put(`${scene}/start`, 'image/png')).json()) as ProjectView;
    expect(supplied.steps.find(({ id: step }) => step === `keyframe:${scene}:start`)?.held).toBe('supplied');
    expect((await put(`${scene}/start`, 'text/html')).status).toBe(415);
    expect((await put(`${scene}/middle`, 'image/png')).status).toBe(404);
    expect((await put(`nowhere/start`, 'image/png')).status).toBe(422);
    const { items } = await world.json<{ items: { takes: { source: string }[] }[] }>(`/projects/${id}/takes`);
    expect(items[0]!.takes.map(({ source }) => source)).toContain('supplied');
  });

  it('lists pages by account and labels', async () => {
    for (const n of ['1', '2', '3']) await create({ account: 'lister', labels: { n, 'a:b': '' } });
    const page = await world.json<{ items: { labels: { n: string } }[]; next: string }>(
      '/projects?account=lister&limit=2',
    );
    expect(page.items.map(({ labels }) => labels.n)).toEqual(['3', '2']);
    const rest = await world.json<typeof page>(`/projects?account=lister&limit=2&cursor=${page.next}`);
    expect([rest.items.map(({ labels }) => labels.n), rest.next]).toEqual([['1'], null]);
    const some = await world.json<typeof page>('/projects?account=lister&label=n:2');
    expect(some.items).toHaveLength(1);
  });

  it('tells models, limits, metrics, the ledger as CSV and that it lives', async () => {
    const { items } = await world.json<{ items: { id: string }[] }>('/models');
    expect(items.map(({ id }) => id)).toEqual(['mock:writer', 'mock:still', 'mock:clip']);
    expect(await world.json('/limits')).toHaveProperty('models');
    expect(await world.json('/metrics?account=nobody')).toMatchObject({ projects: 0 });
    expect(await world.json('/health')).toEqual({ status: 'ok' });
    const { id } = await world.film();
    const csv = await world.ask(`/projects/${id}/ledger`, { headers: { accept: 'text/csv' } });
    expect((await csv.text()).split('\r\n')[0]).toMatch(/^call,step,scene/);
  });

  it('stops, with what became of the operations, and drains in the background', async () => {
    const { id } = await create();
    expect(await world.json(`/projects/${id}/stop`, { method: 'POST' })).toEqual({ operations: [] });
    await world.json(`/projects/${id}/stop`, { json: { drain: true } }, 202);
  });
});

describe('two editors', () => {
  it('a change for an older state is refused with 412, and nothing is changed', async () => {
    const { id, scenes } = await world.film();
    const first = await world.ask(`/projects/${id}`);
    const etag = first.headers.get('etag')!;
    const change = (words: string) => ({
      json: { edit: { [scenes[0]!.id]: { motionPrompt: words } } },
      headers: { 'if-match': etag },
    });
    const [one, other] = await Promise.all([
      world.ask(`/projects/${id}/changes`, change('one')),
      world.ask(`/projects/${id}/changes`, change('other')),
    ]);
    expect([one.status, other.status].toSorted((a, b) => a - b)).toEqual([200, 412]);
    const lost = (await (one.status === 412 ? one : other).json()) as Problem;
    expect(lost.code).toBe('seq-conflict');
    const now = await world.ask(`/projects/${id}`);
    expect(now.headers.get('etag')).not.toBe(etag);
    const again = await world.ask(`/projects/${id}`, { headers: { 'if-none-match': now.headers.get('etag')! } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect((await world.ask(`/projects/${id}/changes`, { json: {}, headers: { 'if-match': '"x"' } })).status).toBe(400);
  });

  it('a plan that is stale is not approved', async () => {
    const { id } = await create({ gates: ['plan'] });
    const { code, docs } = await world.json<Problem>(
      `/projects/${id}/approve`,
      { json: { gate: 'plan', digest: 'old' } },
      409,
    );
    expect([code, docs]).toEqual(['stale-plan', 'docs/errors/stale-plan.md']);
  });
});

describe('an idempotency key', () => {
  const key = { 'idempotency-key': 'k1' };

  it('makes one project of the same settings, and refuses others', async () => {
    const [one, two] = await Promise.all([create({ seed: 3 }, key), create({ seed: 3 }, key)]);
    expect(two.id).toBe(one.id);
    const other = await world.json<Problem>('/projects', { json: settingsFor(1, { seed: 4 }), headers: key }, 422);
    expect(other.issues![0]).toMatch(/^idempotencyKey: it was used for other settings/);
  });

  it('is one of its owner: another account has its own', async () => {
    const mine = await create({ account: 'me' }, key);
    const theirs = await create({ account: 'them' }, key);
    expect(theirs.id).not.toBe(mine.id);
    const long = { 'idempotency-key': 'x'.repeat(201) };
    expect((await world.json<Problem>('/projects', { json: settingsFor(1), headers: long }, 400)).code).toBe(
      'invalid-request',
    );
  });
});

describe('authorize', () => {
  const asked: Subject[] = [];
  let answer: boolean | Response = false;
  const guarded = new HttpWorld({
    authorize: (_, subject) => {
      asked.push(subject);
      return answer instanceof Response ? answer.clone() : answer;
    },
  });
  afterAll(() => guarded.pipeline.close());

  it('is asked by every route before anything is told, of what is there as of what is not', async () => {
    const { id, scenes } = await guarded.film(1, { account: 'acme', labels: { user: 'u1' } });
    const { paths } = await world.json<{ paths: Record<string, Record<string, { tags: string[] }>> }>('/openapi.json');
    const tried: string[] = [];
    for (const [path, operations] of Object.entries(paths))
      for (const [method, { tags }] of Object.entries(operations))
        for (const projectId of [id, 'nobody', '..%2f'])
          for (const body of ['{}', '{"a":', undefined]) {
            if (body !== undefined && method === 'get') continue;
            const url = path
              .replace('{id}', projectId)
              .replace('{digest}', scenes[0]!.clip!.digest)
              .replace('{scene}', scenes[0]!.id)
              .replace('{part}', 'clip');
            const init = { method: method.toUpperCase(), headers: { 'content-type': 'application/json' } };
            const reply = await guarded.ask(`${url}?x=1`, body === undefined ? init : { ...init, body });
            const told = (await reply.json()) as Problem;
            tried.push(`${method} ${path} ${projectId}`);
            expect([reply.status, told.code], `${method} ${path} ${projectId}`).toEqual([403, 'forbidden']);
            expect(asked.at(-1)!.action).toBe(tags[0]);
            const isThere = path.includes('{id}') && projectId === id;
            if (path.includes('{id}')) expect(asked.at(-1)!.account).toBe(isThere ? 'acme' : null);
          }
    expect(tried.length).toBeGreaterThan(100);
    const tag = await guarded.ask(`/projects/${id}`, { headers: { 'if-none-match': '*' } });
    expect(tag.status).toBe(403);
  });

  it('is told whom a new project is to belong to, and again whom a change gives it to', async () => {
    answer = true;
    asked.length = 0;
    const { id } = await guarded.json<ProjectView>(
      '/projects',
      { json: settingsFor(1, { account: 'a', labels: { l: '1' } }) },
      201,
    );
    await guarded.ask(`/projects/${id}/changes`, { json: { settings: { account: 'b' } } });
    await guarded.ask(`/projects/${id}/fork`, { json: { changes: { settings: { labels: { l: '2' } } } } });
    await guarded.ask('/projects?account=c&label=l:3');
    await guarded.ask('/metrics');
    expect(asked.map(({ action, account, labels }) => [action, account, labels['l'] ?? null])).toEqual([
      ['create', 'a', '1'],
      ['change', 'a', '1'],
      ['change', 'b', '1'],
      ['fork', 'b', '1'],
      ['fork', 'b', '2'],
      ['list', 'c', '3'],
      ['metrics', null, null],
    ]);
  });

  it('may answer by itself, and its own faults are a bare 500', async () => {
    const used = new Response('no');
    await used.text();
    const careless = new HttpWorld({ authorize: () => used });
    expect((await careless.json<Problem>('/models', {}, 500)).code).toBe('internal');
    await careless.pipeline.close();
    answer = new Response('who are you?', { status: 401, headers: { 'www-authenticate': 'Bearer' } });
    const reply = await guarded.ask('/models');
    expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const broken = new HttpWorld({ authorize: () => Promise.reject(new Error('secret table is gone')) });
    const fault = await broken.json<Problem>('/models', {}, 500);
    expect(fault).toEqual({
      type: 'urn:vidpipe:error:internal',
      title: 'internal',
      status: 500,
      code: 'internal',
      docs: 'docs/http.md',
    });
    expect(broken.logged.join('\n')).toContain('secret table is gone');
    await broken.pipeline.close();
  });
});
