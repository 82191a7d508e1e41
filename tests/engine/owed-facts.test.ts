import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventStore } from 'vidpipe/storage';
import { TestWorld, withMembers } from '../support/runs.ts';
import { settingsFor, storyboardOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

/** A store that refuses the first fact of this type while it `isFull`, and takes everything else. */
function refusing(type: string, isFull: () => boolean): EventStore {
  let refused: string | undefined;
  return withMembers(world.events, {
    append: (batch) => {
      if (batch.batchId.endsWith(`/${type}`)) refused ??= batch.batchId;
      return batch.batchId === refused && isFull()
        ? Promise.reject(new Error('the disk is full'))
        : world.events.append(batch);
    },
  });
}

const intended = (): number => world.emitted.filter(({ type }) => type === 'call.intended').length;

describe('while what became of a call is not durable, nothing new is intended:', () => {
  it.each([
    ['call.settled', 'of a picture, while another scene is drawn', 1, 10_000, 480_000],
    ['call.submitted', 'of a clip, while the next scene is drawn', Infinity, 20_000, 680_000],
  ])('%s %s', async (type, _, cutEvery, refusedBy, charged) => {
    let isFull = true;
    const pipeline = world.pipeline({}, { events: refusing(type, () => isFull) });
    const scenes = cutEvery === 1 ? 2 : 3;
    const { id } = await pipeline.create(settingsFor(scenes, { storyboard: storyboardOf(scenes, cutEvery) }));
    const run = pipeline.run(id);
    await world.clock.advance(refusedBy);
    const before = intended();
    await world.clock.advance(600_000);
    expect(world.logged.join('\n')).toContain('a fact is not durable yet');
    expect(intended()).toBe(before);
    isFull = false;
    const { status, project } = await world.clock.run(run);
    expect([status, project.waiting?.reason]).toEqual(['waiting', 'storage']);
    const after = await world.clock.run(pipeline.run(id));
    expect(after.project).toMatchObject({ status: 'completed', money: { charged, held: 0, unknown: 0 } });
  });

  it('a refusal in passing costs a wait, and the run goes on', async () => {
    let left = 2;
    const events = refusing('call.settled', () => (left -= 1) >= 0);
    const { status, project } = await world.film(world.pipeline({}, { events }), 2);
    expect([status, project.money.charged]).toEqual(['completed', 460_000]);
  });
});

it('a summary that the store refuses in passing is written all the same', async () => {
  const pipeline = world.pipeline();
  const { id } = await pipeline.create(settingsFor(1));
  const run = pipeline.run(id, { deadlineMs: 20_000 });
  expect((await world.clock.run(run)).project.waiting?.reason).toBe('deadline');
  await world.clock.advance(120_000);
  let left = 3;
  const events = withMembers(world.events, {
    append: (batch) =>
      batch.events.length === 0 && (left -= 1) >= 0
        ? Promise.reject(new Error('the disk is full'))
        : world.events.append(batch),
  });
  const other = world.pipeline({}, { events });
  expect(await world.clock.run(other.collect())).toEqual({ settled: 1, open: 0 });
  expect((await other.list()).items[0]?.seq).toBe((await other.get(id)).seq);
});
