import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProjectEvent, usd } from 'vidpipe';
import { perImage, ProviderError, type Reply } from 'vidpipe/provider';
import { mockImageModel, paper } from 'vidpipe/testing';
import { asked, block, filteredStills, type ImageRequest } from '../support/filters.ts';
import { TestWorld } from '../support/runs.ts';
import { settingsFor, still, storyboardOf } from '../support/world.ts';

/** Faults of an earlier system in drawing frames, each named after what it did. */

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

type Body<T extends ProjectEvent['type']> = Extract<ProjectEvent, { readonly type: T }>['body'];
const bodies = <T extends ProjectEvent['type']>(type: T): Body<T>[] =>
  world.emitted.flatMap((event) => (event.type === type ? [event.body as Body<T>] : []));

/** Stills of which the first `count` answers are `reply`. */
function first(count: number, reply: Reply): ReturnType<typeof filteredStills> {
  let left = count;
  return filteredStills(world.clock, () => (left-- > 0 ? reply : null));
}

describe('a frame', () => {
  it('is asked for in the ratio and size of the film (the ratio was never sent)', async () => {
    const image = still({ clock: world.clock });
    const { project } = await world.film(world.pipeline({ image }), 2, { ratio: '9:16' });
    const requests = asked<ImageRequest>(image).map(({ width, height }) => `${width}x${height}`);
    expect(requests).toEqual(Array(3).fill('720x1280'));
    expect(project.scenes[1]?.end).toMatchObject({ width: 720, height: 1280 });
  });

  it('of another size and type than was asked for is made fit (it was taken for a PNG of the right size)', async () => {
    const square = paper({ kind: 'image', width: 1024, height: 1024 });
    const image = mockImageModel({
      generate: () =>
        Promise.resolve({ state: 'succeeded', outputs: [{ bytes: square, mediaType: 'text/html' }], usage: {} }),
    });
    const { project } = await world.film(world.pipeline({ image }), 1);
    expect(project.status).toBe('completed');
    expect(project.scenes[0]?.end).toMatchObject({ width: 1280, height: 720, mediaType: 'image/png' });
  });

  it('that comes back empty is asked for again (the whole project failed)', async () => {
    const image = first(1, { state: 'succeeded', outputs: [], usage: { images: 0 } });
    expect((await world.film(world.pipeline({ image }), 1)).status).toBe('completed');
    expect(image.calls).toHaveLength(3);
  });

  it('that a filter refuses gets a remedy (only clips did)', async () => {
    const image = first(1, block('output'));
    expect((await world.film(world.pipeline({ image }), 1)).status).toBe('completed');
    expect(bodies('remedy.applied').map(({ remedy }) => remedy.kind)).toEqual(['seed']);
  });

  it('that is waited for lets go at a stop (waits of minutes went on)', async () => {
    const busy = new ProviderError({
      kind: 'rate-limited',
      accepted: 'no',
      message: '429',
      retryAfterMs: 60_000,
    });
    const image = mockImageModel({ price: perImage(usd('0.02')), generate: () => Promise.reject(busy) });
    const pipeline = world.pipeline({ image });
    const { id } = await pipeline.create(settingsFor(1));
    const began = world.clock.now();
    pipeline.on('call.rejected', () => void pipeline.stop(id));
    const result = await world.clock.run(pipeline.run(id));
    expect(result.status).toBe('stopped');
    expect(world.clock.now() - began).toBeLessThan(10_000);
    expect(image.calls).toHaveLength(1);
  });

  it('is drawn as soon as it can be (a sleep of three seconds followed each scene)', async () => {
    const pipeline = world.pipeline({}, {}, { stillMs: 8_000, clipMs: 0 });
    const { id } = await pipeline.create({ ...settingsFor(4), storyboard: storyboardOf(4, 2) });
    const began = world.clock.now();
    await world.clock.run(pipeline.run(id));
    // Two chains side by side, each of three stills.
    expect(world.clock.now() - began).toBeLessThan(3 * 8_000 + 3_000);
  });

  it('says of a seed that its model does not follow it (the seed was dropped in silence)', async () => {
    const pipeline = world.pipeline();
    const { warnings } = await pipeline.create(settingsFor(1));
    expect(warnings.map(({ code }) => code)).toContain('unsupported');
  });

  it('has in the log what was sent for it, with model and seed (only words of the scene were recorded)', async () => {
    const image = still({ clock: world.clock });
    await world.film(world.pipeline({ image }), 2);
    const sent = asked<ImageRequest>(image).map(({ prompt, seed }) => ({ prompt, seed }));
    const logged = bodies('call.intended').filter(({ kind }) => kind === 'image');
    expect(logged.map(({ request }) => request)).toMatchObject(sent);
    expect(logged.every(({ model }) => model === 'mock:still')).toBe(true);
  });

  it('has the look of the film and whom it casts in its words, also far down a chain (only the first one had)', async () => {
    const image = still({ clock: world.clock });
    await world.film(world.pipeline({ image }), 5);
    expect(asked<ImageRequest>(image).every(({ prompt }) => /ink/.test(prompt) && /Ada/.test(prompt))).toBe(true);
  });
});
