import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pipeline } from 'vidpipe';
import { ProviderError } from 'vidpipe/provider';
import type { AssetStore, Digest } from 'vidpipe/storage';
import { mockTextModel, mockVideoModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip, settingsFor, storyboardOf, videoOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

type Video = NonNullable<Parameters<typeof mockVideoModel>[0]>;

/** A clip model whose first submission hangs for ever; the ones after it work. */
function hanging(more: Video = {}): ReturnType<typeof mockVideoModel> {
  const inner = videoOf(clip({ clock: world.clock }));
  let hung = false;
  return mockVideoModel({
    start: (request, call) => {
      if (hung) return inner.start(request, call);
      hung = true;
      return new Promise(() => undefined);
    },
    check: (handle, call) => inner.check(handle, call),
    ...more,
  });
}

/** A project whose driver went away while its clip was being submitted. */
async function abandoned(video: ReturnType<typeof mockVideoModel>): Promise<string> {
  const gone = world.pipeline({ video });
  const { id } = await gone.create(settingsFor(1));
  const asked = new Promise<void>((resolve) =>
    gone.on('call.intended', ({ body }) => (body.kind === 'video' ? resolve() : undefined)),
  );
  await gone.start(id);
  await world.clock.run(asked);
  void gone.close();
  const lease = await world.events.leaseOf(id);
  await (await world.events.lease(id, lease?.owner ?? '', 1)).release();
  return id;
}

const starts = (video: ReturnType<typeof mockVideoModel>): number =>
  video.calls.filter(({ member }) => member === 'start').length;

describe('a submission whose sender is gone', () => {
  it('is waited for as long as it could still be sent and answered, then asked about', async () => {
    const video = hanging();
    const id = await abandoned(video);
    const began = world.clock.monotonic();
    const result = await world.clock.run(world.pipeline({ video }).run(id));
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'unknown-charge' } });
    expect(world.clock.monotonic() - began).toBeGreaterThanOrEqual(90_000);
    expect(starts(video)).toBe(1);
  });

  it('that the provider does not know is bought again only after that time', async () => {
    const video = hanging({ lookUp: () => Promise.resolve(undefined) });
    const id = await abandoned(video);
    const began = world.clock.monotonic();
    const result = await world.clock.run(world.pipeline({ video }).run(id));
    expect(result.status).toBe('completed');
    expect(world.clock.monotonic() - began).toBeGreaterThanOrEqual(90_000);
    expect(await world.types(id)).toContain('call.rejected');
  });

  it.each([3_600_000, -3_600_000])(
    'is waited for as long when the wall clock is set meanwhile, by %i ms: its sender may still send it',
    async (ms) => {
      const video = hanging({ lookUp: () => Promise.resolve(undefined) });
      const id = await abandoned(video);
      const began = world.clock.monotonic();
      const running = world.pipeline({ video }).run(id);
      await world.clock.advance(1_000);
      world.clock.jump(ms);
      expect((await world.clock.run(running)).status).toBe('completed');
      const rejected = world.emitted.find(({ type }) => type === 'call.rejected');
      expect(rejected).toBeDefined();
      const took = world.clock.monotonic() - began;
      expect([took >= 90_000, took < 300_000]).toEqual([true, true]);
    },
  );

  it('is looked up until its deadline by a clock that nobody sets: a wall clock set forward ends nothing early', async () => {
    let looks = 0;
    const passing = new ProviderError({ kind: 'transient', accepted: 'no', message: 'come back later' });
    const video = hanging({
      lookUp: () => ((looks += 1) < 20 ? Promise.reject(passing) : Promise.resolve(undefined)),
    });
    const id = await abandoned(video);
    const running = world.pipeline({ video }).run(id);
    await world.clock.advance(1_000);
    world.clock.jump(24 * 3_600_000);
    expect((await world.clock.run(running)).status).toBe('completed');
    expect(looks).toBe(20);
  });

  it('that the provider knows is taken at once', async () => {
    const handle = { callId: 'c', seconds: 4, width: 1280, height: 720, at: 0 };
    const video = hanging({ lookUp: () => Promise.resolve({ handle }) });
    const id = await abandoned(video);
    const began = world.clock.monotonic();
    const result = await world.clock.run(world.pipeline({ video }).run(id));
    expect(result.status).toBe('completed');
    expect(world.clock.monotonic() - began).toBeLessThanOrEqual(60_000);
    expect(starts(video)).toBe(1);
  });

  it('that the provider has finished meanwhile is taken whole', async () => {
    const finished = { state: 'failed', kind: 'invalid-request', message: 'no such ratio', charged: 'no' } as const;
    const video = hanging({ lookUp: () => Promise.resolve({ finished }) });
    const id = await abandoned(video);
    const result = await world.clock.run(world.pipeline({ video }).run(id));
    expect(result).toMatchObject({ status: 'failed' });
    expect(await world.types(id)).toContain('call.settled');
  });

  it('of an idempotent model is sent again at once, and a refusal of that proves nothing of the first', async () => {
    let refuse = true;
    const inner = videoOf(clip({ clock: world.clock }));
    const refusal = new ProviderError({ kind: 'auth', accepted: 'no', message: 'the key has expired' });
    const video = hanging({
      idempotent: true,
      start: (request, call) => {
        if (starts(video) === 1) return new Promise(() => undefined);
        return refuse ? Promise.reject(refusal) : inner.start(request, call);
      },
    });
    const id = await abandoned(video);
    const first = await world.clock.run(world.pipeline({ video }).run(id));
    expect(first).toMatchObject({ status: 'waiting', waiting: { reason: 'unknown-charge' } });
    refuse = false;
    expect((await world.clock.run(world.pipeline({ video }).run(id))).status).toBe('completed');
  });

  it('of an idempotent model is unknown once, also when nobody can tell of its second sending', async () => {
    const broken = new ProviderError({ kind: 'transient', accepted: 'unknown', message: 'the connection broke' });
    const video = hanging({
      idempotent: true,
      start: () => (starts(video) === 1 ? new Promise(() => undefined) : Promise.reject(broken)),
    });
    const id = await abandoned(video);
    const { status } = await world.clock.run(world.pipeline({ video }).run(id));
    expect(status).toBe('waiting');
    expect(starts(video)).toBe(2);
    expect((await world.types(id)).filter((type) => type === 'call.unknown')).toHaveLength(1);
  });

  it('is left alone as soon as the sender tells what became of it', async () => {
    let answer: () => void = () => undefined;
    const inner = videoOf(clip({ clock: world.clock }));
    const video = mockVideoModel({
      start: async (request, call) => {
        const found = await inner.start(request, call);
        await new Promise<void>((resolve) => (answer = resolve));
        return found;
      },
      check: (handle, call) => inner.check(handle, call),
    });
    const id = await abandoned(video);
    const running = world.pipeline({ video }).run(id);
    await world.clock.advance(5_000);
    answer();
    expect((await world.clock.run(running)).status).toBe('completed');
    expect(starts(video)).toBe(1);
    expect(await world.types(id)).not.toContain('call.unknown');
  });

  it('is left open by a driver that is closed while it waits', async () => {
    const video = hanging();
    const id = await abandoned(video);
    const waiting = world.pipeline({ video });
    const { done } = await waiting.start(id);
    await world.clock.advance(5_000);
    await world.clock.run(waiting.close());
    expect((await done).status).toBe('interrupted');
    expect((await world.clock.run(world.pipeline({ video }).run(id))).status).toBe('waiting');
    expect(starts(video)).toBe(1);
  });

  it('is asked about by collect, too', async () => {
    const handle = { callId: 'c', seconds: 4, width: 1280, height: 720, at: 0 };
    const video = hanging({ lookUp: () => Promise.resolve({ handle }) });
    await abandoned(video);
    const pipeline = world.pipeline({ video });
    expect(await world.clock.run(pipeline.collect())).toEqual({ settled: 0, open: 1 });
    await world.clock.advance(60_000);
    expect(await world.clock.run(pipeline.collect())).toEqual({ settled: 1, open: 0 });
    expect(starts(video)).toBe(1);
  });

  it('is asked about again in every run, when the last answer was none', async () => {
    let found = false;
    const handle = { callId: 'c', seconds: 4, width: 1280, height: 720, at: 0 };
    const lookUp = (): Promise<{ handle: typeof handle } | undefined> =>
      found ? Promise.resolve({ handle }) : Promise.reject(new Error('down'));
    const video = hanging({ lookUp });
    const id = await abandoned(video);
    expect((await world.clock.run(world.pipeline({ video }).run(id))).status).toBe('waiting');
    found = true;
    expect((await world.clock.run(world.pipeline({ video }).run(id))).status).toBe('completed');
    expect(starts(video)).toBe(1);
  });

  /** A look-up that can not tell before `ms` have passed since the intent, then answers as `later` does. */
  const after =
    <T>(ms: number, later: () => T, retryAfterMs?: number) =>
    ({ at }: { readonly at: string }): Promise<T> =>
      world.clock.now() - Date.parse(at) > ms
        ? Promise.resolve(later())
        : Promise.reject(
            new ProviderError({
              kind: 'transient',
              accepted: 'unknown',
              message: 'can not tell yet',
              ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
            }),
          );
  const lookUps = (video: ReturnType<typeof mockVideoModel>): number =>
    video.calls.filter(({ member }) => member === 'lookUp').length;

  it('is asked about again while the provider can not tell yet, and found without asking anyone', async () => {
    const handle = { callId: 'c', seconds: 4, width: 1280, height: 720, at: 0 };
    const video = hanging({ lookUp: after(600_000, () => ({ handle }), 60_000) });
    const id = await abandoned(video);
    const result = await world.clock.run(world.pipeline({ video }).run(id));
    expect(result.status).toBe('completed');
    expect(result.project.money).toMatchObject({ held: 0, unknown: 0 });
    // At once, when nothing can be under way any more (90 s), then every minute until 630 s.
    expect([starts(video), lookUps(video)]).toEqual([1, 11]);
  });

  it('that can only be told not to exist after the deadline of its model is bought again then', async () => {
    const video = hanging({ lookUp: after(1_200_000, () => undefined) });
    const id = await abandoned(video);
    const began = world.clock.monotonic();
    const result = await world.clock.run(world.pipeline({ video }).run(id));
    expect(result.status).toBe('completed');
    expect(world.clock.monotonic() - began).toBeGreaterThanOrEqual(1_200_000);
    expect(starts(video)).toBe(2);
    expect(result.project.money).toMatchObject({ held: 0, unknown: 0 });
  });

  it('is left to the policy when the provider can not tell at the deadline of its model', async () => {
    const video = hanging({ lookUp: after(Infinity, () => undefined) });
    const id = await abandoned(video);
    const began = world.clock.monotonic();
    const result = await world.clock.run(world.pipeline({ video }).run(id));
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'unknown-charge' } });
    expect(world.clock.monotonic() - began).toBeGreaterThanOrEqual(1_200_000);
    expect(starts(video)).toBe(1);
  });

  it('is let go by a stop while the provider can not tell yet', async () => {
    const video = hanging({ lookUp: after(600_000, () => undefined, 300_000) });
    const id = await abandoned(video);
    const pipeline = world.pipeline({ video });
    const { done } = await pipeline.start(id);
    await world.clock.advance(200_000);
    await world.clock.run(pipeline.stop(id));
    expect((await world.clock.run(done)).status).toBe('stopped');
    expect(await world.types(id)).toContain('call.unknown');
  });

  it('is asked about by collect without waiting until the provider can tell', async () => {
    const video = hanging({ lookUp: after(600_000, () => undefined) });
    await abandoned(video);
    const began = world.clock.monotonic();
    expect(await world.clock.run(world.pipeline({ video }).collect())).toEqual({ settled: 0, open: 1 });
    expect(world.clock.monotonic() - began).toBeLessThan(100_000);
  });

  it('is counted by a stop as nobody knows what', async () => {
    const video = hanging();
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(1));
    const asked = new Promise<void>((resolve) =>
      pipeline.on('call.intended', ({ body }) => (body.kind === 'video' ? resolve() : undefined)),
    );
    await pipeline.start(id);
    await world.clock.run(asked);
    const { operations } = await world.clock.run(pipeline.stop(id));
    expect(operations).toMatchObject([{ outcome: 'unknown', charged: 'unknown' }]);
  });
});

/** Assets whose `get` does what is asked once the pictures are there. */
function assetsWith(get: (digest: Digest) => Promise<ReadableStream<Uint8Array>>): AssetStore {
  return Object.assign(Object.create(world.assets) as AssetStore, {
    put: world.assets.put.bind(world.assets),
    get,
  });
}

describe('a request that can not be put together', () => {
  it('in time is never sent, costs nothing, and is tried again', async () => {
    let slow = true;
    const assets = assetsWith(async (digest) => {
      if (slow) await world.clock.sleep(40_000);
      slow = false;
      return world.assets.get(digest);
    });
    const result = await world.film(world.pipeline({}, { assets }), 1);
    expect(result.status).toBe('completed');
    const types = await world.types(result.project.id);
    expect(types.filter((type) => type === 'call.rejected')).toHaveLength(1);
    expect(result.project.money).toEqual({ charged: 240_000, held: 0, unknown: 0, superseded: 0 });
  });

  it('because an asset is gone fails its step, and nothing was sent', async () => {
    const assets = assetsWith((digest) => world.assets.get(`${digest.slice(0, -4)}0000` as Digest));
    const result = await world.film(world.pipeline({}, { assets }), 1);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'asset-not-found' } });
    expect(result.project.money).toEqual({ charged: 20_000, held: 0, unknown: 0, superseded: 0 });
  });
});

describe('a project that is deleted under its driver', () => {
  it('goes no further, and what was paid still counts', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1, { account: 'acme' }));
    const asked = new Promise<void>((resolve) => pipeline.on('call.intended', () => resolve()));
    const { done } = await pipeline.start(id);
    await world.clock.run(asked);
    await world.events.delete(id);
    await world.clock.run(done).catch((error: unknown) => expect(error).toMatchObject({ code: 'project-deleted' }));
    expect(await world.events.pool('account/acme')).toMatchObject({ held: 0, charged: 20_000 });
    expect(await world.types(id)).toEqual([]);
  });
});

describe('many changes at once', () => {
  /** Pipelines that all ask for one more scene of the same project at the same moment. */
  async function all(pipelines: readonly Pipeline[], id: string): Promise<void> {
    await world.clock.run(Promise.all(pipelines.map((pipeline) => pipeline.expand(id, 1))));
  }

  it('from several processes are all made, one after another', async () => {
    const reply = JSON.stringify({ scenes: storyboardOf(1).scenes });
    const text = mockTextModel({
      generate: () => Promise.resolve({ state: 'succeeded', outputs: [{ bytes: new TextEncoder().encode(reply) }] }),
    });
    const pipelines = [1, 2, 3, 4].map(() => world.pipeline({ text }));
    const [first] = pipelines;
    if (first === undefined) throw new Error('no pipeline');
    const { id } = await first.create(settingsFor(1));
    await all(pipelines, id);
    expect((await world.types(id)).filter((type) => type === 'scenes.requested')).toHaveLength(4);
    expect((await world.clock.run(first.run(id))).project.scenes).toHaveLength(5);
  });

  it('one that is refused does not take the others with it', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1, { maxScenes: 3 }));
    const made = await Promise.allSettled([1, 5, 1].map((count) => pipeline.expand(id, count)));
    expect(made.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
