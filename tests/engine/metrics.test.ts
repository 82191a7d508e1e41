import { afterEach, describe, expect, it } from 'vitest';
import { type Plan, type ProjectSettings, usd } from 'vidpipe';
import { TestWorld, withMembers } from '../support/runs.ts';
import { clip, settingsFor, withEntry } from '../support/world.ts';

let world = new TestWorld();
afterEach(async () => {
  await world.close();
  world = new TestWorld();
});

describe('metrics', () => {
  it('count projects, money by model and day, seconds and outcomes', async () => {
    const pipeline = world.pipeline();
    await world.film(pipeline, 2, { style: 'ink "and" wash', account: 'ada' });
    await world.film(pipeline, 1, { ratio: '9:16' });
    await pipeline.create(settingsFor(3));
    const metrics = await pipeline.metrics();
    const [still, clip] = [3 * 0.02 + 2 * 0.02, 3 * 4 * 0.05];
    expect(metrics).toMatchObject({
      projects: 3,
      byStatus: { completed: 2, pending: 1 },
      byStyle: { 'ink "and" wash': 1, cinematic: 2 },
      byRatio: { '16:9': 2, '9:16': 1 },
      byScenes: { 1: 1, 2: 1, 3: 1 },
      byClipSeconds: { 4: 6 },
      charged: usd((still + clip).toFixed(2)),
      unknown: 0,
      filmSeconds: 12,
      clipSeconds: 12,
      successRate: 1,
      blockRate: 0,
    });
    const [video, image] = metrics.days.filter(({ charged }) => charged > 0);
    expect(image).toMatchObject({ calls: { succeeded: 5 }, charged: usd('0.1'), day: '2026-01-01' });
    expect(video).toMatchObject({ calls: { succeeded: 3 }, charged: usd('0.6'), seconds: 12 });
    expect((await pipeline.metrics({ account: 'ada' })).projects).toBe(1);
  });

  it('are the same from a store without tally, which is read log by log', async () => {
    const pipeline = world.pipeline();
    await world.film(pipeline, 2, { account: 'ada' });
    const plain = world.pipeline({}, { events: withMembers(world.events, { tally: undefined }) });
    expect(await plain.metrics()).toEqual(await pipeline.metrics());
    expect((await plain.metrics({ account: 'bob' })).projects).toBe(0);
  });

  it('know what was collected after the run', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    const { done } = await pipeline.start(id);
    await world.clock.advance(30_000);
    await Promise.all([world.clock.run(pipeline.stop(id)), world.clock.run(done)]);
    await world.clock.advance(600_000);
    await world.clock.run(pipeline.collect());
    const { charged } = (await pipeline.get(id)).money;
    expect(charged).toBe(usd('0.24'));
    expect((await pipeline.metrics()).charged).toBe(charged);
    expect((await pipeline.list()).items[0]?.charged).toBe(charged);
  });
});

describe('time', () => {
  const planFor = (
    pipeline: ReturnType<TestWorld['pipeline']>,
    count: number,
    more: Partial<ProjectSettings> = {},
  ): Promise<Plan> => pipeline.plan(settingsFor(count, more));

  it('is unknown before a model was seen, and then that of the critical path', async () => {
    const pipeline = world.pipeline();
    expect((await planFor(pipeline, 1)).eta).toBeNull();
    await world.film(pipeline, 2);
    const later = world.pipeline();
    const { eta } = await planFor(later, 4);
    const { durations } = await later.metrics();
    const [still, clip] = ['mock:still', 'mock:clip'].map((id) => durations[id as never]?.p50 ?? NaN);
    // The stills are drawn from one another, the last clip waits for all of them.
    expect(eta?.p50).toBeCloseTo(5 * still! + clip!, 5);
    expect(eta?.p90).toBeGreaterThanOrEqual(eta?.p50 ?? NaN);
  });

  it('is within the width of a bucket of what runs take', async () => {
    await world.film(world.pipeline(), 2);
    const pipeline = world.pipeline();
    const { eta } = await planFor(pipeline, 6);
    const began = world.clock.now();
    await world.film(pipeline, 6);
    const took = (world.clock.now() - began) / 1000;
    expect(Math.abs((eta?.p50 ?? NaN) / took - 1)).toBeLessThan(0.15);
  });

  it('counts down while a run goes on', async () => {
    await world.film(world.pipeline(), 1);
    const video = clip({ clock: world.clock });
    const pipeline = world.pipeline({
      video: withEntry(video, { times: { ...video.entry('clip').times, typicalMs: 20_000 } }),
    });
    const seen: (number | null)[] = [];
    pipeline.on('progress', ({ etaSeconds }) => seen.push(etaSeconds));
    await world.film(pipeline, 3);
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).not.toContain(null);
    expect(seen.at(-1)).toBeLessThan(seen[0] ?? 0);
  });

  it('no slower model than its slots allow', async () => {
    const times = { clipsAtOnce: 1 };
    await world.film(world.pipeline({}, {}, times), 1);
    const pipeline = world.pipeline({}, {}, times);
    const { durations } = await pipeline.metrics();
    const clip = durations['mock:clip' as never]?.p50 ?? NaN;
    expect((await planFor(pipeline, 20)).eta?.p50).toBeCloseTo(20 * clip, 5);
  });
});
