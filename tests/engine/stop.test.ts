import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pipeline, RunResult } from 'vidpipe';
import { mockVideoModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip, settingsFor, videoOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

/** Starts a film and stops it when its first clip has been submitted. */
async function stopped(
  pipeline: Pipeline,
  scenes = 1,
): Promise<{ readonly result: RunResult; readonly operations: readonly object[] }> {
  const { id } = await pipeline.create(settingsFor(scenes));
  const submitted = new Promise<void>((resolve) => pipeline.on('call.submitted', () => resolve()));
  const { done } = await pipeline.start(id);
  await world.clock.run(submitted);
  const { operations } = await world.clock.run(pipeline.stop(id));
  return { result: await world.clock.run(done), operations };
}

/** A clip model that can be cancelled, with the given answer. */
function cancellable(
  cancel: NonNullable<Parameters<typeof mockVideoModel>[0]>['cancel'],
): ReturnType<typeof mockVideoModel> {
  const inner = videoOf(clip({ clock: world.clock }));
  return mockVideoModel({
    start: (request, call) => inner.start(request, call),
    check: (handle, call) => inner.check(handle, call),
    ...(cancel === undefined ? {} : { cancel }),
  });
}

describe('stop', () => {
  it('that nobody waits for has its answer when the run has ended, though the pipeline is closed at once', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    const told: unknown[] = [];
    pipeline.on('call.submitted', () => {
      pipeline.stop(id).then(
        (answer) => told.push(answer),
        (error: unknown) => told.push(error),
      );
    });
    await world.clock.run(pipeline.run(id).then(() => pipeline.close()));
    await world.clock.advance(0);
    expect(told).toMatchObject([{ operations: [{ outcome: 'detached' }] }]);
  });

  it('intends nothing more; a clip that cannot be cancelled is kept, and taken by the next run', async () => {
    const pipeline = world.pipeline();
    const { result, operations } = await stopped(pipeline, 3);
    expect(result.status).toBe('stopped');
    expect(operations).toMatchObject([{ outcome: 'detached', charged: 'unknown' }]);
    const types = await world.types(result.project.id);
    expect(types.lastIndexOf('call.intended')).toBeLessThan(types.indexOf('stop.requested') + 1);
    expect((await world.clock.run(pipeline.run(result.project.id))).status).toBe('completed');
    const clips = world.emitted.filter((event) => event.type === 'call.intended' && event.body.kind === 'video');
    expect(clips).toHaveLength(3);
  });

  it.each([
    ['cancelled', () => Promise.resolve({ outcome: 'cancelled' as const, charged: 'no' as const }), 'cancelled'],
    ['too late', () => Promise.resolve({ outcome: 'too-late' as const, charged: 'yes' as const }), 'detached'],
    ['an error', () => Promise.reject(new Error('no line')), 'detached'],
  ])('a model that answers a cancel with %s', async (_, cancel, outcome) => {
    const { operations } = await stopped(world.pipeline({ video: cancellable(cancel) }));
    expect(operations).toMatchObject([{ outcome }]);
  });

  it('a project at rest is left as it is', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline);
    expect(await pipeline.stop(project.id)).toEqual({ operations: [] });
    expect((await pipeline.get(project.id)).seq).toBe(project.seq);
    const { id } = await pipeline.create(settingsFor(1));
    expect(await pipeline.stop(id)).toEqual({ operations: [] });
  });

  it('from another process ends the run of this one', async () => {
    const [driver, other] = [world.pipeline(), world.pipeline()];
    const { id } = await driver.create(settingsFor(2));
    const { done } = await driver.start(id);
    await world.clock.run(other.stop(id));
    expect((await world.clock.run(done)).status).toBe('stopped');
  });

  it('ends what a process left behind', async () => {
    const gone = world.pipeline();
    const { id } = await gone.create(settingsFor(1));
    const submitted = new Promise<void>((resolve) => gone.on('call.submitted', () => resolve()));
    await gone.start(id);
    await world.clock.run(submitted);
    await world.clock.run(gone.close());
    const pipeline = world.pipeline();
    expect((await world.clock.run(pipeline.stop(id))).operations).toMatchObject([{ outcome: 'detached' }]);
    expect((await pipeline.get(id)).status).toBe('stopped');
  });
});

describe('collect', () => {
  it('settles what a stopped project still had running, and the film then costs nothing more', async () => {
    const pipeline = world.pipeline();
    const { result } = await stopped(pipeline);
    expect(await world.clock.run(pipeline.collect())).toEqual({ settled: 0, open: 1 });
    await world.clock.advance(60_000);
    expect(await world.clock.run(pipeline.collect())).toEqual({ settled: 1, open: 0 });
    const before = await pipeline.get(result.project.id);
    const { project, status } = await world.clock.run(pipeline.run(result.project.id));
    expect(status).toBe('completed');
    expect(project.money).toEqual(before.money);
  });

  it('leaves a project alone that somebody drives', async () => {
    const [driver, other] = [world.pipeline(), world.pipeline()];
    const { id } = await driver.create(settingsFor(1));
    const submitted = new Promise<void>((resolve) => driver.on('call.submitted', () => resolve()));
    const { done } = await driver.start(id);
    await world.clock.run(submitted);
    expect(await other.collect()).toEqual({ settled: 0, open: 0 });
    expect((await world.clock.run(done)).status).toBe('completed');
  });
});

describe('watch', () => {
  it('tells a reader who joins anywhere every event once, and ends at rest', async () => {
    const [pipeline, other] = [world.pipeline(), world.pipeline()];
    const { id } = await pipeline.create(settingsFor(1));
    const readers = [0, 1, 3, 5].map(async (after) => {
      const seqs: number[] = [];
      for await (const { seq } of other.watch(id, { after })) seqs.push(seq);
      return { after, seqs };
    });
    const result = await world.clock.run(pipeline.run(id));
    for (const { after, seqs } of await world.clock.run(Promise.all(readers)))
      expect(seqs).toEqual(Array.from({ length: result.project.seq - after }, (_, index) => after + index + 1));
  });

  it('is ended by its signal', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    const controller = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { type } of pipeline.watch(id, { signal: controller.signal })) {
        seen.push(type);
        setImmediate(() => controller.abort());
      }
    })();
    await reading;
    expect(seen).toEqual(['project.created']);
  });
});

describe('two drivers', () => {
  it('the second is told who has the project, and takes it when the lease is over', async () => {
    const [one, other] = [world.pipeline(), world.pipeline()];
    const { id } = await one.create(settingsFor(1));
    await one.start(id);
    await expect(other.run(id)).rejects.toThrow('is driven by');
    await world.clock.run(one.close());
    expect((await world.clock.run(other.run(id))).status).toBe('completed');
  });

  it('one that has lost its lease ends without a word', async () => {
    const [one, other] = [world.pipeline(), world.pipeline()];
    const { id } = await one.create(settingsFor(1));
    const { done } = await one.start(id);
    const lease = await world.events.leaseOf(id);
    await (await world.events.lease(id, lease?.owner ?? '', 1)).release();
    await world.events.lease(id, 'another', 600_000);
    expect((await world.clock.run(done)).status).toBe('interrupted');
    expect(await world.types(id)).not.toContain('run.ended');
    expect((await other.get(id)).status).toBe('running');
  });
});
