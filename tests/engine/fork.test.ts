import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pipeline, Project, ProjectEvent, RunResult } from 'vidpipe';
import type { Reply } from 'vidpipe/provider';
import { mockImageModel, mockTextModel, mockVideoModel, paper, SimulatedProcess, StoreFaults } from 'vidpipe/testing';
import { freeLease, TestWorld, withMembers } from '../support/runs.ts';
import { settingsFor, storyboardOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

async function eventsOf(id: string): Promise<ProjectEvent[]> {
  return (await Array.fromAsync(world.events.read(id))) as ProjectEvent[];
}

/** Steps that a project has bought itself, by kind. */
async function boughtBy(id: string): Promise<string[]> {
  const events = await eventsOf(id);
  return events.flatMap(({ type, body }) => (type === 'call.intended' ? [body.stepId.split(':')[0] ?? ''] : []));
}

function textReply(value: unknown): Reply {
  return {
    state: 'succeeded',
    outputs: [{ bytes: new TextEncoder().encode(JSON.stringify(value)) }],
    usage: {},
  };
}

/** A writer of two scenes that takes a minute. */
const writer = (): ReturnType<typeof mockTextModel> =>
  mockTextModel({
    generate: async () => {
      await world.clock.sleep(60_000);
      return textReply(storyboardOf(2));
    },
  });

function run(pipeline: Pipeline, id: string): Promise<RunResult> {
  return world.clock.run(pipeline.run(id));
}

/** Starts a run and ends its process once an event of this type is there; its lease is free then. */
async function interruptedAt(
  pipeline: Pipeline,
  id: string,
  type: 'call.submitted' | 'call.intended',
): Promise<Project> {
  let nth = 0;
  const reached = new Promise<void>((resolve) =>
    pipeline.on(type, ({ body }) => {
      nth += 1;
      if (!('kind' in body) || body.kind === 'text') resolve();
    }),
  );
  await world.clock.run(
    (async () => {
      await pipeline.start(id);
      await reached;
      await pipeline.close();
    })(),
  );
  expect(nth).toBeGreaterThan(0);
  await freeLease(world.events, id);
  return world.pipeline().get(id);
}

/** A parent with both frames, whose clip is under way with nobody looking. */
async function withOpenClip(): Promise<Project> {
  const pipeline = world.pipeline();
  const { id } = await pipeline.create(settingsFor(1));
  return interruptedAt(pipeline, id, 'call.submitted');
}

describe('a fork', () => {
  const ways: Record<string, () => Promise<Project>> = {
    pending: () => world.pipeline().create(settingsFor(1)),
    completed: async () => (await world.film(world.pipeline())).project,
    waiting: async () => (await world.film(world.pipeline(), 1, { gates: ['clips'] })).project,
    failed: async () => {
      const lost: Reply = { state: 'failed', kind: 'invalid-request', message: 'no' };
      const image = mockImageModel({ generate: () => Promise.resolve(lost) });
      return (await world.film(world.pipeline({ image }))).project;
    },
    stopped: async () => {
      const pipeline = world.pipeline();
      const { id } = await pipeline.create(settingsFor(1));
      pipeline.on('call.submitted', () => void pipeline.stop(id));
      return (await run(pipeline, id)).project;
    },
    interrupted: withOpenClip,
  };
  const bought: Record<string, readonly string[]> = {
    pending: ['keyframe', 'keyframe', 'clip'],
    failed: ['keyframe', 'keyframe', 'clip'],
    completed: [],
    waiting: [],
    stopped: ['clip'],
    interrupted: ['clip'],
  };

  it.each(Object.keys(ways))(
    'of a project that is %s buys what that has not, and leaves it as it was',
    async (status) => {
      const parent = await ways[status]?.();
      expect(parent?.status).toBe(status);
      const id = parent?.id ?? '';
      const before = JSON.stringify(await eventsOf(id));
      const pipeline = world.pipeline();
      const fork = await pipeline.fork(id, {}, { openCalls: 'buy' });
      expect(fork).toMatchObject({ status: 'pending', parent: { projectId: id, seq: parent?.seq } });
      expect(fork.money).toEqual({ charged: 0, held: 0, unknown: 0, superseded: 0 });
      const gate = status === 'waiting';
      const { status: end } = await run(pipeline, fork.id);
      expect(end).toBe(gate ? 'waiting' : 'completed');
      expect(await boughtBy(fork.id)).toEqual(bought[status]);
      expect(JSON.stringify(await eventsOf(id))).toBe(before);
    },
  );

  it('of a running project begins with what is there, and both go on', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    const forked: Promise<Project>[] = [];
    pipeline.on('call.submitted', ({ projectId }) => {
      if (projectId === id) forked.push(pipeline.fork(id));
    });
    const result = await run(pipeline, id);
    expect(result).toMatchObject({ status: 'completed', project: { money: { charged: 240_000 } } });
    const [fork] = await Promise.all(forked);
    expect(await run(pipeline, fork?.id ?? '')).toMatchObject({
      status: 'completed',
      project: { money: { charged: 0 } },
    });
    expect((await pipeline.get(fork?.id ?? '')).filmAsset).toEqual(result.project.filmAsset);
  });

  it('of a fork of a fork buys nothing, and its artifacts say who made them', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline);
    const [first, callId] = [project.id, (await eventsOf(project.id)).find(({ type }) => type === 'call.intended')];
    const second = await pipeline.fork(first);
    const third = await pipeline.fork(second.id);
    expect(third.parent?.projectId).toBe(second.id);
    expect(await run(pipeline, third.id)).toMatchObject({
      status: 'completed',
      project: { filmAsset: project.filmAsset },
    });
    expect(await world.types(third.id)).toEqual(['project.created', 'work.inherited', 'run.started', 'run.ended']);
    const work = (await eventsOf(third.id))[1];
    const artifacts = work?.type === 'work.inherited' ? work.body.steps.flatMap((step) => step.artifacts) : [];
    expect(artifacts.map(({ origin }) => origin.projectId)).toEqual([first, first, first, first]);
    const { body } = callId as Extract<ProjectEvent, { type: 'call.intended' }>;
    const { request, model } = body;
    expect(artifacts[0]?.origin).toEqual({ projectId: first, callId: body.callId, model, request, charged: 20_000 });
  });

  it('has the budget, accounts and gates of its parent, with nothing spent or approved', async () => {
    const pipeline = world.pipeline();
    const wishes = { budget: 300_000 as never, account: 'acme', gates: ['keyframes'] as const, labels: { a: 'b' } };
    const { project } = await world.film(pipeline, 1, wishes);
    const { digest } = await pipeline.plan(project.id);
    await pipeline.approve(project.id, 'keyframes', digest);
    const fork = await pipeline.fork(project.id);
    expect(fork.settings).toEqual(project.settings);
    expect(await world.events.pool(`project/${fork.id}`)).toMatchObject({ cap: 300_000, held: 0, charged: 0 });
    const result = await run(pipeline, fork.id);
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'gate', gate: 'keyframes' } });
    expect(
      (await pipeline.list({ account: 'acme' })).items.map(({ projectId, scenes }) => [projectId, scenes]),
    ).toEqual(expect.arrayContaining([[fork.id, 1]]));
  });

  it('has what its user has chosen, kept and supplied, also out of an archive, and lets go as the parent would', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 3);
    const [one = '', two = '', three = ''] = project.scenes.map(({ id }) => id);
    const own = paper({ kind: 'video', width: 1280, height: 720, seconds: 3, note: 'own' });
    await pipeline.revise(project.id, { retake: { [one]: ['clip'] } });
    await run(pipeline, project.id);
    const [first] = project.scenes[0]?.takes.filter(({ part }) => part === 'clip') ?? [];
    await pipeline.revise(project.id, { select: { [one]: first?.id ?? '' }, supply: { [three]: { clip: own } } });
    await run(pipeline, project.id);
    await pipeline.revise(project.id, { settings: { style: 'noir', apply: 'missing' }, keep: { [two]: ['clip'] } });
    const parent = await run(pipeline, project.id);
    expect(parent.status).toBe('completed');
    expect(parent.project.scenes[0]?.clip).toEqual(first?.asset);
    const folder = join(mkdtempSync(join(tmpdir(), 'vidpipe-fork-')), 'film');
    await pipeline.export(project.id, folder);
    for (const { id } of [await pipeline.fork(project.id), await pipeline.import(folder)]) {
      const done = await run(pipeline, id);
      expect(done).toMatchObject({ status: 'completed', project: { filmAsset: parent.project.filmAsset } });
      expect(await boughtBy(id)).toEqual([]);
      const sources = done.project.scenes.map(({ takes }) => takes.map(({ source }) => source));
      expect(sources[0]).toEqual(['inherited', 'inherited', 'inherited', 'inherited']);
      expect(sources[2]).toContain('supplied');
      await pipeline.revise(id, { edit: { [three]: { motionPrompt: 'she runs' } } });
      const again = await run(pipeline, id);
      expect(again.project.scenes[2]?.clip?.digest).not.toBe(parent.project.scenes[2]?.clip?.digest);
      expect(again.project.scenes[0]?.clip).toEqual(first?.asset);
    }
    rmSync(dirname(folder), { recursive: true });
  });

  it('owes the scenes that its parent owes', async () => {
    const text = mockTextModel({ generate: () => Promise.resolve(textReply({ scenes: storyboardOf(1).scenes })) });
    const pipeline = world.pipeline({ text });
    const { project } = await world.film(pipeline);
    await pipeline.expand(project.id, 1);
    const fork = await pipeline.fork(project.id);
    const result = await run(pipeline, fork.id);
    expect(result).toMatchObject({ status: 'completed', project: { scenes: [{}, {}] } });
    expect(await boughtBy(fork.id)).toEqual(['scenes', 'keyframe', 'keyframe', 'clip']);
    expect((await pipeline.get(project.id)).scenes).toHaveLength(1);
  });

  it('is refused for a project that is not there, and for calls that are neither waited for nor bought', async () => {
    const pipeline = world.pipeline();
    await expect(pipeline.fork('nobody')).rejects.toMatchObject({ code: 'project-not-found' });
    const { id } = await pipeline.create(settingsFor(1));
    await expect(pipeline.fork(id, {}, { openCalls: 'both' as never })).rejects.toMatchObject({
      code: 'invalid-change',
    });
    expect((await pipeline.list()).items).toHaveLength(1);
    await world.events.delete(id);
    await expect(pipeline.fork(id)).rejects.toMatchObject({ code: 'project-not-found' });
  });
});

describe('a process that ends in the middle of a fork', () => {
  /** Forks in a process that stops at the nth probe; answers the probes that it passed. */
  async function forkUntil(parentId: string, nth: number): Promise<string[]> {
    const probes: string[] = [];
    const process = new SimulatedProcess('p', world.clock, (name) => probes.push(name) === nth);
    const stores = { events: process.events(world.events), assets: process.assets(world.assets) };
    const pipeline = world.pipeline({}, stores);
    await Promise.race([pipeline.fork(parentId), process.stopped]);
    return probes;
  }

  it('has made all of it, or nothing', async () => {
    const { project } = await world.film(world.pipeline());
    const before = JSON.stringify(await eventsOf(project.id));
    const probes = await forkUntil(project.id, 0);
    expect(probes).toContain('append');
    const pipeline = world.pipeline();
    for (let nth = 1; nth <= probes.length; nth += 1) {
      const known = (await pipeline.list()).items.length;
      await forkUntil(project.id, nth);
      const made = (await pipeline.list()).items.length - known;
      expect(made).toBe(nth > probes.indexOf('append') + 1 ? 1 : 0);
    }
    for (const { projectId } of (await pipeline.list()).items)
      expect(await run(pipeline, projectId)).toMatchObject({ status: 'completed' });
    expect(JSON.stringify((await eventsOf(project.id)).slice(0, project.seq))).toBe(before);
    const forks = (await pipeline.list()).items.filter(({ projectId }) => projectId !== project.id);
    expect(forks.every(({ charged }) => charged === 0)).toBe(true);
  });

  it.each(['fails', 'answer-lost'] as const)('leaves no half of it where the append %s', async (how) => {
    const { project } = await world.film(world.pipeline());
    const faults = new StoreFaults([{ operation: 'append', nth: 1, times: 1, how }]);
    const pipeline = world.pipeline({}, { events: faults.events(world.events) });
    await expect(pipeline.fork(project.id)).rejects.toThrow('as planned');
    const forks = (await pipeline.list()).items.filter(({ projectId }) => projectId !== project.id);
    expect(forks).toHaveLength(how === 'fails' ? 0 : 1);
    for (const { projectId } of forks)
      expect(await run(pipeline, projectId)).toMatchObject({ status: 'completed', project: { money: { charged: 0 } } });
  });
});

describe('a call that is open in the parent', () => {
  it('is waited for, and what it brings is inherited', async () => {
    const parent = await withOpenClip();
    const pipeline = world.pipeline();
    const fork = await pipeline.fork(parent.id);
    const calls = (await eventsOf(parent.id)).flatMap(({ type, body }) =>
      type === 'call.submitted' ? [body.callId] : [],
    );
    expect((await pipeline.plan(fork.id)).warnings.at(-1)).toMatchObject({ code: 'awaited' });
    const waits = { status: 'waiting', waiting: { reason: 'parent', calls } };
    expect(await run(pipeline, fork.id)).toMatchObject(waits);
    expect(await run(pipeline, fork.id)).toMatchObject(waits);
    expect((await run(pipeline, parent.id)).status).toBe('completed');
    const before = JSON.stringify(await eventsOf(parent.id));
    expect(await run(pipeline, fork.id)).toMatchObject({ status: 'completed', project: { money: { charged: 0 } } });
    expect((await eventsOf(fork.id)).filter(({ type }) => type === 'parent.reported')).toMatchObject([
      {
        body: { callId: calls[0], outcome: 'settled', made: [{ origin: { projectId: parent.id, charged: 200_000 } }] },
      },
    ]);
    expect(JSON.stringify(await eventsOf(parent.id))).toBe(before);
  });

  it('is heard of while the fork makes something else', async () => {
    const pipeline = world.pipeline({}, {}, { clipsAtOnce: 1 });
    const { id } = await pipeline.create(settingsFor(2));
    await interruptedAt(pipeline, id, 'call.submitted');
    const other = world.pipeline({}, {}, { clipMs: 10_000 });
    const fork = await other.fork(id);
    const forkRun = world.pipeline({}, {}, { clipMs: 600_000 }).run(fork.id);
    const [result] = await world.clock.run(Promise.all([forkRun, other.run(id)]));
    expect(result.status).toBe('completed');
    expect(await boughtBy(fork.id)).toContain('clip');
    const types = await world.types(fork.id);
    expect(types.indexOf('parent.reported')).toBeLessThan(types.lastIndexOf('call.settled'));
    expect(types.filter((type) => type === 'run.started')).toHaveLength(1);
  });

  it('is bought at once where the fork is told to', async () => {
    const parent = await withOpenClip();
    const pipeline = world.pipeline();
    const fork = await pipeline.fork(parent.id, {}, { openCalls: 'buy' });
    expect(await run(pipeline, fork.id)).toMatchObject({
      status: 'completed',
      project: { money: { charged: 200_000 } },
    });
    await run(pipeline, parent.id);
    expect(await world.types(fork.id)).not.toContain('parent.reported');
  });

  it('is bought when the parent is deleted', async () => {
    const parent = await withOpenClip();
    const pipeline = world.pipeline();
    const fork = await pipeline.fork(parent.id);
    expect((await run(pipeline, fork.id)).status).toBe('waiting');
    await world.events.delete(parent.id);
    expect((await run(pipeline, fork.id)).status).toBe('completed');
    expect(await boughtBy(fork.id)).toEqual(['clip']);
  });

  it.each(['not-charged', 'abandon'] as const)(
    "is bought when it is answered as %s; a later fact is the parent's own",
    async (answer) => {
      const video = mockVideoModel({ start: () => Promise.reject(new Error('reset')) });
      const { project, ...result } = await world.film(world.pipeline({ video }));
      const calls = 'waiting' in result && 'calls' in result.waiting ? result.waiting.calls : [];
      const [callId = ''] = calls;
      const pipeline = world.pipeline();
      const fork = await pipeline.fork(project.id);
      expect(await run(pipeline, fork.id)).toMatchObject({ waiting: { reason: 'parent', calls: [callId] } });
      await pipeline.resolve(callId, answer);
      const done = await run(pipeline, fork.id);
      expect(done.status).toBe('completed');
      expect(await boughtBy(fork.id)).toEqual(['clip']);
      const reported = (await eventsOf(fork.id)).filter(({ type }) => type === 'parent.reported');
      expect(reported).toMatchObject([{ body: { outcome: 'abandoned', made: [] } }]);

      const { clip: take } = done.project.scenes[0] ?? {};
      const settled = { callId, outcome: 'succeeded', charged: 1, usage: null, made: [{ asset: take }], failure: null };
      const events = [{ type: 'call.settled', format: 1, body: { ...settled, blocked: null } }];
      await world.events.append({ batchId: `${callId}/call.settled`, projectId: project.id, events });
      expect(await run(pipeline, fork.id)).toMatchObject({ project: { scenes: done.project.scenes } });
      const late = await run(pipeline, (await pipeline.fork(project.id)).id);
      expect(late).toMatchObject({ status: 'completed', project: { money: { charged: 0 } } });
    },
  );

  it('of a grandparent is waited for in its own log', async () => {
    const parent = await withOpenClip();
    const pipeline = world.pipeline();
    const fork = await pipeline.fork((await pipeline.fork(parent.id)).id);
    expect(await run(pipeline, fork.id)).toMatchObject({ waiting: { reason: 'parent' } });
    await run(pipeline, parent.id);
    expect(await run(pipeline, fork.id)).toMatchObject({ status: 'completed', project: { money: { charged: 0 } } });
  });

  it('for words is waited for, and its reply is read', async () => {
    const pipeline = world.pipeline({ text: writer() });
    const { id } = await pipeline.create({ prompt: 'p', duration: 8, clipDuration: 4 });
    const parent = world.pipeline({ text: writer() });
    const started = world.clock.run(parent.run(id));
    const fork = await new Promise<Project>((resolve) =>
      parent.on('call.intended', ({ body }) => {
        if (body.kind === 'text') void pipeline.fork(id).then(resolve);
      }),
    );
    expect(fork).toMatchObject({ scenes: [], styleGuide: null });
    expect((await started).status).toBe('completed');
    expect(await run(pipeline, fork.id)).toMatchObject({ status: 'completed', project: { scenes: [{}, {}] } });
    expect(await boughtBy(fork.id)).not.toContain('storyboard');
  });
});

describe('bytes of a parent', () => {
  it('that are not there any more are named, and their step is made anew', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline);
    const { clip: lost } = project.scenes[0] ?? {};
    await world.assets.delete(lost?.digest ?? 'sha256-', { untouchedSince: '2100-01-01T00:00:00.000Z' });
    const fork = await pipeline.fork(project.id);
    expect(fork.warnings.slice(-1)).toMatchObject([
      { code: 'missing', message: expect.stringContaining('clip:') as string },
    ]);
    expect(await run(pipeline, fork.id)).toMatchObject({
      status: 'completed',
      project: { money: { charged: 200_000 } },
    });
  });

  it('that can not be looked for refuse the fork, and nothing is made', async () => {
    const { project } = await world.film(world.pipeline());
    const assets = withMembers(world.assets, { renew: () => Promise.reject(new Error('down')) });
    const pipeline = world.pipeline({}, { assets });
    await expect(pipeline.fork(project.id)).rejects.toThrow('down');
    expect((await pipeline.list()).items).toHaveLength(1);
  });
});

describe('a filter of the parent', () => {
  const blocked: Reply = { state: 'blocked', reasons: ['no'], codes: ['42'], input: 'prompt', charged: 'no' };

  it('that refused a step for good is asked again only on demand', async () => {
    const image = mockImageModel({ generate: () => Promise.resolve(blocked) });
    const { project } = await world.film(world.pipeline({ image }), 1, { safety: { remedies: [] } });
    expect(project.error?.code).toBe('refused');
    const pipeline = world.pipeline();
    const fork = await pipeline.fork(project.id);
    expect(await run(pipeline, fork.id)).toMatchObject({ status: 'failed', error: { code: 'refused' } });
    expect(await boughtBy(fork.id)).toEqual([]);
    const again = await world.clock.run(pipeline.run(fork.id, { retry: 'refused' }));
    expect(again.status).toBe('completed');
  });

  it('has been answered with remedies that the fork has too', async () => {
    const prompts: string[] = [];
    const image = mockImageModel({
      generate: ({ prompt, width, height }) => {
        prompts.push(prompt);
        if (!prompt.includes('calm')) return Promise.resolve(blocked);
        const bytes = paper({ kind: 'image', width, height, note: prompt });
        return Promise.resolve({ state: 'succeeded', outputs: [{ bytes }], usage: {} });
      },
    });
    const safety = { remedies: [{ kind: 'prefix', text: 'calm' }] } as const;
    const { project } = await world.film(world.pipeline({ image }), 1, { safety });
    const asked = prompts.length;
    const pipeline = world.pipeline({ image });
    const fork = await pipeline.fork(project.id);
    expect((await run(pipeline, fork.id)).status).toBe('completed');
    expect(await boughtBy(fork.id)).toEqual([]);
    expect(prompts).toHaveLength(asked);
  });
});
