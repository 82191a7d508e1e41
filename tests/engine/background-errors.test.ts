import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventMap, Pipeline } from 'vidpipe';
import { freeLease, TestWorld, withMembers } from '../support/runs.ts';
import { settingsFor } from '../support/world.ts';

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
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

/** The errors that a pipeline tells of from now on. */
function told(pipeline: Pipeline): EventMap['error'][] {
  const errors: EventMap['error'][] = [];
  pipeline.on('error', (error) => errors.push(error));
  return errors;
}

const logged = (text: string): number => world.logged.filter((line) => line.startsWith(text)).length;

describe('an error that nobody awaits is logged and told:', () => {
  it('a run in the background whose end can not be written', async () => {
    const events = withMembers(world.events, {
      append: (batch) =>
        batch.events.some(({ type }) => type === 'run.ended')
          ? Promise.reject(new Error('the disk is gone'))
          : world.events.append(batch),
    });
    const pipeline = world.pipeline({}, { events });
    const errors = told(pipeline);
    const { id } = await pipeline.create(settingsFor(1));
    await pipeline.start(id);
    const failed = new Promise<void>((resolve) => pipeline.on('error', () => resolve()));
    await world.clock.run(failed);
    expect(errors).toMatchObject([
      { source: 'run', projectId: id, error: { code: 'event-store', cause: { message: 'the disk is gone' } } },
    ]);
    expect(logged('a run could not be ended')).toBe(1);
  });

  it.each([
    [
      'throws',
      (): void => {
        throw new Error('mine');
      },
    ],
    ['rejects', (): unknown => Promise.reject(new Error('mine'))],
  ] as const)('a listener that %s, and the film is made', async (_, listener) => {
    const pipeline = world.pipeline();
    const errors = told(pipeline);
    pipeline.on('run.started', listener);
    const { project, status } = await world.film(pipeline);
    expect(status).toBe('completed');
    expect(errors).toMatchObject([{ source: 'listener', projectId: project.id, error: { message: 'mine' } }]);
    expect(logged('a listener threw')).toBe(1);
  });

  it('a listener of errors that throws itself is only logged', async () => {
    const pipeline = world.pipeline();
    const thrower = (): never => {
      throw new Error('mine');
    };
    pipeline.on('error', thrower);
    pipeline.on('run.started', thrower);
    expect((await world.film(pipeline)).status).toBe('completed');
    expect(logged('a listener threw')).toBe(2);
  });

  it('a project that recover can not start; the others are started', async () => {
    const first = world.pipeline();
    const ids: string[] = [];
    for (let count = 0; count < 2; count += 1) {
      const { id } = await first.create(settingsFor(1));
      ids.push(id);
      await first.start(id);
    }
    await world.clock.run(first.close());
    for (const id of ids) await freeLease(world.events, id);
    const events = withMembers(world.events, {
      lease: (id, ...rest) => (id === ids[1] ? Promise.reject(new Error('no lease')) : world.events.lease(id, ...rest)),
    });
    const pipeline = world.pipeline({}, { events });
    const errors = told(pipeline);
    expect(await pipeline.recover()).toEqual([ids[0]]);
    expect(errors).toMatchObject([{ source: 'recover', projectId: ids[1], error: { message: 'no lease' } }]);
    expect(logged('an interrupted project could not be started')).toBe(1);
    expect((await world.clock.run(pipeline.run(ids[0]!))).status).toBe('completed');
  });
});
