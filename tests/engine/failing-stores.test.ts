import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AssetNotFoundError } from 'vidpipe';
import { ProviderError } from 'vidpipe/provider';
import { mockImageModel } from 'vidpipe/testing';
import { TestWorld, withMembers } from '../support/runs.ts';
import { clip, imageOf, settingsFor, still } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

/** Gives one byte, and breaks off. */
const breaking = (): TransformStream<Uint8Array, Uint8Array> =>
  new TransformStream({
    transform: (chunk, controller) => {
      controller.enqueue(chunk.subarray(0, 1));
      throw new Error('broken off');
    },
  });

const full = (): Promise<never> => Promise.reject(new Error('no space left'));

it('a log that fails in passing keeps what the provider refused', async () => {
  let failing = 2;
  const events = withMembers(world.events, {
    append: (batch) => {
      const refused = batch.events.some(({ type }) => type === 'call.rejected');
      return refused && (failing -= 1) >= 0 ? full() : world.events.append(batch);
    },
  });
  const image = mockImageModel({
    generate: () => Promise.reject(new ProviderError({ kind: 'invalid-request', accepted: 'no', message: 'too odd' })),
  });
  const result = await world.film(world.pipeline({ image }, { events }));
  expect(result).toMatchObject({ status: 'failed', error: { code: 'invalid-request' } });
  expect(failing).toBeLessThan(0);
  expect(image.calls).toHaveLength(1);
});

describe('a store of bytes that is full', () => {
  it('for a clip: the project waits, its call stays open, and a later run takes the clip', async () => {
    let isFull = true;
    const assets = withMembers(world.assets, {
      put: (digest, open, facts) =>
        isFull && facts.mediaType === 'video/mp4' ? full() : world.assets.put(digest, open, facts),
    });
    const video = clip({ clock: world.clock });
    const pipeline = world.pipeline({ video }, { assets });
    const result = await world.film(pipeline);
    expect(result).toMatchObject({
      status: 'waiting',
      waiting: { reason: 'storage', message: expect.stringContaining('no space') as string },
    });
    expect(result.project.money.held).toBe(200_000);
    isFull = false;
    const after = await world.clock.run(pipeline.run(result.project.id));
    expect(after.status).toBe('completed');
    expect(video.calls.filter(({ member }) => member === 'start')).toHaveLength(1);
    expect(after.project.money).toEqual({ charged: 240_000, held: 0, unknown: 0, superseded: 0 });
  });

  it('for a picture: it is asked for again, not bought again, where its model can be asked', async () => {
    let isFull = true;
    const inner = imageOf(still({ clock: world.clock }));
    let first: Awaited<ReturnType<typeof inner.generate>> | undefined;
    const image = mockImageModel({
      generate: async (request, call) => {
        const reply = await inner.generate(request, call);
        first ??= reply;
        return reply;
      },
      lookUp: () => Promise.resolve(first === undefined ? undefined : { finished: first }),
    });
    const assets = withMembers(world.assets, {
      put: (digest, open, facts) => (isFull ? full() : world.assets.put(digest, open, facts)),
    });
    const pipeline = world.pipeline({ image }, { assets });
    const result = await world.film(pipeline);
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'storage' } });
    isFull = false;
    expect((await world.clock.run(pipeline.run(result.project.id))).status).toBe('completed');
    expect(image.calls.filter(({ member }) => member === 'generate')).toHaveLength(2);
  });
});

describe('a store of bytes that fails to read', () => {
  it('at the start or in the middle is read again, and no step fails', async () => {
    let reads = 0;
    const assets = withMembers(world.assets, {
      get: async (digest) => {
        reads += 1;
        if (reads % 3 === 1) throw new Error('try again');
        const body = await world.assets.get(digest);
        return reads % 3 === 2 ? body.pipeThrough(breaking()) : body;
      },
      path: undefined,
    });
    expect((await world.film(world.pipeline({}, { assets }))).status).toBe('completed');
    expect(reads).toBeGreaterThan(6);
  });

  it('for good fails the step, and what is not there is not asked for again', async () => {
    let reads = 0;
    const assets = withMembers(world.assets, {
      get: (digest) => {
        reads += 1;
        return Promise.reject(new AssetNotFoundError({ digest }));
      },
      path: undefined,
    });
    await expect(world.film(world.pipeline({}, { assets }))).resolves.toMatchObject({ status: 'failed' });
    expect(reads).toBeLessThan(4);
  });
});

describe('a store of events', () => {
  it('that fails for a while when the log is followed is followed again', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    let fails = 0;
    const events = withMembers(world.events, {
      read: (projectId, after) => {
        if (after !== undefined && after > 1 && fails < 3) {
          fails += 1;
          throw new Error('the disk sleeps');
        }
        return world.events.read(projectId, after);
      },
    });
    expect((await world.clock.run(world.pipeline({}, { events }).run(id))).status).toBe('completed');
    expect(fails).toBe(3);
    expect(world.logged.join('\n')).toContain('could not be followed');
  });

  it('that gives no lease for a reason of its own rejects the run, and nothing was sent', async () => {
    const video = clip({ clock: world.clock });
    const events = withMembers(world.events, {
      lease: () => Promise.reject(new Error('read-only')),
    });
    const pipeline = world.pipeline({ video }, { events });
    const { id } = await pipeline.create(settingsFor(1));
    await expect(world.clock.run(pipeline.run(id))).rejects.toThrow('read-only');
    expect(video.calls).toEqual([]);
  });

  it('without `follow` is looked at again and again by a reader', async () => {
    const events = withMembers(world.events, { follow: undefined });
    const pipeline = world.pipeline({}, { events });
    const { id } = await pipeline.create(settingsFor(1));
    const seen: number[] = [];
    const watching = (async (): Promise<void> => {
      for await (const { seq } of pipeline.watch(id)) seen.push(seq);
    })();
    const { project } = await world.clock.run(pipeline.run(id));
    await world.clock.run(watching);
    expect(seen).toEqual(Array.from({ length: project.seq }, (_, index) => index + 1));
  });

  it('that fails ends a reader with its error', async () => {
    const events = withMembers(world.events, {
      follow: () => Promise.reject(new Error('gone')),
    });
    const pipeline = world.pipeline({}, { events });
    const { id } = await pipeline.create(settingsFor(1));
    const watching = (async (): Promise<void> => {
      for await (const _ of pipeline.watch(id));
    })();
    await expect(watching).rejects.toThrow('gone');
  });
});
