import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pipeline, ProjectEvent } from 'vidpipe';
import type { EventStore } from 'vidpipe/storage';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorld, withMembers } from '../support/runs.ts';
import { settingsFor } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

/** Reads all that a watch tells, and how it ended. */
async function watched(pipeline: Pipeline, id: string, seen: ProjectEvent[] = []): Promise<string> {
  try {
    for await (const event of pipeline.watch(id)) seen.push(event);
    return 'it rests';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'vidpipe-watching-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a watch', () => {
  it.each<[string, () => EventStore]>([
    ['in memory', () => world.events],
    ['in a file', () => sqlite(join(folder, 'v.db'), { now: () => world.clock.now() })],
    ['of a store that can not be followed', () => withMembers(world.events, { follow: undefined })],
  ])('of a project that is deleted meanwhile ends with that, %s', async (_, make) => {
    const events = make();
    const pipeline = world.pipeline({}, { events });
    const { id } = await pipeline.create(settingsFor(1));
    const seen: ProjectEvent[] = [];
    const over = watched(pipeline, id, seen);
    await world.clock.advance(1_000);
    await world.pipeline({}, { events }).delete(id);
    expect(await world.clock.run(over)).toBe('project-deleted');
    expect(seen.map(({ type }) => type)).toEqual(['project.created']);
  });

  it('of a project that is not there says so', async () => {
    expect(await world.clock.run(watched(world.pipeline(), 'nobody'))).toBe('project-not-found');
  });

  it.each([true, false])(
    'of a pipeline that is closed ends with that (store that can be followed: %s)',
    async (can) => {
      const pipeline = world.pipeline({}, can ? {} : { events: withMembers(world.events, { follow: undefined }) });
      const { id } = await pipeline.create(settingsFor(1));
      const over = watched(pipeline, id);
      await world.clock.advance(1_000);
      await world.clock.run(pipeline.close());
      expect(await world.clock.run(over)).toBe('pipeline-closed');
    },
  );

  it('that is never read holds nothing: it reads the log, event after event, when it is asked', async () => {
    let read = 0;
    const events = withMembers(world.events, {
      read: async function* (projectId, after) {
        for await (const event of world.events.read(projectId, after)) {
          read += 1;
          yield event;
        }
      },
    });
    const reader = world.pipeline({}, { events });
    const { id } = await reader.create(settingsFor(1));
    const watch = reader.watch(id)[Symbol.asyncIterator]();
    expect((await watch.next()).value).toMatchObject({ type: 'project.created' });
    read = 0;
    const { status, project } = await world.clock.run(world.pipeline().run(id));
    expect([status, read]).toEqual(['completed', 0]);
    const rest: number[] = [];
    for (let next = await watch.next(); next.done !== true; next = await watch.next()) rest.push(next.value.seq);
    expect(rest).toEqual(Array.from({ length: project.seq - 1 }, (_, index) => index + 2));
  });
});

describe('a pipeline that is closed', () => {
  it('tells of nothing any more, whatever other processes do', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    const told: string[] = [];
    pipeline.on('event', ({ type }) => told.push(type));
    const other = world.pipeline();
    const run = other.run(id);
    await world.clock.advance(1_000);
    const stopping = pipeline.stop(id, { drain: true }).catch(() => undefined);
    await world.clock.advance(1_000);
    expect(told).toContain('stop.requested');
    await world.clock.run(pipeline.close());
    told.length = 0;
    await world.clock.run(run);
    await world.clock.advance(60_000);
    await stopping;
    expect(told).toEqual([]);
  });
});

it('a listener that never comes back holds nothing up', async () => {
  const pipeline = world.pipeline();
  let heard = 0;
  pipeline.on('event', () => {
    heard += 1;
    return new Promise(() => undefined) as never;
  });
  const { status, project } = await world.film(pipeline, 2);
  expect([status, heard]).toEqual(['completed', project.seq - 1]);
});
