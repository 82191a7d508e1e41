import { afterEach, beforeEach, expect, it } from 'vitest';
import { catalogueCosts, type MediaTool, type PipelineOptions } from 'vidpipe';
import type { AssetStore, EventStore } from 'vidpipe/storage';
import { paperMedia } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { providerOf, settingsFor } from '../support/world.ts';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
let world: TestWorld;
beforeEach(() => {
  world = new TestWorld();
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await world.close();
  process.off('unhandledRejection', note);
});

const SYNCHRONOUS = ['quote', 'charge'];

/** A copy of `target` whose `member` throws at its `nth` call after `arm()`, once. */
function planted<T extends object>(
  target: T,
  member: keyof T & string,
  nth: number,
): { readonly subject: T; readonly arm: () => void } {
  let left = Infinity;
  const subject = new Proxy(target, {
    get(from, key) {
      const value = Reflect.get(from, key, from) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        if (key !== member || (left -= 1) !== 0) return value.apply(from, args) as unknown;
        const defect = new TypeError(`planted in ${member}`);
        if (SYNCHRONOUS.includes(member)) throw defect;
        return Promise.reject(defect);
      };
    },
  });
  return { subject, arm: () => void (left = nth) };
}

type Planter = (nth: number) => { readonly options: Partial<PipelineOptions>; readonly arm: () => void };

function inMedia(member: keyof MediaTool): Planter {
  return (nth) => {
    const { subject, arm } = planted(paperMedia(), member, nth);
    return { options: { media: subject }, arm };
  };
}

function inEvents(member: keyof EventStore): Planter {
  return (nth) => {
    const { subject, arm } = planted(world.events, member, nth);
    return { options: { events: subject }, arm };
  };
}

function inAssets(member: keyof AssetStore): Planter {
  return (nth) => {
    const { subject, arm } = planted(world.assets, member, nth);
    return { options: { assets: subject }, arm };
  };
}

const inCosts =
  (member: 'quote' | 'charge'): Planter =>
  (nth) => {
    const costs = catalogueCosts([providerOf({ clock: world.clock })]);
    const { subject, arm } = planted({ ...costs }, member, nth);
    return { options: { costs: subject }, arm };
  };

/** What a run awaits, and the call at which it breaks. */
const seams: readonly (readonly [string, number, Planter])[] = [
  ['the price of the first call', 1, inCosts('quote')],
  ['the price of a later call', 3, inCosts('quote')],
  ['the stitching of the film', 1, inMedia('stitch')],
];

it.each(seams)('a defect in %s (call %i) is in the log, emitted, logged and visible', async (_, nth, plant) => {
  const { options, arm } = plant(nth);
  const pipeline = world.pipeline({}, options);
  const { id } = await pipeline.create(settingsFor(1));
  arm();
  const result = await world.clock.run(pipeline.run(id));
  expect(result).toMatchObject({
    status: 'failed',
    error: { code: 'defect', message: expect.stringContaining('planted') as string },
  });
  expect(await world.types(id)).toEqual(expect.arrayContaining(['run.crashed', 'run.ended']));
  expect(world.emitted.map(({ type }) => type)).toContain('run.crashed');
  expect(world.logged.join('\n')).toContain('planted');
  expect((await pipeline.get(id)).error).toMatchObject({ code: 'defect' });
  expect(unhandled).toEqual([]);
  expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
});

it('a defect that is no error is one all the same', async () => {
  const thrown: unknown = 'a word';
  const media = paperMedia({
    stitch: () => {
      throw thrown;
    },
  });
  const result = await world.film(world.pipeline({}, { media }));
  expect(result).toMatchObject({ status: 'failed', error: { code: 'defect', message: 'a word' } });
});

it.each([
  ['storing a delivered picture', 1, inAssets('put')],
  ['the charge of a call', 1, inCosts('charge')],
  ['reading a frame', 1, inAssets('get')],
  ['probing a delivered file', 1, inMedia('probe')],
  ['decoding a delivered clip', 1, inMedia('verify')],
  ['the append of an intent', 2, inEvents('append')],
  ['recording what became of a call', 3, inEvents('append')],
] as const)('a passing fault in %s costs a try, not the run', async (_, nth, plant) => {
  const { options, arm } = plant(nth);
  const pipeline = world.pipeline({}, options);
  const { id } = await pipeline.create(settingsFor(1));
  arm();
  expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
  expect(unhandled).toEqual([]);
});
