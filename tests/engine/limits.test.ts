import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelLoad, Pipeline } from 'vidpipe';
import { limited, ListWorld, outage } from '../support/model-lists.ts';
import { clip, settingsFor, still, storyboardOf, withEntry } from '../support/world.ts';

let world: ListWorld;
beforeEach(() => void (world = new ListWorld()));
afterEach(() => world.close());

async function loadOf(pipeline: Pipeline, model: string): Promise<ModelLoad> {
  const found = (await pipeline.limits()).models.find((each) => each.model === model);
  if (found === undefined) throw new Error(`no ${model}`);
  return found;
}

const CLOSED = { state: 'closed', reason: null, retryAt: null };
const IDLE = { running: 0, queued: 0, usedThisMinute: 0, lastRateLimitedAt: null, breaker: CLOSED };

describe('limits', () => {
  it('tell of every model of the catalogue, also before anything runs', async () => {
    expect((await world.pipeline().limits()).models).toEqual([
      { model: 'mock:writer', limit: { concurrency: 4, perMinute: null }, ...IDLE },
      { model: 'mock:still', limit: { concurrency: 1000, perMinute: null }, ...IDLE },
      { model: 'mock:clip', limit: { concurrency: 1000, perMinute: null }, ...IDLE },
    ]);
  });

  it('count what runs, what waits, and what was begun within a minute', async () => {
    const image = withEntry(still({ clock: world.clock, stillMs: 10_000 }), {
      limits: { concurrency: 2, perMinute: 3 },
    });
    const pipeline = world.pipeline({ image, video: clip({ clock: world.clock, clipMs: 1_000 }) });
    const { id } = await pipeline.create(settingsFor(1, { storyboard: storyboardOf(5, 1) }));
    const { done } = await pipeline.start(id);
    await world.clock.advance(1_000);
    const limit = { concurrency: 2, perMinute: 3 };
    expect(await loadOf(pipeline, 'mock:still')).toMatchObject({ running: 2, queued: 3, usedThisMinute: 2, limit });
    await world.clock.advance(10_000);
    expect(await loadOf(pipeline, 'mock:still')).toMatchObject({ running: 1, usedThisMinute: 3 });
    await world.clock.advance(40_000);
    expect(await loadOf(pipeline, 'mock:still')).toMatchObject({ running: 0, usedThisMinute: 3 });
    expect((await world.clock.run(done)).status).toBe('completed');
    await world.clock.advance(60_000);
    expect(await loadOf(pipeline, 'mock:still')).toEqual({ model: 'mock:still', limit, ...IDLE });
  });

  it('tell when a model was last rate-limited, also where the call got over it', async () => {
    world.market.turnAway = (model, nth) => (model === 'm:v1' && nth === 1 ? limited(1_000) : null);
    const pipeline = world.open();
    const result = await world.film(pipeline, 1, { models: { video: 'm:v1' } });
    expect(result.status).toBe('completed');
    const { at } = world.market.asked.find(({ model }) => model === 'm:v1')!;
    const { lastRateLimitedAt, breaker } = await loadOf(pipeline, 'm:v1');
    expect(lastRateLimitedAt).toBe(new Date(at).toISOString());
    expect(breaker).toEqual(CLOSED);
  });

  it('tell how a breaker stands: closed, open, half-open, closed', async () => {
    world.market.turnAway = (model) => (model === 'm:v1' ? outage() : null);
    const pipeline = world.open();
    const { project } = await world.film(pipeline, 1, { models: { video: 'm:v1' } });
    const { breaker } = await loadOf(pipeline, 'm:v1');
    expect(breaker).toMatchObject({ state: 'open', reason: 'failing' });
    await world.clock.advance(Date.parse(breaker.retryAt ?? '') - world.clock.now() - 5);
    expect((await loadOf(pipeline, 'm:v1')).breaker.state).toBe('open');
    await world.clock.advance(5);
    expect((await loadOf(pipeline, 'm:v1')).breaker).toEqual({ state: 'half-open', reason: 'failing', retryAt: null });
    world.market.turnAway = () => null;
    expect((await world.clock.run(pipeline.run(project.id))).status).toBe('completed');
    expect((await loadOf(pipeline, 'm:v1')).breaker).toEqual(CLOSED);
  });
});

describe('a minute full of requests', () => {
  it('is shared in turn by the projects of a pipeline', async () => {
    const image = withEntry(still({ clock: world.clock, stillMs: 10 }), { limits: { concurrency: 8, perMinute: 4 } });
    const pipeline = world.pipeline({ image, video: clip({ clock: world.clock, clipMs: 10 }) });
    const [a, b] = [
      await pipeline.create(settingsFor(1, { storyboard: storyboardOf(12, 1) })),
      await pipeline.create(settingsFor(1, { storyboard: storyboardOf(12, 1) })),
    ];
    const runs = [(await pipeline.start(a.id)).done, (await pipeline.start(b.id)).done];
    await world.clock.advance(119_000);
    const drawn = world.emitted.filter(
      ({ type, body }) => type === 'call.intended' && 'kind' in body && body.kind === 'image',
    );
    expect(drawn).toHaveLength(8);
    const ofB = drawn.filter(({ projectId }) => projectId === b.id).length;
    expect(ofB).toBeGreaterThanOrEqual(2);
    expect(ofB).toBeLessThanOrEqual(4);
    for (const { id } of [a, b]) await world.clock.run(pipeline.stop(id));
    await world.clock.run(Promise.all(runs));
  });
});
