import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, type RunResult, usd } from 'vidpipe';
import { type Defined, perImage, perSecond, ProviderError, type Reply } from 'vidpipe/provider';
import { mockCostModel, mockImageModel, mockVideoModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip, imageOf, type settingsFor, still, videoOf, withEntry } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

/** A clip model whose first submission is lost after it was accepted. */
function losing(more: Parameters<typeof mockVideoModel>[0] = {}): ReturnType<typeof mockVideoModel> {
  const inner = videoOf(clip({ clock: world.clock }));
  let lost = false;
  return mockVideoModel({
    price: perSecond(usd('0.05')),
    times: { submitWithinMs: 1000, requestDeadlineMs: 2000 },
    start: async (request, call) => {
      const found = await inner.start(request, call);
      if (lost) return found;
      lost = true;
      throw new ProviderError({ kind: 'transient', accepted: 'unknown', message: 'the line went dead' });
    },
    check: (handle, call) => inner.check(handle, call),
    ...more,
  });
}

async function lostCall(video: Defined, more: Parameters<typeof settingsFor>[1] = {}): Promise<RunResult> {
  return world.film(world.pipeline({ video }), 1, more);
}

function waitingCall(result: RunResult): string {
  if (result.status !== 'waiting' || result.waiting.reason !== 'unknown-charge')
    throw new Error(`it is ${result.status}`);
  return result.waiting.calls[0] ?? '';
}

describe('a job that the provider has lost, and may bill', () => {
  it.each([
    ['fail', 1],
    ['resubmit', 4],
  ] as const)('is bought anew in the same run only where you said so: %s', async (policy, starts) => {
    const lost = { state: 'failed', kind: 'lost', message: 'no such job', charged: 'unknown' } as const;
    const video = losing({
      start: () => Promise.resolve({ handle: {} }),
      check: () => Promise.resolve(lost),
    });
    const { project, ...rest } = await lostCall(video, { onUnknown: { video: policy } });
    expect(rest).toMatchObject({ status: 'failed', error: { code: 'unknown-outcome' } });
    expect(video.calls.filter(({ member }) => member === 'start')).toHaveLength(starts);
    expect(project.money.unknown).toBe(starts * 200_000);
  });
});

describe('the answer for an unknown call', () => {
  it.each([
    ['charged', 'completed', { charged: 440_000, held: 0, unknown: 0, superseded: 0 }],
    ['not-charged', 'completed', { charged: 240_000, held: 0, unknown: 0, superseded: 0 }],
    ['resubmit', 'completed', { charged: 240_000, held: 0, unknown: 200_000, superseded: 0 }],
    ['abandon', 'failed', { charged: 40_000, held: 0, unknown: 200_000, superseded: 0 }],
  ] as const)('%s: the run after it is %s', async (outcome, status, money) => {
    const video = losing();
    const first = await lostCall(video, { budget: usd(1) });
    const callId = waitingCall(first);
    const pipeline = world.pipeline({ video });
    expect((await world.clock.run(pipeline.run(first.project.id))).status).toBe('waiting');
    await pipeline.resolve(callId, outcome);
    const second = await world.clock.run(pipeline.run(first.project.id));
    expect(second.status).toBe(status);
    expect(second.project.money).toEqual(money);
    const pool = await world.events.pool(`project/${first.project.id}`);
    expect(pool.held + pool.charged).toBe(money.charged + money.unknown);
  });

  it('can be given anew after it was abandoned', async () => {
    const video = losing();
    const callId = waitingCall(await lostCall(video));
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.resolve(callId, 'abandon');
    expect((await world.clock.run(pipeline.run(id))).status).toBe('failed');
    await pipeline.resolve(callId, 'resubmit');
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
  });

  it('is refused for a call that is known, or none of the project', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline);
    const intended = world.emitted.find(({ type }) => type === 'call.intended');
    const callId = intended?.type === 'call.intended' ? intended.body.callId : '';
    await expect(pipeline.resolve(callId, 'charged')).rejects.toThrow('it is settled');
    await expect(pipeline.resolve(`${project.id}.nothing`, 'charged')).rejects.toThrow('no such call');
    await expect(pipeline.resolve('nothing', 'charged')).rejects.toThrow('No project');
  });

  it('onUnknown fail ends the step, and no run buys it again by itself', async () => {
    const video = losing();
    const first = await lostCall(video, { onUnknown: { video: 'fail' } });
    expect(first).toMatchObject({ status: 'failed', error: { code: 'unknown-outcome' } });
    const pipeline = world.pipeline({ video });
    expect((await world.clock.run(pipeline.run(first.project.id))).status).toBe('failed');
    expect(video.calls.filter(({ member }) => member === 'start')).toHaveLength(1);
  });

  it('onUnknown resubmit sends another call that names the one it replaces', async () => {
    const result = await lostCall(losing(), { onUnknown: { video: 'resubmit' } });
    expect(result.status).toBe('completed');
    expect(result.project.money).toEqual({ charged: 240_000, held: 0, unknown: 200_000, superseded: 0 });
    const clips = world.emitted.flatMap((event) =>
      event.type === 'call.intended' && event.body.kind === 'video' ? [event.body] : [],
    );
    expect(clips.map(({ replaces }) => replaces)).toEqual([null, clips[0]?.callId]);
  });
});

describe('a lost submission of a model that can be asked', () => {
  it('idempotent: the same call is sent again', async () => {
    const video = losing({ idempotent: true });
    const result = await lostCall(video);
    expect(result.status).toBe('completed');
    expect(
      new Set(
        video.calls
          .filter(({ member }) => member === 'start')
          .map(({ args }) => (args[1] as { callId: string }).callId),
      ).size,
    ).toBe(1);
    expect(result.project.money).toEqual({ charged: 240_000, held: 0, unknown: 0, superseded: 0 });
  });

  it('look-up: what is found is adopted, and sent once', async () => {
    const handle = (callId: string): object => ({
      callId,
      seconds: 4,
      width: 1280,
      height: 720,
      at: world.clock.now(),
    });
    const video = losing({ lookUp: ({ callId }) => Promise.resolve({ handle: { ...handle(callId) } }) });
    expect((await lostCall(video)).status).toBe('completed');
    expect(video.calls.filter(({ member }) => member === 'start')).toHaveLength(1);
  });

  it('look-up: what was never accepted is bought again, at no cost', async () => {
    const video = losing({ lookUp: () => Promise.resolve(undefined) });
    const result = await lostCall(video);
    expect(result.status).toBe('completed');
    expect(result.project.money).toEqual({ charged: 240_000, held: 0, unknown: 0, superseded: 0 });
    expect(await world.types(result.project.id)).toContain('call.rejected');
  });

  it('a look-up that fails leaves it open, and asks', async () => {
    const video = losing({ lookUp: () => Promise.reject(new Error('no answer')) });
    expect(waitingCall(await lostCall(video))).not.toBe('');
  });
});

describe('limits on spending', () => {
  it('waits with what is missing when the next call does not fit, and goes on when the cap is raised', async () => {
    const pipeline = world.pipeline();
    const result = await world.film(pipeline, 1, { budget: usd('0.1') }, { partial: true });
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'budget', missing: 140_000 } });
    expect(result.project.money).toEqual({ charged: 40_000, held: 0, unknown: 0, superseded: 0 });
    await world.events.pool(`project/${result.project.id}`, usd(1));
    expect((await world.clock.run(pipeline.run(result.project.id))).status).toBe('completed');
  });

  it('holds for an account over all its projects', async () => {
    await world.events.pool('account/acme', usd('0.3'));
    const pipeline = world.pipeline();
    const one = await world.film(pipeline, 1, { account: 'acme' });
    const other = await world.film(pipeline, 1, { account: 'acme' }, { partial: true });
    expect([one.status, other.status]).toEqual(['completed', 'waiting']);
    expect(await world.events.pool('account/acme')).toMatchObject({ held: 0, charged: 280_000 });
  });

  it('a call without a price is refused under a budget, and made without one', async () => {
    const inner = imageOf(still({ clock: world.clock }));
    const image = mockImageModel({ generate: (request, call) => inner.generate(request, call) });
    const refused = await world.film(world.pipeline({ image }), 1, { budget: usd(5) });
    expect(refused).toMatchObject({ status: 'failed', error: { code: 'unpriced-model' } });
    expect(image.calls).toHaveLength(0);
    const made = await world.film(world.pipeline({ image }), 1);
    expect(made.status).toBe('completed');
  });

  it('maxCalls ends it', async () => {
    const result = await world.film(world.pipeline(), 2, { maxCalls: 3 });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'max-calls' } });
    expect(world.emitted.filter(({ type }) => type === 'call.intended')).toHaveLength(3);
  });

  it('a cost model of the host decides', async () => {
    const price = { expected: usd(1), worst: usd(2), exact: false };
    const costs = mockCostModel({ quote: () => price, charge: () => usd('1.5') });
    const result = await world.film(world.pipeline({}, { costs }), 1);
    expect(result.project.money.charged).toBe(4_500_000);
    expect(costs.calls.filter(({ member }) => member === 'charge')).toHaveLength(3);
  });
});

describe('time', () => {
  it('a submission without an answer ends at its deadline, and a late answer is recorded', async () => {
    const inner = videoOf(clip({ clock: world.clock }));
    const video = mockVideoModel({
      price: perSecond(usd('0.05')),
      times: { requestDeadlineMs: 5000, submitWithinMs: 1000 },
      start: async (request, call) => {
        await world.clock.sleep(20_000);
        return inner.start(request, call);
      },
      check: (handle, call) => inner.check(handle, call),
    });
    const pipeline = world.pipeline({ video });
    const result = await world.film(pipeline, 1);
    expect(result.status).toBe('waiting');
    await world.clock.advance(60_000);
    expect(await world.types(result.project.id)).toContain('call.submitted');
    expect((await world.clock.run(pipeline.run(result.project.id))).status).toBe('completed');
    expect(video.calls.filter(({ member }) => member === 'start')).toHaveLength(1);
  });

  it('a submission that is refused in time is not logged as one that came too late', async () => {
    const refusal = new ProviderError({ kind: 'invalid-request', accepted: 'no', message: 'no' });
    const video = mockVideoModel({ start: () => Promise.reject(refusal) });
    expect((await lostCall(video)).status).toBe('failed');
    expect(world.logged.join('\n')).not.toContain('after the deadline');
  });

  it('an operation past its deadline is overdue, is never sent again, and is taken when it comes', async () => {
    const video = clip({ clock: world.clock, clipMs: 3_600_000 });
    const { times } = video.entry('clip');
    const slow = withEntry(video, { times: { ...times, deadlineMs: 600_000, pollMs: 5_000, typicalMs: 60_000 } });
    const pipeline = world.pipeline({ video: slow });
    const result = await world.film(pipeline, 1);
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'overdue' } });
    await world.clock.advance(3_600_000);
    expect(await world.clock.run(pipeline.collect())).toEqual({ settled: 1, open: 0 });
    const done = await world.clock.run(pipeline.run(result.project.id));
    expect(done.status).toBe('completed');
    expect(video.calls.filter(({ member }) => member === 'start')).toHaveLength(1);
  });

  it('a step that was given up says so, whatever it had failed of before', async () => {
    const refusal = { kind: 'invalid-request', message: 'no such ratio' } as const;
    let accepted: 'no' | 'unknown' = 'no';
    const video = mockVideoModel({ start: () => Promise.reject(new ProviderError({ ...refusal, accepted })) });
    const pipeline = world.pipeline({ video });
    const refused = await world.film(pipeline, 1);
    const { id } = refused.project;
    expect(refused).toMatchObject({ status: 'failed', error: { code: 'invalid-request' } });
    accepted = 'unknown';
    const unknown = await world.clock.run(pipeline.run(id));
    if (unknown.status !== 'waiting' || unknown.waiting.reason !== 'unknown-charge') throw new Error(unknown.status);
    await pipeline.resolve(unknown.waiting.calls[0] ?? '', 'abandon');
    const given = await world.clock.run(pipeline.run(id));
    expect(given).toMatchObject({ status: 'failed', error: { code: 'unknown-outcome' } });
  });

  it.each([
    ['start', -3_600_000],
    ['check', 3_600_000],
  ])('an operation is waited for as long when the wall clock is set at its %s by %i ms', async (at, ms) => {
    const steady = { now: () => world.clock.monotonic() } as Clock;
    const inner = videoOf(clip({ clock: steady, clipMs: 90_000 }));
    const jump = (member: string): void => {
      if (member === at && video.calls.filter((call) => call.member === member).length === 1) world.clock.jump(ms);
    };
    const video = mockVideoModel({
      times: { typicalMs: 60_000 },
      start: (request, call) => (jump('start'), inner.start(request, call)),
      check: (handle, call) => (jump('check'), inner.check(handle, call)),
    });
    const began = world.clock.monotonic();
    expect((await world.film(world.pipeline({ video }), 1)).status).toBe('completed');
    expect(world.clock.monotonic() - began).toBeLessThan(120_000);
  });

  it('requests per minute are kept', async () => {
    const image = withEntry(still({ clock: world.clock, stillMs: 100 }), { limits: { concurrency: 10, perMinute: 2 } });
    const began = world.clock.monotonic();
    expect((await world.film(world.pipeline({ image }), 5)).status).toBe('completed');
    expect(world.clock.monotonic() - began).toBeGreaterThanOrEqual(120_000);
  });

  it('a rate limit waits as long as it was told', async () => {
    let first = true;
    const inner = imageOf(still({ clock: world.clock, stillMs: 0 }));
    const image = mockImageModel({
      price: perImage(usd('0.02')),
      generate: (request, call): Promise<Reply> => {
        if (!first) return inner.generate(request, call);
        first = false;
        return Promise.reject(
          new ProviderError({ kind: 'rate-limited', accepted: 'no', retryAfterMs: 9_000, message: 'slow down' }),
        );
      },
    });
    const began = world.clock.monotonic();
    expect((await world.film(world.pipeline({ image }, {}, { clipMs: 0 }), 1)).status).toBe('completed');
    expect(world.clock.monotonic() - began).toBeGreaterThanOrEqual(9_000);
    expect(world.emitted.filter(({ type }) => type === 'call.intended')).toHaveLength(3);
  });
});
