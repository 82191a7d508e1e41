import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspect } from 'node:util';
import { rememberSecret } from 'vidpipe/provider';
import { mockImageModel, mockVideoModel, quietScript } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { simulated } from '../support/simulation.ts';
import { clip, settingsFor, videoOf } from '../support/world.ts';

describe('what a careless service says of itself is told without its secrets:', () => {
  it.each(['text', 'image', 'video'] as const)('%s', async (making) => {
    for (const fault of ['failed', 'failed-charged', 'blocked', 'blocked-output', 'charge-unknown'] as const) {
      const script = quietScript({ scenes: 1, modelFaults: [{ making, nth: 1, fault }], links: true });
      const { violations, happened, log } = await simulated(script);
      expect([violations, [...happened.keys()]]).toEqual([[], expect.arrayContaining([`${making} ${fault}`])]);
      expect(log).toMatch(/as planned|a filter of the world/);
    }
  });
});

describe('a provider of your own that puts its key into its errors', () => {
  const KEY = 'own-key-5b1f0c77e2';
  let world: TestWorld;
  beforeEach(() => {
    rememberSecret(KEY);
    world = new TestWorld();
  });
  afterEach(() => world.close());
  const careless = (): Error => new Error(`no: ${KEY}`, { cause: new Error(`GET /?key=${KEY}`) });
  const rejects = (): Promise<never> => Promise.reject(careless());

  it.each(['start', 'check', 'cancel', 'lookUp'] as const)('in %s gives it away to nobody', async (member) => {
    const inner = videoOf(clip({ clock: world.clock }));
    const video = mockVideoModel({
      start: (...asked) => (member === 'start' || member === 'lookUp' ? rejects() : inner.start(...asked)),
      check: (...asked) => (member === 'check' ? rejects() : inner.check(...asked)),
      ...(member === 'cancel' ? { cancel: rejects } : {}),
      ...(member === 'lookUp' ? { lookUp: rejects } : {}),
    });
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(1));
    const result = await world.clock.run(pipeline.run(id, { deadlineMs: member === 'cancel' ? 30_000 : 200_000 }));
    await world.clock.run(pipeline.stop(id));
    const told = inspect([result, await pipeline.get(id), world.emitted, world.logged], { depth: 20 });
    expect(told).not.toContain(KEY);
    expect(world.logged.join('') + told).toContain('no: …');
  });

  it('by a throw that is no promise gives it away to nobody', async () => {
    const image = mockImageModel({
      generate: () => {
        throw careless();
      },
    });
    const result = await world.film(world.pipeline({ image }), 1, { onUnknown: { image: 'fail' } });
    expect(inspect([result, world.emitted, world.logged], { depth: 20 })).not.toContain(KEY);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'unknown-outcome' } });
  });
});
