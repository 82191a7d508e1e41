import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Pipeline, type ProjectSettings, ProviderError, type RunResult, usd } from 'vidpipe';
import { limited, ListWorld, outage } from '../support/model-lists.ts';
import { settingsFor } from '../support/world.ts';

let world: ListWorld;
beforeEach(() => void (world = new ListWorld()));
afterEach(() => world.close());

type Models = NonNullable<ProjectSettings['models']>;

const ONE: Models = { text: 'm:t1', image: 'm:i1', video: 'm:v1' };
const LISTS: Models = { text: ['m:t1', 'm:t2'], image: ['m:i1', 'm:i2'], video: ['m:v1', 'm:v2'] };

function film(pipeline: Pipeline, scenes: number, models: Models, more: Partial<ProjectSettings> = {}) {
  return world.film(pipeline, scenes, { models, ...more });
}

function again(pipeline: Pipeline, { project }: RunResult): Promise<RunResult> {
  return world.clock.run(pipeline.run(project.id));
}

/** Nothing was bought twice, and every call costs what its provider bills. */
function checkBills({ project }: RunResult): void {
  const billed = world.market.bills.reduce((sum, { microUsd }) => sum + microUsd, 0);
  expect(project.money).toEqual({ charged: billed, held: 0, unknown: 0, superseded: 0 });
  expect(new Set(world.market.bills.map(({ callId }) => callId)).size).toBe(world.market.bills.length);
}

const kinds = (): string[] => world.market.bills.map(({ model }) => model);

describe('an outage in mid-film', () => {
  it.each(['transient', 'unknown'] as const)(
    'with a list goes on with the next model, and keeps what the first has made (%s)',
    async (how) => {
      const pipeline = world.open();
      const error = new ProviderError({ kind: 'transient', accepted: how === 'unknown' ? how : 'no', message: 'down' });
      world.market.turnAway = (model, nth) => (model === 'm:v1' && nth > 2 ? error : null);
      const onUnknown = { video: 'resubmit' } as const;
      const result = await film(pipeline, 5, LISTS, { onUnknown });
      expect(result.status).toBe('completed');
      expect(kinds().filter((model) => model.startsWith('m:v'))).toEqual(['m:v1', 'm:v1', 'm:v2', 'm:v2', 'm:v2']);
      const replaced = world.bodies('model.replaced');
      expect(replaced).toHaveLength(3);
      expect(replaced[0]).toMatchObject({ from: 'm:v1', to: 'm:v2', reason: 'failing' });
      expect(result.project.warnings.filter(({ code }) => code === 'model-replaced')).toEqual([
        { code: 'model-replaced', message: 'm:v2 stands in for m:v1: it keeps failing' },
      ]);
      if (how === 'transient') checkBills(result);
      const asked = world.market.asked.length;
      expect((await again(pipeline, result)).status).toBe('completed');
      expect(world.market.asked).toHaveLength(asked);
    },
  );

  it('of the writer and of the model that draws is answered in the same way', async () => {
    world.market.turnAway = (model) => (model === 'm:t1' || model === 'm:i1' ? outage() : null);
    const result = await world.clock.run(
      (async (pipeline) => {
        const { id } = await pipeline.create({ prompt: 'p', duration: 8, clipDuration: 4, models: LISTS, seed: 1 });
        return pipeline.run(id);
      })(world.open()),
    );
    expect(result.status).toBe('completed');
    expect(kinds().toSorted()).toEqual(['m:t2', 'm:i2', 'm:i2', 'm:i2', 'm:v1', 'm:v1'].toSorted());
    expect(world.bodies('model.replaced').map(({ stepId }) => stepId.split(':')[0])).toContain('storyboard');
    checkBills(result);
  });

  it('without a list waits for the provider, and the next run makes the rest', async () => {
    const pipeline = world.open();
    world.market.turnAway = (model, nth) => (model === 'm:v1' && nth > 2 ? outage() : null);
    const result = await film(pipeline, 4, ONE);
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'provider', model: 'm:v1' } });
    if (result.status !== 'waiting' || result.waiting.reason !== 'provider') return;
    const left = Date.parse(result.waiting.retryAt) - world.clock.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(75_000);

    const asked = world.market.asked.length;
    expect((await again(pipeline, result)).status).toBe('waiting');
    expect(world.market.asked).toHaveLength(asked);

    world.market.turnAway = () => null;
    await world.clock.advance(left + 10);
    const done = await again(pipeline, result);
    expect(done.status).toBe('completed');
    expect(done.project.warnings.filter(({ code }) => code === 'model-replaced')).toEqual([]);
    checkBills(done);
  });

  it('of all models of the list waits for the one that may be asked soonest', async () => {
    world.market.turnAway = (model) =>
      model === 'm:v1' ? limited(7_200_000) : model === 'm:v2' ? limited(3_600_000) : null;
    const result = await film(world.open(), 1, LISTS);
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'provider' } });
    if (result.status !== 'waiting' || result.waiting.reason !== 'provider') return;
    const left = Date.parse(result.waiting.retryAt) - world.clock.now();
    expect(left).toBeLessThanOrEqual(3_600_001);
    expect(left).toBeGreaterThan(3_500_000);
  });

  it('is probed by one call, and the others wait for its outcome', async () => {
    const pipeline = world.open();
    world.market.turnAway = (model) => (model === 'm:v1' ? outage() : null);
    const cuts = settingsFor(6, { models: ONE });
    const { id } = await pipeline.create(cuts);
    await world.clock.run(pipeline.run(id));
    const before = world.market.count('m:v1');
    await world.clock.advance(60_010);
    expect((await pipeline.limits()).models.find(({ model }) => model === 'm:v1')?.breaker.state).toBe('half-open');
    const failed = await world.clock.run(pipeline.run(id));
    expect(failed).toMatchObject({ status: 'waiting', waiting: { reason: 'provider' } });
    expect(world.market.count('m:v1') - before).toBeLessThanOrEqual(4);
    if (failed.status !== 'waiting' || failed.waiting.reason !== 'provider') return;
    expect(Date.parse(failed.waiting.retryAt) - world.clock.now()).toBeGreaterThan(110_000);

    await world.clock.advance(120_000);
    let probes = 0;
    let inProbe = true;
    world.market.turnAway = (model) => {
      if (model === 'm:v1' && inProbe) probes += 1;
      return null;
    };
    pipeline.on('call.submitted', () => (inProbe = false));
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
    expect(probes).toBe(1);
  });
});

describe('a quota', () => {
  it('that is used up for a day moves the step at once, after one call', async () => {
    world.market.turnAway = (model) => (model === 'm:v1' ? limited(86_400_000) : null);
    const result = await film(world.open(), 2, LISTS);
    expect(result.status).toBe('completed');
    expect(world.market.count('m:v1')).toBeLessThanOrEqual(2);
    expect(world.bodies('model.replaced')).toMatchObject([{ reason: 'rate-limited' }, { reason: 'rate-limited' }]);
    expect(result.project.warnings.filter(({ code }) => code === 'model-replaced')).toEqual([
      { code: 'model-replaced', message: 'm:v2 stands in for m:v1: its quota is used up' },
    ]);
    checkBills(result);
  });

  it('that is used up for a day and has no list says until when', async () => {
    world.market.turnAway = (model) => (model === 'm:v1' ? limited(86_400_000) : null);
    const result = await film(world.open(), 1, ONE);
    if (result.status !== 'waiting' || result.waiting.reason !== 'provider') throw new Error(result.status);
    expect(Date.parse(result.waiting.retryAt) - world.clock.now()).toBeGreaterThan(86_300_000);
    expect(world.market.count('m:v1')).toBe(1);
  });

  it('that comes back within the patience is waited for in place, by all steps of the model', async () => {
    const pipeline = world.open();
    let until = Infinity;
    world.market.turnAway = (model) => {
      if (model !== 'm:v1') return null;
      if (until === Infinity) until = world.clock.now() + 90_000;
      return world.clock.now() < until ? limited(until - world.clock.now()) : null;
    };
    const result = await film(pipeline, 3, LISTS);
    expect(result.status).toBe('completed');
    expect(world.bodies('model.replaced')).toEqual([]);
    const early = world.market.asked.filter(({ model, at }) => model === 'm:v1' && at < until);
    expect(early).toHaveLength(1);
  });

  it('of a minute that nobody tells the length of is waited for', async () => {
    let until = Infinity;
    world.market.turnAway = (model) => {
      if (model !== 'm:v1') return null;
      if (until === Infinity) until = world.clock.now() + 59_000;
      return world.clock.now() < until ? limited() : null;
    };
    expect((await film(world.open(), 3, LISTS)).status).toBe('completed');
    expect(world.bodies('model.replaced')).toEqual([]);
  });

  it('is waited for no longer when the run is stopped', async () => {
    world.market.turnAway = (model) => (model === 'm:v1' ? limited(100_000) : null);
    const pipeline = world.open();
    const { id } = await pipeline.create(settingsFor(1, { models: ONE }));
    const rejected = new Promise<void>((resolve) => pipeline.on('call.rejected', () => resolve()));
    const run = pipeline.run(id);
    await world.clock.run(rejected);
    const at = world.clock.monotonic();
    await world.clock.run(pipeline.stop(id));
    expect((await world.clock.run(run)).status).toBe('stopped');
    expect(world.clock.monotonic() - at).toBeLessThan(1_000);
  });
});

describe('the next model', () => {
  it('is one that can make the clip: others are passed over', async () => {
    world.market.turnAway = (model) => (model === 'm:v1' ? outage() : null);
    const result = await film(world.open(), 1, { ...ONE, video: ['m:v1', 'm:odd', 'm:v2'] });
    expect(result.status).toBe('completed');
    expect(world.bodies('model.replaced')).toMatchObject([{ from: 'm:v1', to: 'm:v2' }]);
    expect([world.market.count('m:odd'), world.market.count('m:v2')]).toEqual([0, 1]);
  });

  it('makes those clips that have its length', async () => {
    world.market.turnAway = (model) => (model === 'm:v1' ? outage() : null);
    const more = { duration: 10, clipDuration: 6 };
    const result = await film(world.open(), 2, { ...ONE, video: ['m:v1', 'm:odd', 'm:v2'] }, more);
    expect(result.status).toBe('completed');
    expect(new Set(world.market.asked.map(({ model, seconds }) => `${model} ${seconds ?? ''}`))).toEqual(
      new Set(['m:i1 ', 'm:v1 4', 'm:v1 6', 'm:odd 6', 'm:v2 4']),
    );
  });

  it('is only one that has a price, where there is a budget', async () => {
    world.market.turnAway = (model) => (model === 'm:v1' ? outage() : null);
    const models: Models = { ...ONE, video: ['m:v1', 'm:unpriced', 'm:v2'] };
    expect((await film(world.open(), 1, models, { budget: usd('5') })).status).toBe('completed');
    expect(world.market.count('m:unpriced')).toBe(0);
  });

  it('that is dearer than what was approved waits for a new plan, which shows it', async () => {
    const pipeline = world.open();
    const models: Models = { ...ONE, video: ['m:v1', 'm:dear'] };
    const { id } = await pipeline.create(settingsFor(1, { models, gates: ['plan'], safety: { remedies: [] } }));
    await world.clock.run(pipeline.run(id));
    const cheap = await pipeline.plan(id);
    await pipeline.approve(id, 'plan', cheap.digest);
    world.market.turnAway = (model) => (model === 'm:v1' ? outage() : null);
    const waiting = await world.clock.run(pipeline.run(id));
    expect(waiting).toMatchObject({ status: 'waiting', waiting: { reason: 'gate', gate: 'plan' } });
    expect(world.market.count('m:dear')).toBe(0);
    const dear = await pipeline.plan(id);
    expect(dear.steps.find(({ kind }) => kind === 'clip')).toMatchObject({
      model: 'm:dear',
      cost: { expected: 2_000_000 },
    });
    await expect(pipeline.approve(id, 'plan', cheap.digest)).rejects.toMatchObject({ code: 'stale-plan' });
    await pipeline.approve(id, 'plan', dear.digest);
    const result = await world.clock.run(pipeline.run(id));
    expect(result.status).toBe('completed');
    checkBills(result);
  });

  it('is asked again for other words only after the first', async () => {
    world.market.turnAway = (model, nth) => (model === 'm:v1' && nth <= 12 ? outage() : null);
    const pipeline = world.open();
    const result = await film(pipeline, 1, LISTS);
    await world.clock.advance(60_010);
    await world.clock.run(pipeline.expand(result.project.id, 2));
    expect((await again(pipeline, result)).status).toBe('completed');
    expect(kinds().filter((model) => model.startsWith('m:v'))).toEqual(['m:v2', 'm:v1', 'm:v1']);
  });
});

describe('a model that is retired', () => {
  const without =
    (...ids: string[]) =>
    (id: string, model: Parameters<NonNullable<Parameters<ListWorld['market']['provider']>[0]>>[1]) =>
      ids.includes(id) ? null : model;

  it.each(['since a date', 'out of the catalogue', 'as its provider says'])(
    'between create and resume is replaced by the next one: %s',
    async (how) => {
      const { id } = await world.open().create(settingsFor(2, { models: LISTS }));
      const retires = '2026-01-02T00:00:00.000Z';
      const aged = world.market.provider((name, model) =>
        name === 'v1'
          ? { ...model, entry: (known) => ({ ...model.entry(known), retires, replacement: 'm:v2' }) }
          : model,
      );
      const provider =
        how === 'since a date' ? aged : how === 'out of the catalogue' ? world.market.provider(without('v1')) : null;
      await world.clock.advance(48 * 3_600_000);
      const gone = new ProviderError({ kind: 'retired', accepted: 'no', message: 'gone' });
      world.market.turnAway = (model) => (model === 'm:v1' ? gone : null);
      const pipeline = world.open(provider === null ? {} : { providers: [provider] });
      const result = await world.clock.run(pipeline.run(id));
      expect(result.status).toBe('completed');
      expect(world.bodies('model.replaced')).toMatchObject([{ reason: 'retired' }, { reason: 'retired' }]);
      if (how === 'as its provider says') {
        expect(world.market.count('m:v1')).toBeLessThanOrEqual(2);
        const { breaker } = (await pipeline.limits()).models.find(({ model }) => model === 'm:v1')!;
        expect(breaker).toEqual({ state: 'open', reason: 'retired', retryAt: null });
      } else expect(world.market.count('m:v1')).toBe(0);
      checkBills(result);
    },
  );

  it('and the last of its list fails the project, and says so', async () => {
    const gone = new ProviderError({ kind: 'retired', accepted: 'no', message: 'no longer available' });
    world.market.turnAway = (model) => (model.startsWith('m:v') ? gone : null);
    expect(await film(world.open(), 2, LISTS)).toMatchObject({
      status: 'failed',
      error: { code: 'model-retired', message: expect.stringContaining('m:v2 is retired') as string },
    });
  });
});

describe('what is no outage', () => {
  it('a key that is not taken fails, names what to mend, and moves nothing', async () => {
    const auth = new ProviderError({ kind: 'auth', accepted: 'no', message: 'The provider answered 401.' });
    world.market.turnAway = (model) => (model === 'm:v1' ? auth : null);
    expect(await film(world.open(), 1, LISTS)).toMatchObject({
      status: 'failed',
      error: { code: 'auth', message: expect.stringMatching(/401\. Mend the key that m:v1 is asked with/) as string },
    });
    expect(world.bodies('model.replaced')).toEqual([]);
    expect(world.market.count('m:v1')).toBe(1);
  });
});

describe('options of retries', () => {
  it('set how often a step asks one model', async () => {
    world.market.turnAway = (model) => (model === 'm:v1' ? outage() : null);
    const pipeline = world.open({ retry: { tries: 1 } });
    expect((await film(pipeline, 1, LISTS)).status).toBe('completed');
    expect(world.bodies('call.rejected')).toHaveLength(1);
  });

  it.each([
    [{ tries: 0 }, 'retry.tries: expected a whole number from 1 to 20, got 0'],
    [{ failures: 1.5, openMs: 10 }, 'retry.failures'],
    [{ patienceMs: NaN }, 'retry.patienceMs'],
  ])('have bounds: %o', (retry, message) => {
    expect(() => world.open({ retry })).toThrow(message);
  });
});
