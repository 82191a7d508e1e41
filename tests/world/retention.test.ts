import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pipeline } from 'vidpipe';
import type { Digest } from 'vidpipe/storage';
import { mockImageModel, paper, SimulatedProcess } from 'vidpipe/testing';
import { Churn } from '../support/churn.ts';
import { freeLease, TestWorld } from '../support/runs.ts';
import { settingsFor, storyboardOf } from '../support/world.ts';

it('20 projects made, forked, deleted and swept beside 4 runs leave the bytes of the living, and no others', async () => {
  const churned = await new Churn(20, 1).play();
  expect(churned).toMatchObject({ missing: [], orphans: [], violations: [], stored: churned.needed });
  expect(churned.made + churned.forked).toBe(20);
  const { deleted, frozen, freedMeanwhile, living, forked } = churned;
  for (const count of [deleted, frozen, freedMeanwhile, living, forked]) expect(count).toBeGreaterThan(0);
});

describe('a process that deletes and sweeps, and stops somewhere', () => {
  let world: TestWorld;
  beforeEach(() => void (world = new TestWorld()));
  afterEach(() => world.close());

  const quick = { stillMs: 100, clipMs: 500 };
  /** Draws the same words the same, whoever asks. */
  const image = mockImageModel({
    generate: async ({ width, height, prompt }) => {
      await world.clock.sleep(100);
      return { state: 'succeeded', outputs: [{ bytes: paper({ kind: 'image', width, height, note: prompt }) }] };
    },
  });
  const [scene] = storyboardOf(1).scenes;
  const otherWords = { storyboard: { ...storyboardOf(1), scenes: [{ ...scene!, startPrompt: 'a', endPrompt: 'b' }] } };

  /** A film and its fork; another film; and a project with an open call. Of the first, the other and the last the log is to go. */
  async function prepared(): Promise<{ readonly fork: string; readonly goes: readonly string[] }> {
    const pipeline = world.pipeline({ image }, {}, quick);
    const { project } = await world.film(pipeline, 1, { account: 'acme' });
    const fork = await pipeline.fork(project.id);
    const other = await world.film(pipeline, 1, { account: 'acme', ...otherWords });
    const last = await pipeline.create(settingsFor(1, { account: 'acme', seed: 3 }));
    const driver = world.pipeline({ image }, {}, quick);
    const sent = new Promise<void>((resolve) => driver.on('call.submitted', () => resolve()));
    await world.clock.run(driver.start(last.id).then(() => sent));
    await world.clock.run(driver.close());
    await freeLease(world.events, last.id);
    return { fork: fork.id, goes: [project.id, other.project.id, last.id] };
  }

  async function work(pipeline: Pipeline, goes: readonly string[]): Promise<void> {
    for (const id of goes) await pipeline.delete(id, { force: true });
    await pipeline.sweep({ olderThanMs: 0 });
  }

  /** Does it in a process that stops at the `nth` probe; answers how many there were. */
  async function stopAt(
    nth: number,
    goes: readonly string[],
  ): Promise<{ readonly probes: number; readonly thaw: () => Promise<void> }> {
    let probes = 0;
    const process = new SimulatedProcess('sweeper', world.clock, () => (probes += 1) === nth);
    const stores = { events: process.events(world.events), assets: process.assets(world.assets), owner: 'sweeper' };
    await world.clock.advance(1);
    const working = work(world.pipeline({}, stores), goes);
    await world.clock.run(Promise.race([working, process.stopped]));
    const thaw = async (): Promise<void> => {
      process.thaw();
      await world.clock.run(working);
    };
    return { probes, thaw };
  }

  async function stored(): Promise<Digest[]> {
    return (await Array.fromAsync(world.assets.list())).map(({ digest }) => digest).toSorted();
  }

  async function expectWhole(id: string): Promise<void> {
    const there = await stored();
    const { steps } = await world.pipeline().get(id);
    expect(steps.filter(({ asset }) => asset === null || !there.includes(asset.digest))).toEqual([]);
  }

  async function points(): Promise<number> {
    const { goes } = await prepared();
    const { probes } = await stopAt(0, goes);
    await world.close();
    return probes;
  }

  it('for ever, at every probe: what lives is whole, and another process finishes it', async () => {
    const count = await points();
    expect(count).toBeGreaterThan(40);
    for (let nth = 1; nth <= count; nth += 1) {
      world = new TestWorld();
      const { fork, goes } = await prepared();
      const before = await world.events.pool('account/acme');
      await stopAt(nth, goes);
      await expectWhole(fork);
      await world.clock.advance(15_001);
      await work(world.pipeline(), goes);
      await expectWhole(fork);
      expect(await stored()).toHaveLength(4);
      expect(await world.events.pool('account/acme')).toMatchObject({ held: 0, charged: before.charged + before.held });
      await world.close();
    }
  });

  it('and goes on late, at every probe: what was made or forked meanwhile is whole', async () => {
    const count = await points();
    for (let nth = 1; nth <= count; nth += 1) {
      world = new TestWorld();
      const { fork, goes } = await prepared();
      const { thaw } = await stopAt(nth, goes);
      const pipeline = world.pipeline({ image }, {}, quick);
      // The same stills as of the film that is deleted, and a fork of what is just being deleted, while it is there.
      const again = await world.film(pipeline, 1, otherWords);
      const late = await pipeline.fork(goes[0] ?? '').catch(() => null);
      await thaw().catch((error: unknown) => expect(error).toMatchObject({ code: /deleted|conflict/ }));
      for (const id of [fork, again.project.id, ...(late === null ? [] : [late.id])]) await expectWhole(id);
      await world.close();
    }
  });
});
