import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usd } from 'vidpipe';
import { defineProvider, perCall, perImage } from 'vidpipe/provider';
import { mockImageModel } from 'vidpipe/testing';
import { block, filteredClips } from '../support/filters.ts';
import { TestWorld } from '../support/runs.ts';
import { clip, imageOf, settingsFor, still, storyboardOf } from '../support/world.ts';
import { answering, said, writer } from '../support/writers.ts';

/** Faults of an earlier system in counting money, each named after what it did. */

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const written = { prompt: 'Make 2 scenes', duration: 8, clipDuration: 4, seed: 1 };
const priced = (): ReturnType<typeof writer> => writer({ price: perCall(usd('0.01')) });

describe('what a project has cost', () => {
  it('is nothing for a fork that has inherited everything, its words too (it was shown at the full price)', async () => {
    const pipeline = world.pipeline({ text: priced() });
    const { id } = await pipeline.create(written);
    await world.clock.run(pipeline.run(id));
    const fork = await pipeline.fork(id);
    const plan = await pipeline.plan(fork.id);
    const { project } = await world.clock.run(pipeline.run(fork.id));
    expect([project.status, project.money.charged, plan.cost?.worst, plan.calls]).toEqual(['completed', 0, 0, 0]);
    expect((await pipeline.ledger(fork.id)).entries).toEqual([]);
  });

  it('counts every try of the writer, and the words of scenes that are added (neither was)', async () => {
    const text = answering(said('no'), said(storyboardOf(2)), said({ scenes: storyboardOf(1).scenes }));
    const pipeline = world.pipeline({ text });
    const { id } = await pipeline.create(written);
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
    await pipeline.expand(id, 1);
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
    const { byKind, entries } = await pipeline.ledger(id);
    expect(byKind['text']?.charged).toBe(3 * usd('0.01'));
    expect(entries.filter(({ kind }) => kind === 'text')).toHaveLength(3);
  });

  it('has a frame drawn by another model at the price of that one (it was counted at the price of the first)', async () => {
    const options = { clock: world.clock };
    const inner = imageOf(still(options));
    const generate: typeof inner.generate = (request, call) => inner.generate(request, call);
    const bare = { references: 0, conditioningPartner: 'partner', price: perImage(usd('0.02')), generate };
    const provider = defineProvider({
      id: 'mock',
      text: { writer: writer() },
      image: {
        still: mockImageModel(bare),
        partner: mockImageModel({ price: perImage(usd('0.04')), generate }),
      },
      video: { clip: clip(options) },
    });
    const pipeline = world.pipeline({}, { providers: [provider] });
    const plan = await pipeline.plan(settingsFor(2));
    const { project } = await world.film(pipeline, 2);
    const { byKind, byModel } = await pipeline.ledger(project.id);
    expect([byModel['mock:still']?.charged, byModel['mock:partner']?.charged]).toEqual([usd('0.02'), usd('0.08')]);
    const planned = plan.steps.filter(({ kind }) => kind === 'keyframe').map(({ cost }) => cost?.expected ?? NaN);
    expect(planned.reduce((sum, each) => sum + each, 0)).toBe(byKind['image']?.charged);
  });

  it.each([
    ['no', 0],
    ['yes', usd('0.2')],
  ] as const)(
    'has a refused clip as its provider says: charged %s (all were assumed to be billed)',
    async (charged, cost) => {
      const refusal = block('reference', { charged, ...(charged === 'yes' ? { usage: { seconds: 4 } } : {}) });
      const video = filteredClips(world.clock, () => refusal);
      const pipeline = world.pipeline({ video });
      const { project } = await world.film(pipeline, 1);
      expect(project.status).toBe('failed');
      expect((await pipeline.ledger(project.id)).byKind['video']?.charged).toBe(cost);
      expect(project.money.charged).toBe(2 * usd('0.02') + cost);
    },
  );

  it('stays what it was when prices change (history was priced anew)', async () => {
    const first = world.pipeline();
    const { project } = await world.film(first, 2);
    const before = await first.ledger(project.id);
    const inner = imageOf(still({ clock: world.clock }));
    const dear = mockImageModel({
      price: perImage(usd(9)),
      generate: (request, call) => inner.generate(request, call),
    });
    const later = world.pipeline({ image: dear });
    expect((await world.clock.run(later.run(project.id))).project.money).toEqual(project.money);
    expect(await later.ledger(project.id)).toEqual(before);
    expect((await later.metrics()).charged).toBe(before.totals.charged);
  });
});

describe('figures over all projects', () => {
  it('count seconds that were made (those of failed projects were counted, as they were asked for)', async () => {
    await world.film(world.pipeline(), 2);
    const failing = world.pipeline({ video: filteredClips(world.clock, () => block('reference')) });
    expect((await world.film(failing, 3)).status).toBe('failed');
    const { filmSeconds, clipSeconds, projects } = await failing.metrics();
    expect([projects, filmSeconds, clipSeconds]).toEqual([2, 8, 8]);
  });

  it('are the sums of the ledgers, to the micro-dollar (there was one figure, of two decimals, from a second price list)', async () => {
    const pipeline = world.pipeline({ text: priced() });
    const { id } = await pipeline.create(written);
    await world.clock.run(pipeline.run(id));
    const fork = await pipeline.fork(id, { add: 1 });
    await world.clock.run(pipeline.run(fork.id));
    const ledgers = await Promise.all([id, fork.id].map((each) => pipeline.ledger(each)));
    const sum = ledgers.reduce((total, { totals }) => total + totals.charged, 0);
    expect((await pipeline.metrics()).charged).toBe(sum);
  });
});
