import { afterEach, describe, expect, it } from 'vitest';
import { InvalidSettingsError, type PipelineOptions, usd } from 'vidpipe';
import { mockImageModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { imageOf, still } from '../support/world.ts';

const DAY = 24 * 3_600_000;
/** Of a film of one scene: two stills and a clip. */
const FILM = 240_000;

let world = new TestWorld();
afterEach(async () => {
  await world.close();
  world = new TestWorld();
});

const limited = (accounts: NonNullable<PipelineOptions['accounts']>): ReturnType<TestWorld['pipeline']> =>
  world.pipeline({}, { accounts });

describe('what an account may spend', () => {
  it('is held for all its projects, by the options of each pipeline and nobody else', async () => {
    const pipeline = limited({ ada: { cap: usd('0.3') } });
    const [one, other, free] = [
      await world.film(pipeline, 1, { account: 'ada' }),
      await world.film(pipeline, 1, { account: 'ada' }),
      await world.film(pipeline, 1, { account: 'bob' }),
    ];
    expect([one.status, other, free.status]).toMatchObject([
      'completed',
      { status: 'waiting', waiting: { reason: 'budget', pool: 'account/ada' } },
      'completed',
    ]);
    expect(await world.events.pool('account/ada')).toMatchObject({ cap: usd('0.3'), held: 0 });
  });

  it.each([
    ['day', DAY],
    ['month', 31 * DAY],
  ] as const)('comes back with the next %s; what was intended before counts where it was', async (per, length) => {
    const pipeline = limited({ ada: { cap: usd('0.3'), per } });
    await world.film(pipeline, 1, { account: 'ada' });
    const { status, project } = await world.film(pipeline, 1, { account: 'ada' });
    expect(status).toBe('waiting');
    await world.clock.run(world.clock.sleep(length));
    const result = await world.clock.run(pipeline.run(project.id));
    expect(result.status).toBe('completed');
    expect(await world.events.pool('account/ada')).toMatchObject({ cap: null, held: 0, charged: 2 * FILM });
  });

  it('raised in the options, is raised with the next call', async () => {
    const { project, status } = await world.film(limited({ ada: { cap: usd('0.1') } }), 1, { account: 'ada' });
    expect(status).toBe('waiting');
    const raised = limited({ ada: { cap: usd(1) } });
    expect((await world.clock.run(raised.run(project.id))).status).toBe('completed');
  });

  it('refuses a call without a price, whoever has set the cap', async () => {
    const inner = imageOf(still({ clock: world.clock }));
    const image = mockImageModel({ generate: (request, call) => inner.generate(request, call) });
    const byOptions = world.pipeline({ image }, { accounts: { ada: { cap: usd(5) } } });
    await world.events.pool('account/bob', usd(5));
    for (const account of ['ada', 'bob'])
      expect(await world.film(byOptions, 1, { account })).toMatchObject({ error: { code: 'unpriced-model' } });
    expect(image.calls).toHaveLength(0);
    expect((await world.film(byOptions, 1, { account: 'eve' })).status).toBe('completed');
  });

  it.each([{ cap: NaN }, { cap: -1 }, { cap: Infinity }, { cap: 0.5 }, { cap: usd(1), per: 'week' }])(
    'refuses %j',
    (limit) => {
      expect(() => limited({ ada: limit as never })).toThrow(InvalidSettingsError);
    },
  );
});

describe('budget.warned', () => {
  it('is told once for each share of a cap, by each project that draws on it', async () => {
    const pipeline = limited({ ada: { cap: usd(1) } });
    const { project } = await world.film(pipeline, 1, { budget: usd('0.25'), account: 'ada' });
    const warned = (): unknown[] =>
      world.emitted.flatMap((event) => (event.type === 'budget.warned' ? [[event.body.pool, event.body.share]] : []));
    expect(warned()).toEqual([[`project/${project.id}`, 0.95]]);
    await world.film(pipeline, 2, { account: 'ada' });
    await world.film(pipeline, 1, { account: 'ada' });
    expect(warned().slice(1)).toEqual([
      ['account/ada', 0.5],
      ['account/ada', 0.5],
      ['account/ada', 0.8],
    ]);
  });
});
