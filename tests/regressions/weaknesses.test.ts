import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProjectSettings, usd } from 'vidpipe';
import { defineProvider, type TextRequest } from 'vidpipe/provider';
import { mockVideoModel } from 'vidpipe/testing';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { asked, type ClipRequest } from '../support/filters.ts';
import { stopAtFirstClip, TestWorld } from '../support/runs.ts';
import { clip, settingsFor, still, videoOf, worldPipeline, providerOf } from '../support/world.ts';
import { writer } from '../support/writers.ts';

/** Weaknesses of an earlier system that no other file here is about, each named after what it did. */

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

describe('spending', () => {
  it('has limits of scenes, calls and money, before anything is bought (there were none)', async () => {
    const pipeline = world.pipeline();
    const long = { prompt: 'p', duration: 3600, clipDuration: 4 };
    await expect(pipeline.create(long)).rejects.toMatchObject({ code: 'invalid-settings' });
    expect((await world.film(pipeline, 2, { maxCalls: 3 })).status).toBe('failed');
    const { status, project } = await world.film(pipeline, 2, { budget: usd('0.25') });
    expect(status).toBe('waiting');
    expect(project.money).toMatchObject({ charged: 0, held: 0 });
    const partly = await world.clock.run(pipeline.run(project.id, { partial: true }));
    expect(partly.status).toBe('waiting');
    expect(partly.project.money.charged).toBeGreaterThan(0);
    expect(partly.project.money.charged).toBeLessThanOrEqual(usd('0.25'));
  });

  it('of a fork or a change is told before it is made (it was not, and estimates left out what is inherited)', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 3);
    const changes = { edit: { [project.scenes[1]?.id ?? '']: { motionPrompt: 'she runs' } } };
    const plan = await pipeline.plan(project.id, changes);
    expect([plan.calls, plan.cost?.expected]).toEqual([1, usd('0.2')]);
    const fork = await pipeline.fork(project.id, changes);
    expect((await world.clock.run(pipeline.run(fork.id))).project.money.charged).toBe(plan.cost?.expected);
  });
});

describe('a model', () => {
  it('is sent no last frame where it takes none, and the scenes join all the same (it was sent to each)', async () => {
    const inner = videoOf(clip({ clock: world.clock }));
    const video = mockVideoModel({
      lastFrame: false,
      start: (request, call) => inner.start(request, call),
      check: (handle, call) => inner.check(handle, call),
    });
    const pipeline = world.pipeline({ video });
    const { project } = await world.film(pipeline, 3);
    expect(project.status).toBe('completed');
    const sent = asked<ClipRequest>(video);
    expect(sent.map(({ endFrame }) => endFrame)).toEqual([undefined, undefined, undefined]);
    expect(sent.map(({ startFrame }) => startFrame?.digest)).toEqual(project.scenes.map(({ start }) => start?.digest));
  });

  it('of the wrong abilities is refused with what it can (there was a table of lengths alone)', async () => {
    const silent = mockVideoModel({ audio: false, resolutions: ['720p'], ratios: ['16:9'] });
    const pipeline = world.pipeline({ video: silent });
    const wishes: readonly Partial<ProjectSettings>[] = [{ audio: true }, { resolution: '4k' }, { ratio: '9:16' }];
    for (const wish of wishes)
      await expect(pipeline.create(settingsFor(1, wish))).rejects.toMatchObject({ code: 'invalid-settings' });
  });
});

it('scenes that are added are written with the bible and the look of the film (they were written without)', async () => {
  const text = writer();
  const pipeline = world.pipeline({ text });
  const { project } = await world.film(pipeline, 2);
  await pipeline.expand(project.id, 1);
  expect((await world.clock.run(pipeline.run(project.id))).status).toBe('completed');
  const [{ system, prompt } = { system: '', prompt: '' }] = asked<TextRequest>(text);
  for (const word of ['Ada', 'tall', 'ink', 'Scene 2']) expect(`${system}${prompt}`).toContain(word);
});

describe('the library', () => {
  it('opens, reads and sends nothing by being set up, twice in one process (settings were global, read at import)', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'vidpipe-set-up-'));
    try {
      const at = (name: string) => ({
        events: sqlite(join(dir, name, 'v.db')),
        assets: filesystem(join(dir, name, 'assets')),
        workDir: join(dir, name, 'work'),
      });
      const provider = providerOf({ clock: world.clock });
      const [one, two] = ['a', 'b'].map((name) => worldPipeline(world.clock, provider, at(name)));
      rmSync(join(dir, 'a'), { recursive: true, force: true });
      expect([one, two].every(Boolean)).toBe(true);
      const { id } = await two!.create(settingsFor(1));
      expect((await world.clock.run(two!.run(id))).status).toBe('completed');
      expect((await one!.list()).items).toEqual([]);
      await Promise.all([world.clock.run(one!.close()), world.clock.run(two!.close())]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('tells of each step, call and share of the work as it goes on (a line of text was all there was)', async () => {
    const { project } = await world.film(world.pipeline(), 2);
    const told = new Set<string>(world.emitted.map(({ type }) => type));
    for (const type of ['run.started', 'call.intended', 'call.submitted', 'call.settled', 'run.ended'])
      expect(told).toContain(type);
    expect(project.progress).toBe(1);
  });

  it('says what became of a project again after it was resumed (nobody looked any more)', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    stopAtFirstClip(pipeline, id);
    expect((await world.clock.run(pipeline.run(id))).status).toBe('stopped');
    const { seq } = await pipeline.get(id);
    const types: string[] = [];
    const next = world.pipeline();
    const { done } = await next.start(id);
    const watching = (async () => {
      for await (const { type } of next.watch(id, { after: seq })) types.push(type);
    })();
    await world.clock.run(Promise.all([done, watching]));
    expect(types.at(-1)).toBe('run.ended');
  });
});

it('bytes that no frame or clip is made of are not kept for ever, and nothing else is taken (there was no clean-up)', async () => {
  const pipeline = world.pipeline();
  const { project } = await world.film(pipeline, 1);
  const other = await world.film(pipeline, 1, { seed: 2 });
  await world.clock.run(pipeline.delete(other.project.id));
  await world.clock.advance(2 * 86_400_000);
  await world.clock.run(pipeline.sweep());
  const left = new Set((await Array.fromAsync(world.assets.list())).map(({ digest }) => digest));
  const mine = [project.scenes[0]?.start, project.scenes[0]?.end, project.scenes[0]?.clip, project.filmAsset];
  expect(mine.every((asset) => asset && left.has(asset.digest))).toBe(true);
  expect(other.project.scenes.some((scene) => scene.clip && left.has(scene.clip.digest))).toBe(false);
});

it('a provider has no say in what another one makes (one list of models was everywhere)', async () => {
  const options = { clock: world.clock };
  const own = (id: string) =>
    defineProvider({
      id,
      text: { writer: writer() },
      image: { still: still(options) },
      video: { clip: clip(options) },
    });
  const pipeline = world.pipeline({}, { providers: [own('one'), own('two')] });
  const { project } = await world.film(pipeline, 1, { models: { video: 'two:clip' } });
  const models = (await pipeline.ledger(project.id)).entries.map(({ model }) => model);
  expect(models).toEqual(['one:still', 'one:still', 'two:clip']);
});
