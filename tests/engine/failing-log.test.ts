import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Pipeline, usd } from 'vidpipe';
import type { AppendBatch, EventStore } from 'vidpipe/storage';
import { TestWorld, withMembers } from '../support/runs.ts';
import { clip, settingsFor } from '../support/world.ts';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
let world: TestWorld;
beforeEach(() => {
  world = new TestWorld();
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await world.close();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

/** Whether a batch is a decision that holds an event whose JSON contains `text`. */
const holds = ({ expectedSeq, events }: AppendBatch, text: string): boolean =>
  expectedSeq !== undefined && JSON.stringify(events).includes(text);

/** A store that fails an append `fails` says so of: before it is done, or with `late` after it. */
function failing(fails: (batch: AppendBatch) => boolean, late = false): EventStore {
  return withMembers(world.events, {
    append: async (batch) => {
      if (!fails(batch)) return world.events.append(batch);
      if (late) await world.events.append(batch);
      throw new Error('the disk is full');
    },
  });
}

/** A store that fails the first `times` appends of decisions with this text. */
function failingFirst(times: number, text: string, late = false): EventStore {
  let left = times;
  return failing((batch) => holds(batch, text) && (left -= 1) >= 0, late);
}

const VIDEO = '"kind":"video"';
const starts = (video: ReturnType<typeof clip>): number =>
  video.calls.filter(({ member }) => member === 'start').length;

describe('a log that takes no decision', () => {
  it.each(['before it is done', 'after it'])(
    'in passing (%s) costs a wait, and the call is sent once',
    async (when) => {
      const video = clip({ clock: world.clock });
      const events = failingFirst(3, VIDEO, when === 'after it');
      const { status, project } = await world.film(world.pipeline({ video }, { events }), 1, { budget: usd(1) });
      expect([status, starts(video)]).toEqual(['completed', 1]);
      expect(await world.events.pool(`project/${project.id}`)).toMatchObject({ held: 0, charged: 240_000 });
      expect((await world.types(project.id)).filter((type) => type === 'call.intended')).toHaveLength(3);
    },
  );

  it('for long rests the run as waiting for storage, and nothing was sent', async () => {
    const video = clip({ clock: world.clock });
    const pipeline = world.pipeline({ video }, { events: failingFirst(5, VIDEO) });
    const result = await world.film(pipeline, 1);
    expect(result).toMatchObject({
      status: 'waiting',
      waiting: { reason: 'storage', message: expect.stringContaining('the disk is full') as string },
    });
    expect(starts(video)).toBe(0);
    expect(await world.types(result.project.id)).not.toContain('run.crashed');
    expect((await world.clock.run(pipeline.run(result.project.id))).status).toBe('completed');
    expect(starts(video)).toBe(1);
  });

  it('nor can be read after it ends in the result, and a later run goes on', async () => {
    const video = clip({ clock: world.clock });
    let isGone = false;
    const events = withMembers(
      failing((batch) => (isGone ||= holds(batch, VIDEO))),
      {
        read: (projectId, after) => {
          if (isGone) throw new Error('the disk is gone');
          return world.events.read(projectId, after);
        },
      },
    );
    const pipeline = world.pipeline({ video }, { events });
    const { id } = await pipeline.create(settingsFor(1));
    await expect(world.clock.run(pipeline.run(id))).rejects.toMatchObject({ code: 'event-store' });
    expect(await world.events.leaseOf(id)).toBeNull();
    isGone = false;
    const again = await world.clock.run(world.pipeline({ video }).run(id));
    expect([again.status, starts(video)]).toEqual(['completed', 1]);
  });

  it('nor the end of the run says so in the result: it is interrupted, and its lease is given back', async () => {
    const video = clip({ clock: world.clock });
    let isGone = false;
    const events = failing((batch) => isGone && batch.expectedSeq !== undefined);
    const pipeline = world.pipeline({ video }, { events });
    const { id } = await pipeline.create(settingsFor(1));
    const { done } = await pipeline.start(id);
    isGone = true;
    expect(await world.clock.run(done)).toMatchObject({
      status: 'interrupted',
      error: { code: 'event-store', message: expect.stringContaining('the disk is full') as string },
      project: { status: 'interrupted' },
    });
    expect(await world.events.leaseOf(id)).toBeNull();
    expect(world.logged.join('\n')).toContain('a run could not be ended');
    expect(starts(video)).toBe(0);
    isGone = false;
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
  });

  it('of the end of the run alone: nothing is lost, and the next run ends at once', async () => {
    const pipeline = world.pipeline({}, { events: failingFirst(5, 'run.ended') });
    const { id } = await pipeline.create(settingsFor(1));
    expect(await world.clock.run(pipeline.run(id))).toMatchObject({
      status: 'interrupted',
      error: { code: 'event-store' },
    });
    const charged = world.emitted.filter(({ type }) => type === 'call.settled').length;
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
    expect(world.emitted.filter(({ type }) => type === 'call.settled')).toHaveLength(charged);
  });

  it('a change that the user makes is told so, and can be made again', async () => {
    const pipeline = world.pipeline({}, { events: failingFirst(5, 'scenes.requested') });
    const { id } = await pipeline.create(settingsFor(1));
    await expect(world.clock.run(pipeline.expand(id, 1))).rejects.toMatchObject({ code: 'event-store' });
    await world.clock.run(pipeline.expand(id, 1));
    expect((await world.types(id)).filter((type) => type === 'scenes.requested')).toHaveLength(1);
  });
});

it('a lease that can not be given back does not fail the run', async () => {
  const events = withMembers(world.events, {
    lease: async (...args) => ({
      ...(await world.events.lease(...args)),
      release: () => Promise.reject(new Error('the disk is gone')),
    }),
  });
  expect((await world.film(world.pipeline({}, { events }))).status).toBe('completed');
});

describe('a pipeline that a listener closes', () => {
  /** Closes the pipeline at the first event that `when` says so of; resolves when it is closed. */
  function closedAt(pipeline: Pipeline, when: (body: { readonly kind: string }) => boolean): Promise<void> {
    return new Promise((resolve) => {
      pipeline.on('call.intended', ({ body }) => (when(body) ? resolve(pipeline.close()) : undefined));
    });
  }

  it.each(['image', 'video'])(
    'as a call for %s is intended ends its runs, and the call is never sent',
    async (kind) => {
      const video = clip({ clock: world.clock });
      const pipeline = world.pipeline({ video });
      const { id } = await pipeline.create(settingsFor(2));
      const closed = closedAt(pipeline, (body) => body.kind === kind);
      const run = pipeline.run(id);
      // What closes it also waits for the work folder, in real time.
      const { status } = await world.clock.run(run).catch(() => run);
      await closed;
      expect([status, video.calls.length]).toEqual(['interrupted', 0]);
      const { project } = await world.clock.run(world.pipeline({ video }).run(id));
      expect(project).toMatchObject({ status: 'completed', money: { charged: 460_000, held: 0, unknown: 0 } });
    },
  );
});
