import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestWorld, withMembers } from '../support/runs.ts';
import { settingsFor } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

describe('a pipeline that is closed', () => {
  it('before a run was opened opens none', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    const run = pipeline.run(id);
    await Promise.all([expect(run).rejects.toMatchObject({ code: 'pipeline-closed' }), pipeline.close()]);
    expect(await world.types(id)).toEqual(['project.created']);
  });

  it('while a run is being opened ends it as interrupted', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1));
    const closed = new Promise<void>((resolve) => {
      pipeline.on('run.started', () => resolve(pipeline.close()));
    });
    expect((await world.clock.run(pipeline.run(id))).status).toBe('interrupted');
    await world.clock.run(closed);
    expect((await world.clock.run(world.pipeline().run(id))).status).toBe('completed');
  });

  it('waits no longer for a fact that can not be written, and the next one finds its call', async () => {
    let full = true;
    const events = withMembers(world.events, {
      append: (batch) =>
        full && batch.batchId.endsWith('/call.submitted')
          ? Promise.reject(new Error('the disk is full'))
          : world.events.append(batch),
    });
    const pipeline = world.pipeline({}, { events });
    const { id } = await pipeline.create(settingsFor(1, { onUnknown: { video: 'ask' } }));
    const run = pipeline.run(id);
    await world.clock.advance(60_000);
    expect(world.logged.join('\n')).toContain('a fact is not durable yet');
    await world.clock.run(pipeline.close());
    expect((await world.clock.run(run)).status).toBe('interrupted');
    full = false;
    const { project } = await world.clock.run(world.pipeline().run(id));
    expect(project.waiting).toMatchObject({ reason: 'unknown-charge' });
  });
});

it('two starts at once open one run', async () => {
  const pipeline = world.pipeline();
  const { id } = await pipeline.create(settingsFor(1));
  const results = await world.clock.run(Promise.all([pipeline.run(id), pipeline.run(id)]));
  expect(results.map(({ status }) => status)).toEqual(['completed', 'completed']);
  expect((await world.types(id)).filter((type) => type === 'run.started')).toHaveLength(1);
});
