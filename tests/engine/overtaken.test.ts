import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Pipeline, type RunResult, usd } from 'vidpipe';
import {
  type CallOptions,
  type Defined,
  type Found,
  perCall,
  perImage,
  perSecond,
  ProviderError,
  type Reply,
} from 'vidpipe/provider';
import type { EventStore } from 'vidpipe/storage';
import { mockImageModel, mockTextModel, mockVideoModel, paper } from 'vidpipe/testing';
import { freeLease, TestWorld, withMembers } from '../support/runs.ts';
import { clip, settingsFor, storyboardOf, videoOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

/** A service that bills each call at acceptance, and can be asked what became of it. */
class Service {
  readonly bills: string[] = [];
  readonly #replies = new Map<string, Reply>();
  readonly #handles = new Map<string, Found>();
  #drafts = 0;

  /** First a reply that is no JSON, then a storyboard. */
  readonly text: Defined = mockTextModel({
    price: perCall(usd('0.01')),
    generate: (_, call) => this.#answer(call, new TextEncoder().encode(this.#draft())),
    lookUp: (call) => Promise.resolve(this.#found(call.callId)),
  });

  readonly image: Defined = mockImageModel({
    price: perImage(usd('0.02')),
    generate: ({ width, height, prompt, seed }, call) =>
      this.#answer(call, paper({ kind: 'image', width, height, note: `${prompt} ${seed}` })),
    lookUp: (call) => Promise.resolve(this.#found(call.callId)),
  });

  readonly video: Defined;

  constructor() {
    const inner = videoOf(clip({ clock: world.clock }));
    this.video = mockVideoModel({
      price: perSecond(usd('0.05')),
      start: async (request, call) => {
        this.bills.push(call.callId);
        const found = await inner.start(request, call);
        this.#handles.set(call.callId, found);
        return found;
      },
      check: (handle, call) => inner.check(handle, call),
      lookUp: (call) => Promise.resolve(this.#handles.get(call.callId)),
    });
  }

  #draft(): string {
    this.#drafts += 1;
    return this.#drafts === 1 ? 'a story about a whale' : JSON.stringify(storyboardOf(1));
  }

  #found(callId: string): Found | undefined {
    const finished = this.#replies.get(callId);
    return finished === undefined ? undefined : { finished };
  }

  async #answer({ callId }: CallOptions, bytes: Uint8Array): Promise<Reply> {
    this.bills.push(callId);
    const reply: Reply = { state: 'succeeded', outputs: [{ bytes }], usage: { calls: 1, images: 1 } };
    this.#replies.set(callId, reply);
    await world.clock.sleep(8_000);
    return reply;
  }
}

/** The world's store, in which something happens before the `nth` append of one pipeline. */
function disturbed(nth: number, disturb: () => Promise<void>): { readonly events: EventStore; appends(): number } {
  let appends = 0;
  const events = withMembers(world.events, {
    append: async (batch) => {
      appends += 1;
      if (appends === nth) await disturb();
      return world.events.append(batch);
    },
  });
  return { events, appends: () => appends };
}

async function create(pipeline: Pipeline): Promise<string> {
  const { id } = await pipeline.create({ prompt: 'p', duration: 4, clipDuration: 4, seed: 1 });
  return id;
}

/** Runs a project to a rest of any kind; a driver may lose it on the way. */
async function runOn(pipeline: Pipeline, id: string): Promise<RunResult | 'lost'> {
  try {
    return await world.clock.run(pipeline.run(id));
  } catch (error) {
    if (error instanceof Error && error.name === 'LeaseHeldError') return 'lost';
    throw error;
  }
}

const APPENDS = 20;
const everyAppend = Array.from({ length: APPENDS }, (_, index) => index + 1);

/** Two drafts, two stills and a clip, each bought once, whoever bought them. */
async function expectWhole(service: Service, id: string, next: Pipeline): Promise<void> {
  await freeLease(world.events, id);
  const result = await world.clock.run(next.run(id));
  expect(result.status).toBe('completed');
  expect(service.bills).toHaveLength(5);
  expect(new Set(service.bills).size).toBe(5);
  expect(result.project.money).toEqual({
    charged: 2 * 10_000 + 2 * 20_000 + 4 * 50_000,
    held: 0,
    unknown: 0,
    superseded: 0,
  });
}

describe('a driver that is overtaken before any of its appends', () => {
  it('has no more appends than are disturbed here', async () => {
    const service = new Service();
    const store = disturbed(0, () => Promise.resolve());
    const pipeline = world.pipeline(service, { events: store.events });
    await expectWhole(service, await create(pipeline), pipeline);
    expect(store.appends()).toBeLessThanOrEqual(APPENDS);
    expect(store.appends()).toBeGreaterThan(APPENDS / 2);
  });

  it.each(everyAppend)('by one that finishes the film: nothing is bought twice (%i)', async (nth) => {
    const service = new Service();
    const other = world.pipeline(service);
    let id = '';
    const { events } = disturbed(nth, async () => {
      if (id === '') return;
      await freeLease(world.events, id);
      await other.run(id);
    });
    const driver = world.pipeline(service, { events });
    id = await create(driver);
    await runOn(driver, id);
    await expectWhole(service, id, other);
  });

  it.each(everyAppend)('by a stop: it rests, and a resume completes it (%i)', async (nth) => {
    const service = new Service();
    const other = world.pipeline(service);
    let id = '';
    const { events } = disturbed(nth, async () => {
      if (id === '') return;
      void other.stop(id).catch(() => undefined);
      for (let look = 0; look < 20; look += 1) await Promise.resolve();
    });
    const driver = world.pipeline(service, { events });
    id = await create(driver);
    await runOn(driver, id);
    await expectWhole(service, id, other);
  });
});

describe('a fact from a sender that was overtaken', () => {
  it('is gone on with, even when it comes as the next run is about to rest', async () => {
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    let starts = 0;
    const inner = videoOf(clip({ clock: world.clock }));
    const video = mockVideoModel({
      start: async (request, call) => {
        starts += 1;
        await answered;
        return inner.start(request, call);
      },
      check: (handle, call) => inner.check(handle, call),
    });
    const frozen = world.pipeline({ video });
    const { id } = await frozen.create(settingsFor(1));
    const frozenRun = runOn(frozen, id);
    while (starts === 0) await setImmediate();
    await freeLease(world.events, id);

    let late = 0;
    const events = withMembers(world.events, {
      append: async (batch) => {
        if (late === 0 && batch.events.some(({ type }) => type === 'run.ended')) {
          late += 1;
          answer();
          while (!(await world.types(id)).includes('call.submitted')) await setImmediate();
        }
        return world.events.append(batch);
      },
    });
    const result = await world.clock.run(world.pipeline({ video }, { events }).run(id));
    expect(await frozenRun).not.toBe('lost');
    expect(late).toBe(1);
    expect(result.status).toBe('completed');
    expect(starts).toBe(1);
  });
});

describe('a driver that was overtaken while nobody can tell what became of its call', () => {
  it('leaves the call to the new run, and does not ask for ever', async () => {
    let looks = 0;
    const failing = mockVideoModel({
      price: perSecond(usd('0.05')),
      start: async () => {
        await world.clock.sleep(1_000);
        throw new ProviderError({ kind: 'transient', accepted: 'unknown', message: 'reset' });
      },
      lookUp: () => {
        looks += 1;
        return looks > 20 ? new Promise(() => undefined) : Promise.reject(new Error('no answer'));
      },
    });
    const old = world.pipeline({ video: failing });
    const { id } = await old.create(settingsFor(1, { onUnknown: { video: 'resubmit' } }));
    const asked = new Promise<void>((resolve) =>
      old.on('call.intended', ({ body }) => (body.kind === 'video' ? resolve() : undefined)),
    );
    const { done } = await old.start(id);
    await world.clock.run(asked);
    await freeLease(world.events, id);
    const { done: taken } = await world.pipeline().start(id);
    await world.clock.advance(10_000);
    expect(looks).toBeLessThan(3);
    expect((await world.clock.run(taken)).status).toBe('completed');
    await world.clock.run(done);
  });
});

describe('a sender that wakes too late to send', () => {
  it('does not say that a call was never sent which another may have sent again under its key', async () => {
    const bills: string[] = [];
    const inner = videoOf(clip({ clock: world.clock }));
    const keyed = (answers: boolean): Defined =>
      mockVideoModel({
        idempotent: true,
        price: perSecond(usd('0.05')),
        start: (request, call) => {
          bills.push(call.callId);
          return answers ? inner.start(request, call) : new Promise(() => undefined);
        },
        check: (handle, call) => inner.check(handle, call),
      });
    let wake: () => void = () => undefined;
    const asleep = new Promise<void>((resolve) => (wake = resolve));
    let isFilming = false;
    const assets = withMembers(world.assets, {
      get: (digest) => (isFilming ? asleep.then(() => world.assets.get(digest)) : world.assets.get(digest)),
    });
    const sleeper = world.pipeline({ video: keyed(true) }, { assets });
    const { id } = await sleeper.create(settingsFor(1, { storyboard: storyboardOf(1) }));
    const filming = new Promise<void>((resolve) =>
      sleeper.on('call.intended', ({ body }) => {
        isFilming ||= body.kind === 'video';
        if (isFilming) resolve();
      }),
    );
    await sleeper.start(id);
    await world.clock.run(filming);
    await world.clock.advance(1_000);
    await freeLease(world.events, id);
    await world.pipeline({ video: keyed(false) }).start(id);
    await world.clock.advance(20_000);
    await freeLease(world.events, id);
    await world.clock.advance(35_000);
    wake();
    await world.clock.advance(1_000);
    expect(await world.types(id)).not.toContain('call.rejected');
    await freeLease(world.events, id);
    expect((await world.clock.run(world.pipeline({ video: keyed(true) }).run(id))).status).toBe('completed');
    expect(new Set(bills).size).toBe(1);
  });
});
