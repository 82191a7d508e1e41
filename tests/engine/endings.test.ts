import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Pipeline, usd } from 'vidpipe';
import { type Defined, perSecond, ProviderError } from 'vidpipe/provider';
import { mockImageModel, mockVideoModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip, imageOf, settingsFor, still, storyboardOf, videoOf, withEntry } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

/** Scenes that need nothing of each other. */
const apart = (count: number): Parameters<typeof settingsFor>[1] => ({ storyboard: storyboardOf(count, 1) });

/** Resolves at the first event of a type of a project. */
function first(pipeline: Pipeline, type: 'call.submitted' | 'call.intended' | 'call.settled'): Promise<void> {
  return new Promise((resolve) => pipeline.on(type, () => resolve()));
}

const starts = (video: ReturnType<typeof mockVideoModel>): number =>
  video.calls.filter(({ member }) => member === 'start').length;

/** How long it takes until `work` is done, on the world's clock. */
async function timed(work: Promise<unknown>): Promise<number> {
  const began = world.clock.monotonic();
  await world.clock.run(work);
  return world.clock.monotonic() - began;
}

describe('a stop that drains', () => {
  it.each(['of the same process', 'of another process'])('%s: nothing new, what runs is let finish', async (who) => {
    const video = clip({ clock: world.clock, clipsAtOnce: 1 });
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(3, apart(3)));
    const submitted = first(pipeline, 'call.submitted');
    const { done } = await pipeline.start(id);
    await world.clock.run(submitted);
    const stopper = who === 'of the same process' ? pipeline : world.pipeline({ video });
    const { operations } = await world.clock.run(stopper.stop(id, { drain: true }));
    const { status, project } = await world.clock.run(done);
    expect([status, operations, starts(video)]).toEqual(['stopped', [], 1]);
    expect(project.money).toMatchObject({ held: 0, unknown: 0 });
    expect(project.scenes.filter((scene) => scene.clip !== null)).toHaveLength(1);
    const types = await world.types(id);
    expect(types.slice(types.indexOf('stop.requested'))).not.toContain('call.intended');
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
    expect(starts(video)).toBe(3);
  });

  it('gives way to one that does not, and not the other way round', async () => {
    const pipeline = world.pipeline({ video: clip({ clock: world.clock, clipMs: 600_000 }) });
    const { id } = await pipeline.create(settingsFor(1));
    const submitted = first(pipeline, 'call.submitted');
    await pipeline.start(id);
    await world.clock.run(submitted);
    const draining = pipeline.stop(id, { drain: true });
    await world.clock.advance(10_000);
    const stopping = pipeline.stop(id);
    const later = pipeline.stop(id, { drain: true });
    expect(await timed(Promise.all([draining, stopping, later]))).toBeLessThan(1_000);
    expect((await stopping).operations).toMatchObject([{ outcome: 'detached' }]);
    expect((await world.types(id)).filter((type) => type === 'stop.requested')).toHaveLength(2);
  });

  it('of what a process left behind waits for its clips, and cancels none', async () => {
    const gone = world.pipeline();
    const { id } = await gone.create(settingsFor(1));
    const submitted = first(gone, 'call.submitted');
    await gone.start(id);
    await world.clock.run(submitted);
    await world.clock.run(gone.close());
    const pipeline = world.pipeline();
    expect((await world.clock.run(pipeline.stop(id, { drain: true }))).operations).toEqual([]);
    const { status, scenes } = await pipeline.get(id);
    expect([status, scenes[0]?.clip === null]).toEqual(['stopped', false]);
  });
});

describe('a stop', () => {
  const failing = (error: ConstructorParameters<typeof ProviderError>[0]): Defined =>
    mockImageModel({ generate: () => Promise.reject(new ProviderError(error)) });
  const busy = { kind: 'rate-limited', accepted: 'no', message: 'slow down', retryAfterMs: 25_000 } as const;
  const down = { kind: 'transient', accepted: 'no', message: 'down' } as const;
  const failed = { state: 'failed', kind: 'transient', message: 'failed', charged: 'no' } as const;

  it.each([
    ['told by the provider, between tries', () => ({ image: failing(busy) }), 1_000],
    ['between tries of a submission', () => ({ image: failing(down) }), 3_000],
    ['between calls', () => ({ image: mockImageModel({ generate: () => Promise.resolve(failed) }) }), 2_500],
    ['for a clip', () => ({ video: clip({ clock: world.clock }) }), 30_000],
    [
      'for its turn',
      () => ({ image: withEntry(still({ clock: world.clock }), { limits: { concurrency: 9, perMinute: 1 } }) }),
      10_000,
    ],
    ['for a look that never ends', () => ({ video: deaf() }), 90_000],
  ] as const)('ends a wait at once: %s', async (_, models, after) => {
    const pipeline = world.pipeline(models());
    const { id } = await pipeline.create(settingsFor(2, apart(2)));
    const { done } = await pipeline.start(id);
    await world.clock.advance(after);
    expect((await pipeline.get(id)).status).toBe('running');
    expect(await timed(Promise.all([pipeline.stop(id), done]))).toBeLessThan(500);
    expect((await done).status).toBe('stopped');
  });

  /** A clip model whose looks are never answered, whatever their signal says. */
  function deaf(): Defined {
    const inner = videoOf(clip({ clock: world.clock }));
    return mockVideoModel({
      start: (request, call) => inner.start(request, call),
      check: () => new Promise(() => undefined),
    });
  }

  it('is not held up by a cancellation that is never answered', async () => {
    const inner = videoOf(clip({ clock: world.clock }));
    const video = mockVideoModel({
      start: (request, call) => inner.start(request, call),
      check: (handle, call) => inner.check(handle, call),
      cancel: () => new Promise(() => undefined),
    });
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(1));
    const submitted = first(pipeline, 'call.submitted');
    await pipeline.start(id);
    await world.clock.run(submitted);
    const stopping = pipeline.stop(id);
    expect(await timed(stopping)).toBeLessThan(11_000);
    expect((await stopping).operations).toMatchObject([{ outcome: 'detached', charged: 'unknown' }]);
  });

  it('is not held up by a job that is cancelled and can not be looked at any more', async () => {
    const inner = videoOf(clip({ clock: world.clock }));
    let isCancelled = false;
    const video = mockVideoModel({
      start: (request, call) => inner.start(request, call),
      check: (handle, call) => (isCancelled ? new Promise(() => undefined) : inner.check(handle, call)),
      cancel: () => {
        isCancelled = true;
        return Promise.resolve({ outcome: 'cancelled', charged: 'no' });
      },
    });
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(1));
    await world.clock.run(pipeline.run(id, { deadlineMs: 30_000 }));
    const stopping = pipeline.stop(id);
    expect(await timed(stopping)).toBeLessThan(11_000);
    expect((await stopping).operations).toMatchObject([{ outcome: 'cancelled', charged: 'no' }]);
  });

  it.each([false, true])('of a project at rest ends what still runs, if it is not to drain (%s)', async (drain) => {
    const inner = videoOf(clip({ clock: world.clock }));
    let isCancelled = false;
    const video = mockVideoModel({
      start: (request, call) => inner.start(request, call),
      check: (handle, call) =>
        isCancelled
          ? Promise.resolve({ state: 'failed', kind: 'transient', message: 'cancelled', charged: 'no' })
          : inner.check(handle, call),
      cancel: () => {
        isCancelled = true;
        return Promise.resolve({ outcome: 'cancelled', charged: 'no' });
      },
    });
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(1));
    const { status } = await world.clock.run(pipeline.run(id, { deadlineMs: 30_000 }));
    const { operations } = await world.clock.run(pipeline.stop(id, { drain }));
    expect([status, (await pipeline.get(id)).status]).toEqual(['waiting', 'waiting']);
    expect(operations).toMatchObject(drain ? [] : [{ outcome: 'cancelled', charged: 'no', heldUntil: null }]);
    expect(await world.clock.run(pipeline.stop(id, { drain }))).toEqual({ operations: [] });
  });

  it('tells until when a result is kept, where its model says so', async () => {
    const video = clip({ clock: world.clock });
    const { times } = video.entry('clip');
    const pipeline = world.pipeline({ video: withEntry(video, { times: { ...times, keptMs: 86_400_000 } }) });
    const { id } = await pipeline.create(settingsFor(1));
    const submitted = first(pipeline, 'call.submitted');
    await pipeline.start(id);
    await world.clock.run(submitted);
    const { operations } = await world.clock.run(pipeline.stop(id));
    const intended = world.emitted.findLast(({ type }) => type === 'call.intended');
    const until = new Date(Date.parse(intended?.at ?? '') + 86_400_000).toISOString();
    expect(operations).toMatchObject([{ outcome: 'detached', heldUntil: until }]);
  });
});

describe('the signal of a run', () => {
  it('stops that run, and the project is stopped', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    const controller = new AbortController();
    pipeline.on('call.submitted', () => controller.abort());
    expect((await world.clock.run(pipeline.run(id, { signal: controller.signal }))).status).toBe('stopped');
    expect(await world.types(id)).toContain('stop.requested');
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
  });

  it('aborted before keeps the run from beginning; aborted after does nothing', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    await expect(pipeline.run(id, { signal: AbortSignal.abort() })).rejects.toThrow('aborted');
    expect(await world.types(id)).toEqual(['project.created']);
    const controller = new AbortController();
    const { status, project } = await world.clock.run(pipeline.run(id, { signal: controller.signal }));
    controller.abort();
    await world.clock.advance(1_000);
    expect([status, (await pipeline.get(id)).seq]).toEqual(['completed', project.seq]);
  });
});

describe('the deadline of a run', () => {
  it('rests it with the time of the next look; the clips run on, and the next run takes them', async () => {
    const video = clip({ clock: world.clock });
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(1));
    const began = world.clock.monotonic();
    const result = await world.clock.run(pipeline.run(id, { deadlineMs: 30_000 }));
    const intended = world.emitted.findLast(({ type }) => type === 'call.intended');
    const next = new Date(Date.parse(intended?.at ?? '') + 60_000).toISOString();
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'deadline', nextCheckAt: next } });
    expect(world.clock.monotonic() - began).toBeLessThan(30_500);
    await world.clock.advance(60_000);
    expect(await world.clock.run(pipeline.collect())).toEqual({ settled: 1, open: 0 });
    expect((await world.clock.run(pipeline.run(id, { deadlineMs: 30_000 }))).status).toBe('completed');
    expect(starts(video)).toBe(1);
  });

  it('again and again makes the film, each clip bought once', async () => {
    const video = clip({ clock: world.clock, clipsAtOnce: 1 });
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(3));
    let result = await world.clock.run(pipeline.run(id, { deadlineMs: 20_000 }));
    for (let turns = 0; result.status === 'waiting' && turns < 30; turns += 1) {
      expect(result.waiting.reason).toBe('deadline');
      result = await world.clock.run(pipeline.run(id, { deadlineMs: 20_000 }));
    }
    expect([result.status, starts(video)]).toEqual(['completed', 3]);
    expect(result.project.money).toEqual({ charged: 680_000, held: 0, unknown: 0, superseded: 0 });
  });

  it('does nothing to a run that rests before, and is refused when it is none', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    await expect(pipeline.run(id, { deadlineMs: 0 })).rejects.toMatchObject({ code: 'invalid-settings' });
    expect((await world.clock.run(pipeline.run(id, { deadlineMs: 600_000 }))).status).toBe('completed');
    expect(world.clock.waiting).toBe(0);
  });

  it('says an overdue clip apart', async () => {
    const video = clip({ clock: world.clock, clipMs: 3_600_000 });
    const { times } = video.entry('clip');
    const slow = withEntry(video, { times: { ...times, deadlineMs: 600_000, typicalMs: 60_000 } });
    const result = await world.clock.run(
      (async () => {
        const pipeline = world.pipeline({ video: slow });
        const { id } = await pipeline.create(settingsFor(1));
        return pipeline.run(id, { deadlineMs: 700_000 });
      })(),
    );
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'overdue' } });
  });
});

describe('an overdue clip', () => {
  /** The first clip takes an hour, the others a minute; one at a time, overdue after ten minutes. */
  function oneLate(lateMs: number): ReturnType<typeof mockVideoModel> {
    const inner = videoOf(clip({ clock: world.clock }));
    let late: unknown;
    const video = mockVideoModel({
      price: perSecond(usd('0.05')),
      start: (request, call) => {
        late ??= call.callId;
        return inner.start(request, call);
      },
      check: (handle, call) =>
        handle['callId'] === late && world.clock.now() < Number(handle['at']) + lateMs
          ? Promise.resolve({ state: 'running' })
          : inner.check(handle, call),
    });
    const { times } = video.entry('clip');
    const slow = { times: { ...times, deadlineMs: 600_000, typicalMs: 60_000 }, limits: { concurrency: 1 } };
    return { ...video, ...withEntry(video, slow) };
  }

  it('gives its slot back, is never sent again, and is taken when it comes', async () => {
    const video = oneLate(3_600_000);
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(3, apart(3)));
    for (let turns = 0; turns < 2; turns += 1) {
      const { project, ...rest } = await world.clock.run(pipeline.run(id));
      expect(rest).toMatchObject({ status: 'waiting', waiting: { reason: 'overdue', calls: [expect.any(String)] } });
      expect(project.scenes.filter((scene) => scene.clip !== null)).toHaveLength(2);
      expect(project.money.held).toBe(200_000);
    }
    await world.clock.advance(3_600_000);
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
    expect(starts(video)).toBe(3);
  });

  it('that has come while others were made is taken in the same run', async () => {
    const video = oneLate(650_000);
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(3, apart(3)));
    const { status, project } = await world.clock.run(pipeline.run(id));
    expect([status, starts(video), project.money.held]).toEqual(['completed', 3, 0]);
  });
});

describe('a pipeline that is closed', () => {
  it('with time for what is under way takes the clip, begins nothing, and cancels nothing', async () => {
    const inner = videoOf(clip({ clock: world.clock, clipsAtOnce: 1 }));
    const video = mockVideoModel({
      start: (request, call) => inner.start(request, call),
      check: (handle, call) => inner.check(handle, call),
      cancel: () => Promise.resolve({ outcome: 'cancelled', charged: 'no' }),
    });
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(2, apart(2)));
    const submitted = first(pipeline, 'call.submitted');
    const { done } = await pipeline.start(id);
    await world.clock.run(submitted);
    expect(await timed(pipeline.close({ graceMs: 120_000 }))).toBeLessThan(120_000);
    const { status, project } = await done;
    expect([status, project.money.held]).toEqual(['interrupted', 0]);
    expect(project.scenes.some((scene) => scene.clip !== null)).toBe(true);
    expect(video.calls.some(({ member }) => member === 'cancel')).toBe(false);
  });

  it.each([undefined, 5_000])('with %s ms for it leaves the clip running, and is closed once', async (graceMs) => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    const submitted = first(pipeline, 'call.submitted');
    await pipeline.start(id);
    await world.clock.run(submitted);
    const closing = pipeline.close(graceMs === undefined ? {} : { graceMs });
    expect(pipeline.close()).toBe(closing);
    const took = await timed(closing);
    expect(took).toBeGreaterThanOrEqual(graceMs ?? 0);
    expect(took).toBeLessThan((graceMs ?? 0) + 500);
    const result = await world.clock.run(world.pipeline().run(id));
    expect(result).toMatchObject({ status: 'completed', project: { money: { charged: 240_000 } } });
  });

  it('does not wait for its turn at a rate limit', async () => {
    const image = withEntry(still({ clock: world.clock }), { limits: { concurrency: 9, perMinute: 1 } });
    const pipeline = world.pipeline({ image });
    const { id } = await pipeline.create(settingsFor(2, apart(2)));
    const { done } = await pipeline.start(id);
    await world.clock.advance(10_000);
    expect(await timed(Promise.all([pipeline.close(), done]))).toBeLessThan(500);
  });

  it('records what a request that is being sent comes to', async () => {
    const inner = imageOf(still({ clock: world.clock }));
    const image = mockImageModel({ generate: (request, call) => inner.generate(request, call) });
    const pipeline = world.pipeline({ image });
    const { id } = await pipeline.create(settingsFor(1));
    await pipeline.start(id);
    await world.clock.advance(1_000);
    await world.clock.run(pipeline.close());
    expect(await world.types(id)).toContain('call.settled');
  });
});
