import { afterEach, describe, expect, it } from 'vitest';
import { type Pipeline, type PipelineOptions, type ProjectEvent, type RunResult, usd } from 'vidpipe';
import { mockCostModel } from 'vidpipe/testing';
import { POLICY } from '../../src/engine/policy.ts';
import { stopAtFirstClip, TestWorld } from '../support/runs.ts';
import { settingsFor, storyboardOf } from '../support/world.ts';

/** Of a film of one scene: two stills and a clip; of two scenes in a chain: three and two. */
const [ONE, TWO] = [240_000, 460_000];
const [STILL, CLIP] = [20_000, 200_000];
const micro = (amount: number) => usd((amount / 1e6).toFixed(6));

let world = new TestWorld();
afterEach(async () => {
  await world.close();
  world = new TestWorld();
});

/** Time goes on, and files are waited for meanwhile. */
const pass = (ms: number): Promise<void> => world.clock.run(world.clock.sleep(ms));

const intended = (id: string): ProjectEvent[] =>
  world.emitted.filter(({ type, projectId }) => type === 'call.intended' && projectId === id);

describe('a run whose expected cost does not fit', () => {
  it('waits for what is missing, and has bought nothing', async () => {
    const pipeline = world.pipeline();
    const { project, ...result } = await world.film(pipeline, 2, { budget: micro(TWO - 10_000) });
    expect(result).toEqual({
      status: 'waiting',
      waiting: { reason: 'budget', pool: `project/${project.id}`, missing: 10_000 },
    });
    expect([project.money.charged, intended(project.id)]).toEqual([0, []]);
    expect((await world.film(pipeline, 2, { budget: micro(TWO) })).status).toBe('completed');
  });

  it('buys what it can where it is told to', async () => {
    const { project, status } = await world.film(
      world.pipeline(),
      2,
      { budget: micro(TWO - 10_000) },
      { partial: true },
    );
    expect([status, project.money.charged]).toEqual(['waiting', 3 * STILL + CLIP]);
  });

  it('tells of the pool that lacks most', async () => {
    const pipeline = world.pipeline({}, { accounts: { ada: { cap: micro(ONE - 2), per: 'day' } } });
    const { project, ...waits } = await world.film(pipeline, 1, { account: 'ada', budget: micro(ONE - 1) });
    expect([project.money.charged, waits]).toMatchObject([
      0,
      { waiting: { pool: expect.stringMatching(/^account\/ada\/2026/), missing: 2 } },
    ]);
  });

  it('counts what it may buy before the next closed gate', async () => {
    const pipeline = world.pipeline();
    const first = await world.film(pipeline, 2, { budget: micro(3 * STILL), gates: ['keyframes'] });
    expect(first).toMatchObject({ waiting: { reason: 'gate', gate: 'keyframes' } });
    const { id } = first.project;
    await pipeline.approve(id, 'keyframes', (await pipeline.plan(id)).digest);
    const next = await world.clock.run(pipeline.run(id));
    expect(next).toMatchObject({ waiting: { reason: 'budget', missing: 2 * CLIP } });
  });

  it('counts no call twice that is open', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1, { budget: micro(ONE) }));
    stopAtFirstClip(pipeline, id);
    expect((await world.clock.run(pipeline.run(id))).status).toBe('stopped');
    const { status, project } = await world.clock.run(pipeline.run(id));
    expect([status, project.money.charged]).toEqual(['completed', ONE]);
  });

  it('goes on with what a run that was cut off was buying', async () => {
    const { id } = await world.pipeline().create(settingsFor(2, { budget: micro(TWO - 10_000) }));
    const first = world.pipeline();
    const { done } = await first.start(id, { partial: true });
    await pass(1_000);
    await world.clock.run(first.close());
    expect([(await done).status, intended(id)]).toMatchObject(['interrupted', [{}]]);
    const { status, project } = await world.clock.run(world.pipeline().run(id));
    expect([status, project.money.charged]).toEqual(['waiting', 3 * STILL + CLIP]);
  });

  it('does not look again while it runs: what is dearer than expected waits where it does not fit', async () => {
    const list = { expected: micro(STILL), worst: micro(STILL), exact: true };
    const costs = mockCostModel({ quote: () => list, charge: () => micro(2 * STILL) });
    const { project, status } = await world.film(world.pipeline({}, { costs }), 1, { budget: micro(4 * STILL) });
    expect([status, project.money.charged]).toEqual(['waiting', 4 * STILL]);
  });

  it('is no way around the pools: two processes that both have room at first buy no more than there is', async () => {
    const options = { accounts: { ada: { cap: micro(ONE + 2 * STILL + CLIP / 2) } } };
    const films = [world.pipeline({}, options), world.pipeline({}, options)].map(async (pipeline) => {
      const { id } = await pipeline.create(settingsFor(1, { account: 'ada' }));
      return pipeline.run(id);
    });
    const ended = await world.clock.run(Promise.all(films));
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['completed', 'waiting']);
    expect((await world.events.pool('account/ada')).charged).toBe(ONE + 2 * STILL);
  });
});

/** Three clips side by side, of which the first takes 30 s and the others 200 s; each may cost twice what it does. */
const FRAMES = 6 * STILL;
const doubled = mockCostModel({
  quote: ({ model }) =>
    model === 'mock:clip'
      ? { expected: micro(CLIP), worst: micro(2 * CLIP), exact: false }
      : { expected: micro(STILL), worst: micro(STILL), exact: true },
  charge: ({ request: { model } }) => micro(model === 'mock:clip' ? CLIP : STILL),
});

class Shortage {
  readonly options: Partial<PipelineOptions>;
  readonly pipeline: Pipeline;
  id = '';
  done = new Promise<RunResult>(() => undefined);

  constructor(more: Partial<PipelineOptions> = {}) {
    this.options = { costs: doubled, ...more };
    this.pipeline = this.another();
  }

  /** Another process. */
  another(): Pipeline {
    const clipMsOf = (prompt: string): number => (prompt.includes('motion 1') ? 30_000 : 200_000);
    return world.pipeline({}, this.options, { stillMs: 1_000, clipMs: 10_000, clipMsOf });
  }

  /** Runs the film until it has what it can pay for. */
  async begin(more: Parameters<typeof settingsFor>[1], seconds: number): Promise<this> {
    const { id } = await this.pipeline.create(settingsFor(3, { storyboard: storyboardOf(3, 1), ...more }));
    this.id = id;
    this.done = (await this.pipeline.start(id, { partial: true })).done;
    await pass(seconds * 1_000);
    return this;
  }

  get clips(): number {
    return intended(this.id).filter((event) => event.type === 'call.intended' && event.body.kind === 'video').length;
  }
}

describe('freed money', () => {
  it('of a call that was cheaper is used at once, while others run', async () => {
    const short = await new Shortage().begin({ budget: micro(FRAMES + 5 * CLIP) }, 20);
    expect(short.clips).toBe(2);
    const third = new Promise<void>((resolve) =>
      short.pipeline.on('call.intended', () => {
        if (short.clips === 3) resolve();
      }),
    );
    await world.clock.run(third);
    expect(world.clock.monotonic()).toBeLessThan(60_000);
    const { status, project } = await world.clock.run(short.done);
    expect([status, project.money.charged]).toEqual(['completed', FRAMES + 3 * CLIP]);
  });

  it('is no reason to try what still does not fit', async () => {
    const short = await new Shortage().begin({ budget: micro(FRAMES + 5 * CLIP - 1) }, 20);
    await pass(20_000);
    expect(short.clips).toBe(2);
    expect((await world.clock.run(short.done)).status).toBe('completed');
  });

  it('of a raised budget is used at once by the run that is on', async () => {
    const short = await new Shortage().begin({ budget: micro(FRAMES + 4 * CLIP) }, 15);
    expect(short.clips).toBe(2);
    await world.clock.run(short.pipeline.revise(short.id, { settings: { budget: micro(FRAMES + 6 * CLIP) } }));
    await pass(1);
    expect(short.clips).toBe(3);
    expect((await world.clock.run(short.done)).status).toBe('completed');
  });

  it.each(['revise', 'pool'] as const)('in another process (%s) is used by the next look', async (how) => {
    const short = await new Shortage().begin({ budget: micro(FRAMES + 4 * CLIP) }, 15);
    const budget = micro(FRAMES + 6 * CLIP);
    if (how === 'pool') await world.events.pool(`project/${short.id}`, budget);
    else await world.clock.run(short.another().revise(short.id, { settings: { budget } }));
    await pass(POLICY.driverLookMs + 1);
    expect(short.clips).toBe(3);
    expect((await world.clock.run(short.done)).status).toBe('completed');
  });

  it('of what `collect` finds is used at once by another project of the account', async () => {
    const accounts = { ada: { cap: micro(2 * STILL + FRAMES + 7 * CLIP) } };
    const short = new Shortage({ accounts });
    const { id } = await short.pipeline.create(settingsFor(1, { account: 'ada' }));
    stopAtFirstClip(short.pipeline, id);
    expect((await world.clock.run(short.pipeline.run(id))).status).toBe('stopped');
    await pass(20_000);
    await short.begin({ account: 'ada' }, 15);
    expect(short.clips).toBe(2);
    const { settled } = await world.clock.run(short.pipeline.collect());
    await pass(1);
    expect([settled, short.clips]).toEqual([1, 3]);
  });

  it('comes with a new day for those who rest on the last one', async () => {
    await pass(24 * 3_600_000 - 40_000);
    const short = new Shortage({ accounts: { ada: { cap: micro(FRAMES + 4 * CLIP), per: 'day' } } });
    await short.begin({ account: 'ada' }, 20);
    expect(short.clips).toBe(2);
    await pass(20_001 + POLICY.driverLookMs);
    expect(short.clips).toBe(3);
    expect((await world.clock.run(short.done)).status).toBe('completed');
  });
});
