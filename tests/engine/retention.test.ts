import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Pipeline, type PipelineOptions, type Project, type SweepOptions, usd } from 'vidpipe';
import type { AssetStore, Digest } from 'vidpipe/storage';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { perMillionTokens } from 'vidpipe/provider';
import { mockTextModel } from 'vidpipe/testing';
import { thisOwner } from '../../src/engine/owner.ts';
import { remount, tiny } from '../support/full-disk.ts';
import { freeLease, TestWorld, withMembers } from '../support/runs.ts';
import { settingsFor } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const DAY = 86_400_000;

async function stored(): Promise<ReadonlyMap<Digest, number>> {
  const assets = await Array.fromAsync(world.assets.list());
  return new Map(assets.map(({ digest, size }) => [digest, size]));
}

async function bytesStored(): Promise<number> {
  return [...(await stored()).values()].reduce((sum, size) => sum + size, 0);
}

/** Bytes that the steps of a project show and that are not there. */
async function missing({ steps }: Project): Promise<string[]> {
  const there = await stored();
  return steps.flatMap(({ id, asset }) => (asset !== null && !there.has(asset.digest) ? [id] : []));
}

async function film(pipeline: Pipeline, more: Parameters<typeof settingsFor>[1] = {}): Promise<Project> {
  return (await world.film(pipeline, 1, more)).project;
}

/** A project whose clip is under way with nobody looking. */
async function interrupted(more: Parameters<typeof settingsFor>[1] = {}): Promise<Project> {
  const pipeline = world.pipeline();
  const { id } = await pipeline.create(settingsFor(1, more));
  const sent = new Promise<void>((resolve) => pipeline.on('call.submitted', () => resolve()));
  await world.clock.run(pipeline.start(id).then(() => sent));
  await world.clock.run(pipeline.close());
  return pipelineOf(id);
}

async function pipelineOf(id: string): Promise<Project> {
  await freeLease(world.events, id);
  return world.pipeline().get(id);
}

describe('a deletion', () => {
  it('takes the project out of all lists for good, and leaves what it has cost', async () => {
    const pipeline = world.pipeline();
    const { id, money } = await film(pipeline, { account: 'acme' });
    await pipeline.delete(id);
    await pipeline.delete(id);
    await expect(pipeline.get(id)).rejects.toMatchObject({ code: 'project-not-found' });
    expect((await pipeline.list()).items).toEqual([]);
    expect(await world.events.pool('account/acme')).toMatchObject({ held: 0, charged: money.charged });
    await pipeline.delete('never-there');
    expect(await world.events.leaseOf('never-there')).toBeNull();
  });

  it('is seen by other processes that know the project', async () => {
    const [pipeline, other] = [world.pipeline(), world.pipeline()];
    const { id } = await film(pipeline);
    await other.get(id);
    await pipeline.delete(id);
    await expect(other.get(id)).rejects.toMatchObject({ code: 'project-deleted' });
    await expect(other.run(id)).rejects.toMatchObject({ code: 'project-deleted' });
  });

  it('ends its idempotency key', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1), { idempotencyKey: 'one' });
    await pipeline.delete(id);
    const again = pipeline.create(settingsFor(1), { idempotencyKey: 'one' });
    await expect(again).rejects.toMatchObject({ code: 'project-deleted' });
  });

  it('is refused while anybody drives the project, forced or not', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    const { done } = await world.clock.run(pipeline.start(id));
    for (const each of [pipeline, world.pipeline()])
      await expect(each.delete(id, { force: true })).rejects.toMatchObject({ code: 'lease-held' });
    expect((await world.clock.run(done)).status).toBe('completed');
    await pipeline.delete(id);
  });

  it('is refused while calls are open', async () => {
    const project = await interrupted();
    const open = (await Array.fromAsync(world.events.read(project.id))).filter(({ type }) => type === 'call.submitted');
    await expect(world.pipeline().delete(project.id)).rejects.toMatchObject({
      code: 'open-calls',
      details: { projectId: project.id, calls: open.map(({ body }) => (body as { callId: string }).callId) },
    });
    expect(await world.events.leaseOf(project.id)).toBeNull();
    expect((await world.clock.run(world.pipeline().run(project.id))).status).toBe('completed');
  });

  it('that is forced charges open calls at their worst', async () => {
    const { id, money } = await interrupted({ account: 'acme' });
    await world.pipeline().delete(id, { force: true });
    const pool = { held: 0, charged: money.charged + money.held };
    expect(await world.events.pool('account/acme')).toMatchObject(pool);
    expect(await world.pipeline().collect()).toEqual({ settled: 0, open: 0 });
    expect(await world.types(id)).toEqual([]);
    expect(await world.events.pool('account/acme')).toMatchObject(pool);
  });

  it('that is forced under a sender that is cut off: what it is told at last counts in the pools, and nowhere else', async () => {
    const price = perMillionTokens({ input: usd(1), output: usd(4) });
    const text = mockTextModel({
      price,
      generate: async () => {
        await world.clock.sleep(10_000);
        return {
          state: 'blocked',
          reasons: [],
          input: 'prompt',
          charged: 'yes',
          usage: { inputTokens: 1, outputTokens: 1 },
        };
      },
    });
    const sender = world.pipeline({ text });
    const { id } = await sender.create({ prompt: 'p', duration: 4, account: 'acme' });
    const sent = new Promise<void>((resolve) => sender.on('call.intended', () => resolve()));
    const { done } = await sender.start(id);
    const ended = done.catch(({ code }: { readonly code: string }) => code);
    await world.clock.run(sent);
    await freeLease(world.events, id);
    await world.pipeline().delete(id, { force: true });
    const worst = (await world.events.pool('account/acme')).charged;
    expect(worst).toBeGreaterThan(5);
    expect(await world.clock.run(ended)).toBe('project-deleted');
    await world.clock.advance(10_000);
    expect(await world.events.pool('account/acme')).toMatchObject({ held: 0, charged: 5 });
    expect(await world.types(id)).toEqual([]);
  });

  it('that breaks off after its last decision is gone on with, and what a driver does meanwhile stays true', async () => {
    const { id, money } = await interrupted({ account: 'acme' });
    const events = withMembers(world.events, { delete: () => Promise.reject(new Error('gone')) });
    await expect(world.pipeline({}, { events }).delete(id, { force: true })).rejects.toThrow('gone');
    const between = await world.pipeline().get(id);
    expect(between.money).toEqual({ charged: money.charged + money.held, held: 0, unknown: 0, superseded: 0 });
    await world.pipeline().delete(id);
    expect(await world.types(id)).toEqual([]);
    expect(await world.events.pool('account/acme')).toMatchObject({ held: 0, charged: money.charged + money.held });
  });
});

describe('a sweep', () => {
  const all: SweepOptions = { olderThanMs: 0 };

  /** Lets a moment pass, so that what was stored before is older than now. */
  async function sweep(pipeline: Pipeline, options = all): ReturnType<Pipeline['sweep']> {
    await world.clock.advance(1);
    return pipeline.sweep(options);
  }

  it('leaves all that a project names, and takes what no project names any more', async () => {
    const pipeline = world.pipeline();
    const [first, second] = [await film(pipeline), await film(pipeline, { seed: 2 })];
    const before = await bytesStored();
    expect(await sweep(pipeline)).toEqual({ assets: 0, bytes: 0, left: 0, stored: before });
    await pipeline.delete(first.id);
    const swept = await sweep(pipeline);
    expect(swept).toMatchObject({ assets: 4, left: 0, stored: before - swept.bytes });
    expect(await missing(second)).toEqual([]);
    expect(await missing(first)).toHaveLength(4);
    expect(await sweep(pipeline)).toMatchObject({ assets: 0, bytes: 0 });
    await pipeline.delete(second.id);
    expect(await sweep(pipeline)).toMatchObject({ assets: 4, stored: 0 });
  });

  it('leaves what forks share as long as one of them lives', async () => {
    const pipeline = world.pipeline();
    const parent = await film(pipeline);
    const { id } = await pipeline.fork(parent.id);
    const before = await bytesStored();
    expect(await pipeline.usage()).toMatchObject({ stored: before, shared: before, unreferenced: 0 });
    await pipeline.delete(parent.id);
    expect(await sweep(pipeline)).toMatchObject({ assets: 0, stored: before });
    const fork = await world.clock.run(pipeline.run(id));
    expect(fork).toMatchObject({ status: 'completed', project: { money: { charged: 0 } } });
    await pipeline.delete(id);
    expect(await sweep(pipeline)).toMatchObject({ stored: 0 });
  });

  it('leaves what is younger than a day, unless it is told otherwise', async () => {
    const pipeline = world.pipeline();
    const { id } = await film(pipeline);
    await pipeline.delete(id);
    const before = await bytesStored();
    await world.clock.advance(DAY - 120_000);
    expect(await pipeline.sweep()).toEqual({ assets: 0, bytes: 0, left: before, stored: before });
    await world.clock.advance(120_001);
    expect(await pipeline.sweep()).toEqual({ assets: 4, bytes: before, left: 0, stored: 0 });
  });

  it('leaves what was stored since the oldest run or call began, however long ago that is', async () => {
    const pipeline = world.pipeline();
    const old = await film(pipeline, { seed: 2 });
    await world.clock.advance(60_000);
    const { id } = await interrupted();
    const young = await film(pipeline, { seed: 3 });
    for (const each of [old, young]) await pipeline.delete(each.id);
    await world.clock.advance(3 * DAY);
    expect(await pipeline.sweep({ olderThanMs: 1 })).toMatchObject({ assets: 4 });
    expect([await missing(old), await missing(young)].map(({ length }) => length)).toEqual([4, 0]);
    await world.clock.advance(5 * DAY);
    expect(await pipeline.sweep({ olderThanMs: 1 })).toMatchObject({ assets: 4, left: 0 });
    expect((await world.clock.run(world.pipeline().run(id))).status).toBe('completed');
  });

  it('takes the oldest first, and no more than it takes to be small enough', async () => {
    const pipeline = world.pipeline();
    const [first, second] = [await film(pipeline), await film(pipeline, { seed: 2 })];
    for (const each of [first, second]) await pipeline.delete(each.id);
    const before = await bytesStored();
    expect(await sweep(pipeline, { ...all, maxBytes: before })).toMatchObject({ assets: 0, left: before });
    const maxBytes = Math.ceil(before / 2);
    expect((await sweep(pipeline, { ...all, maxBytes })).stored).toBeLessThanOrEqual(maxBytes);
    expect((await missing(first)).length).toBeGreaterThanOrEqual((await missing(second)).length);
    expect((await missing(second)).length).toBeLessThan(4);
  });

  it.each([[{ olderThanMs: -1 }], [{ olderThanMs: NaN }], [{ maxBytes: '9' }], [{ olderThan: 9 }]])(
    'with %j is refused, and nothing is deleted',
    async (options) => {
      const pipeline = world.pipeline();
      await expect(pipeline.sweep(options as SweepOptions)).rejects.toMatchObject({ code: 'invalid-settings' });
    },
  );
});

describe('a fork that was read before its parent is deleted and swept', () => {
  /** A store that can not renew: the core puts what it reads. */
  const ways: Record<string, () => AssetStore> = {
    renewed: () => world.assets,
    'put again': () => withMembers(world.assets, { renew: undefined }),
  };

  /** Deletes the parent and begins a sweep once a fork is about to be appended; it is appended before or after the sweep deletes. */
  async function raced(assets: AssetStore, appended: 'before the deletions' | 'after them'): Promise<Project> {
    const parent = await film(world.pipeline());
    await world.clock.advance(DAY);
    let [letSweep, letAppend] = [(): void => undefined, (): void => undefined];
    const reached = new Promise<void>((resolve) => (letSweep = resolve));
    const gone = new Promise<void>((resolve) => (letAppend = resolve));
    const events = withMembers(world.events, {
      append: async (batch) => {
        letSweep();
        await gone;
        return world.events.append(batch);
      },
    });
    const forking = world.pipeline({}, { assets, events }).fork(parent.id);
    await reached;
    await world.pipeline().delete(parent.id);
    const deleting = withMembers(world.assets, {
      delete: async (...args) => {
        letAppend();
        await forking;
        return world.assets.delete(...args);
      },
    });
    // With an asset that nobody names there is something to delete in any case.
    await world.pipeline().create(settingsFor(1, { prompt: 'other' }));
    const sweeping = appended === 'after them' ? world.assets : deleting;
    await world.pipeline({}, { assets: sweeping }).sweep({ olderThanMs: 1 });
    letAppend();
    return forking;
  }

  it.each(Object.keys(ways).flatMap((way) => [[way, 'before the deletions'] as const, [way, 'after them'] as const]))(
    'has all bytes: %s, appended %s',
    async (way, appended) => {
      const { id } = await raced(ways[way]?.() ?? world.assets, appended);
      const { status, project } = await world.clock.run(world.pipeline().run(id));
      expect(status).toBe('completed');
      expect(project.money.charged).toBe(0);
      expect(await missing(project)).toEqual([]);
    },
  );

  it('hears of a call of the parent, and has the bytes that it brought', async () => {
    const parent = await interrupted();
    const { id } = await world.pipeline().fork(parent.id);
    expect(await world.clock.run(world.pipeline().run(id))).toMatchObject({ waiting: { reason: 'parent' } });
    await world.clock.run(world.pipeline().run(parent.id));
    await world.clock.advance(DAY);
    const events = withMembers(world.events, {
      append: async (batch) => {
        if (batch.events.some(({ type }) => type === 'parent.reported')) {
          await world.pipeline().delete(parent.id);
          await world.pipeline().sweep({ olderThanMs: 1 });
        }
        return world.events.append(batch);
      },
    });
    const { status, project } = await world.clock.run(world.pipeline({}, { events }).run(id));
    expect({ status, charged: project.money.charged }).toEqual({ status: 'completed', charged: 0 });
    expect(await missing(project)).toEqual([]);
  });
});

describe('usage', () => {
  it('tells bytes by project and account, shared ones once, and what nothing names', async () => {
    const pipeline = world.pipeline();
    const first = await film(pipeline, { account: 'acme' });
    const second = await pipeline.fork(first.id);
    const third = await film(pipeline, { seed: 2 });
    const gone = await film(pipeline, { seed: 3 });
    const before = await bytesStored();
    await pipeline.delete(gone.id);
    const usage = await pipeline.usage();
    const of = (id: string): object | undefined => usage.projects.find(({ projectId }) => projectId === id);
    const [shared, own, left] = [usage.accounts['acme'] ?? 0, before, usage.unreferenced];
    expect(of(first.id)).toEqual({ projectId: first.id, account: 'acme', bytes: shared, own: 0 });
    expect(of(second.id)).toEqual({ projectId: second.id, account: 'acme', bytes: shared, own: 0 });
    expect(of(third.id)).toMatchObject({ account: null, bytes: own - shared - left, own: own - shared - left });
    expect(usage).toMatchObject({ stored: before, shared, free: { assets: null, events: null } });
    expect([shared, left].every((bytes) => bytes > 0)).toBe(true);
    await pipeline.delete(first.id);
    expect((await pipeline.usage()).projects.find(({ projectId }) => projectId === second.id)?.own).toBe(shared);
  });

  it('tells what lies in the work folder, and a sweep takes what the dead have left there', async () => {
    const workDir = mkdtempSync(join(tmpdir(), 'vidpipe-work-'));
    const folder = (owner: string): string => join(workDir, owner.replaceAll('/', '~'));
    const [machine = '', pid = '', started = ''] = thisOwner().split('/');
    const owners = {
      dead: [machine, '999999999', '1', 'x'],
      alive: [machine, pid, started, 'x'],
      elsewhere: ['other-boot', '999999999', '1', 'x'],
      theirs: ['my-own-folder'],
    };
    for (const owner of Object.values(owners)) {
      mkdirSync(folder(owner.join('/')));
      writeFileSync(join(folder(owner.join('/')), 'body'), Buffer.alloc(100));
    }
    const pipeline = world.pipeline({}, { workDir });
    expect((await pipeline.usage()).temp).toBe(300);
    await pipeline.sweep();
    expect(existsSync(folder(owners.dead.join('/')))).toBe(false);
    expect(readdirSync(workDir)).toHaveLength(3);
    expect((await pipeline.usage()).temp).toBe(200);
    rmSync(workDir, { recursive: true });
  });
});

describe('room', () => {
  const bought = async (id: string): Promise<number> =>
    (await world.types(id)).filter((type) => type === 'call.intended').length;

  it('that is lacking is waited for before anything is bought, and nothing is bought twice', async () => {
    let free = 1000;
    const assets = withMembers(world.assets, { free: () => Promise.resolve(free) });
    const pipeline = world.pipeline({}, { assets, minFreeBytes: 1001 });
    const { id } = await pipeline.create(settingsFor(1));
    const result = await world.clock.run(pipeline.run(id));
    expect(result).toMatchObject({
      status: 'waiting',
      waiting: { reason: 'storage', message: expect.stringMatching(/^1000 bytes .* asset store, 1001 /) as string },
    });
    expect(await bought(id)).toBe(0);
    free = 1001;
    pipeline.on('call.intended', ({ body }) => void (body.kind === 'image' && (free = 0)));
    expect(await world.clock.run(pipeline.run(id))).toMatchObject({ waiting: { reason: 'storage' } });
    free = 1e9;
    expect((await world.clock.run(world.pipeline({}, { assets }).run(id))).status).toBe('completed');
    expect(await bought(id)).toBe(3);
  });

  it.each<[string, () => Partial<PipelineOptions>]>([
    ['event store', () => ({ events: withMembers(world.events, { free: () => Promise.resolve(5) }) })],
    ['work folder', () => ({ minFreeBytes: Number.MAX_SAFE_INTEGER })],
  ])('for the %s counts as well', async (place, options) => {
    const pipeline = world.pipeline({}, options());
    const { id } = await pipeline.create(settingsFor(1));
    const message = expect.stringContaining(place) as string;
    expect(await world.clock.run(pipeline.run(id))).toMatchObject({ waiting: { reason: 'storage', message } });
  });

  it.skipIf(tiny === null).each<[string, (disk: string) => Partial<PipelineOptions>]>([
    ['asset store', (disk) => ({ assets: filesystem(join(disk, 'not', 'made', 'yet')) })],
    ['work folder', (disk) => ({ workDir: join(disk, 'work') })],
    ['event store', (disk) => ({ events: sqlite(join(disk, 'vidpipe.db'), { now: () => world.clock.now() }) })],
  ])('on a real disk of 64 MB is too little for the %s', async (name, place) => {
    const disk = tiny?.('64m') ?? '';
    const pipeline = world.pipeline({}, place(disk));
    const { id } = await pipeline.create(settingsFor(1));
    const message = expect.stringMatching(new RegExp(`bytes are free for the ${name}, 268435456`)) as string;
    expect(await world.clock.run(pipeline.run(id))).toMatchObject({ waiting: { reason: 'storage', message } });
    expect((await pipeline.ledger(id)).entries).toEqual([]);
    remount(disk, '512m');
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
  });

  it('by a quota of the store: what is deleted and swept is room again', async () => {
    const plain = world.pipeline();
    const { id: old } = await film(plain, { seed: 2 });
    const total = await bytesStored();
    const pipeline = world.pipeline({}, { quota: { total } });
    const { id } = await pipeline.create(settingsFor(1));
    const result = await world.clock.run(pipeline.run(id));
    expect(result).toMatchObject({
      waiting: { reason: 'storage', message: expect.stringContaining('quota') as string },
    });
    expect(await bought(id)).toBe(0);
    await plain.delete(old);
    await world.clock.advance(1);
    await plain.sweep({ olderThanMs: 0 });
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
  });

  it('by a quota of the store, of what is bought meanwhile', async () => {
    const pipeline = world.pipeline({}, { quota: { total: 100 } });
    const { id } = await pipeline.create(settingsFor(1));
    expect(await world.clock.run(pipeline.run(id))).toMatchObject({ waiting: { reason: 'storage' } });
    expect(await bought(id)).toBeLessThan(3);
  });

  it('by a quota of one account, which others do not feel', async () => {
    const quota = { accounts: { acme: 1 } };
    const pipeline = world.pipeline({}, { quota });
    expect((await film(pipeline, { account: 'other' })).status).toBe('completed');
    const { id } = await pipeline.create(settingsFor(1, { account: 'acme', seed: 5 }));
    expect(await world.clock.run(pipeline.run(id))).toMatchObject({ waiting: { reason: 'storage' } });
    expect((await world.clock.run(world.pipeline().run(id))).status).toBe('completed');
  });

  it.each<[Partial<PipelineOptions>, string]>([
    [{ minFreeBytes: -1 }, 'minFreeBytes: expected'],
    [{ quota: { total: 1.5 } }, 'quota.total: expected'],
    [{ quota: { accounts: { acme: NaN } } }, 'quota.accounts.acme: expected'],
    [{ quota: { bytes: 5 } as never }, 'quota.bytes: there is no such option'],
  ])('that can not be %j is refused', (options, issue) => {
    expect(() => world.pipeline({}, options)).toThrow(issue);
  });
});

describe('an archived project', () => {
  let dir = '';
  beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'vidpipe-archived-'))));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('is gone here, its bytes are swept, and it can be brought back without buying', async () => {
    const pipeline = world.pipeline();
    const project = await film(pipeline);
    const path = join(dir, 'film');
    const manifest = await pipeline.archive(project.id, path);
    expect(manifest).toMatchObject({ projectId: project.id, seq: project.seq, missing: [] });
    await expect(pipeline.get(project.id)).rejects.toMatchObject({ code: 'project-not-found' });
    await world.clock.advance(1);
    expect(await pipeline.sweep({ olderThanMs: 0 })).toMatchObject({ stored: 0 });
    expect(await pipeline.archive(project.id, path)).toEqual(manifest);
    const { id } = await world.clock.run(pipeline.import(path));
    expect(await world.clock.run(pipeline.run(id))).toMatchObject({
      status: 'completed',
      project: { money: { charged: 0 } },
    });
  });

  it('that broke off before the deletion is gone on with', async () => {
    const project = await film(world.pipeline());
    const events = withMembers(world.events, { delete: () => Promise.reject(new Error('gone')) });
    const path = join(dir, 'film');
    await expect(world.pipeline({}, { events }).archive(project.id, path)).rejects.toThrow('gone');
    expect((await world.pipeline().get(project.id)).status).toBe('completed');
    await world.pipeline().archive(project.id, path);
    expect(await world.types(project.id)).toEqual([]);
  });

  it('stays where something else is at the place, where calls are open, and where it has changed meanwhile', async () => {
    const { id } = await film(world.pipeline());
    mkdirSync(join(dir, 'taken'));
    await expect(world.pipeline().archive(id, join(dir, 'taken'))).rejects.toMatchObject({ code: 'invalid-archive' });
    const open = await interrupted({ seed: 2 });
    await expect(world.pipeline().archive(open.id, join(dir, 'open'))).rejects.toMatchObject({ code: 'open-calls' });
    const get: AssetStore['get'] = async (...args) => {
      await world.pipeline().expand(id, 1);
      return world.assets.get(...args);
    };
    const changing = world.pipeline({}, { assets: withMembers(world.assets, { get }) });
    await expect(changing.archive(id, join(dir, 'film'))).rejects.toMatchObject({ code: 'seq-conflict' });
    expect((await world.pipeline().list()).items).toHaveLength(2);
    await expect(world.pipeline().archive('never', join(dir, 'n'))).rejects.toMatchObject({
      code: 'project-not-found',
    });
  });
});
