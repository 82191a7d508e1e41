import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { block, filteredClips } from '../support/filters.ts';
import { TestWorld } from '../support/runs.ts';
import { settingsFor } from '../support/world.ts';

/** Faults of the HTTP API of an earlier system, as far as a library can have them, each named after what it did. */

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

describe('a project that is asked for', () => {
  it('shows a scene with two clips (that was an error of the server)', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 1);
    const scene = project.scenes[0]?.id ?? '';
    await pipeline.revise(project.id, { retake: { [scene]: ['clip'] } });
    const { project: now } = await world.clock.run(pipeline.run(project.id));
    const clips = now.scenes[0]?.takes.filter(({ part }) => part === 'clip');
    expect(clips?.map(({ selected }) => selected)).toEqual([false, true]);
  });

  it('has no clip where that has failed (it had one, as a row was there)', async () => {
    const video = filteredClips(world.clock, () => block('reference'));
    const { project } = await world.film(world.pipeline({ video }), 1);
    expect(project.scenes[0]?.clip).toBeNull();
    expect(project.steps.find(({ kind }) => kind === 'clip')).toMatchObject({ asset: null, status: 'refused' });
  });

  it('has times with a zone (browsers read them as their own)', async () => {
    const { project } = await world.film(world.pipeline(), 1);
    expect([project.createdAt, project.updatedAt].every((at) => at.endsWith('Z'))).toBe(true);
    expect(world.emitted.every(({ at }) => new Date(at).toISOString() === at)).toBe(true);
  });

  it('and is not there is a typed error, before anything else', async () => {
    const pipeline = world.pipeline();
    for (const ask of [
      pipeline.get('x'),
      pipeline.run('x'),
      pipeline.fork('x'),
      pipeline.stop('x'),
      pipeline.plan('x'),
    ])
      await expect(ask).rejects.toMatchObject({ code: 'project-not-found' });
  });
});

it('a list comes in pages, with what a status filter leaves (all projects came at once)', async () => {
  const pipeline = world.pipeline();
  const ids = [];
  for (let nth = 0; nth < 5; nth += 1) {
    ids.push((await pipeline.create(settingsFor(1))).id);
    await world.clock.advance(1);
  }
  const first = await pipeline.list({ limit: 3, status: 'pending' });
  const rest = await pipeline.list({ limit: 3, cursor: first.next ?? '', status: 'pending' });
  expect([...first.items, ...rest.items].map(({ projectId }) => projectId)).toEqual(ids.toReversed());
  expect(rest.next).toBeNull();
  expect((await pipeline.list({ status: 'completed' })).items).toEqual([]);
});

it('a creation that is sent twice under a key makes one project (each made one)', async () => {
  const pipeline = world.pipeline();
  const [one, two] = await Promise.all([1, 2].map(() => pipeline.create(settingsFor(1), { idempotencyKey: 'k' })));
  expect(one?.id).toBe(two?.id);
});

it.each([
  ['an empty prompt', { prompt: '' }, 'prompt'],
  ['a length of nothing', { duration: 0 }, 'duration'],
  ['a length below nothing', { duration: -5 }, 'duration'],
  ['a length without end', { duration: 1e9 }, 'duration'],
  ['a ratio of its own', { ratio: '4:3' as never }, 'ratio'],
  ['a clip length below nothing', { clipDuration: -1 }, 'clipDuration'],
])('%s is refused by its path (it was taken)', async (_, wish, path) => {
  const pipeline = world.pipeline();
  await expect(pipeline.create({ prompt: 'p', ...wish })).rejects.toMatchObject({
    code: 'invalid-settings',
    message: expect.stringContaining(path) as string,
  });
  expect((await pipeline.list()).items).toEqual([]);
});

it('a digest that is a path is refused before it is one (paths came out of the database unchecked)', async () => {
  await expect(world.assets.get('../../etc/passwd' as never)).rejects.toMatchObject({ code: 'invalid-digest' });
});

it('a project can be deleted, watched, and told of in money (none of that was there)', async () => {
  const pipeline = world.pipeline();
  const { id } = await pipeline.create(settingsFor(1));
  const running = pipeline.run(id);
  const types: string[] = [];
  const watching = (async () => {
    for await (const { type } of pipeline.watch(id)) types.push(type);
  })();
  await world.clock.run(Promise.all([running, watching]));
  expect(types).toEqual(await world.types(id));
  expect((await pipeline.ledger(id)).totals.charged).toBe((await pipeline.get(id)).money.charged);
  await world.clock.run(pipeline.delete(id));
  expect((await pipeline.list()).items).toEqual([]);
});
