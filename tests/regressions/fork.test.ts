import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Changes, type Pipeline, type Project, type ProjectEvent, usd } from 'vidpipe';
import { defineProvider, perSecond } from 'vidpipe/provider';
import { mockTextModel, mockVideoModel, paper } from 'vidpipe/testing';
import { TestWorld, withMembers } from '../support/runs.ts';
import { clip, still, storyboardOf } from '../support/world.ts';
import { answering, said, writer } from '../support/writers.ts';

/** Faults of forks in an earlier system, each named after what it did. None is told of by its scenes' places: ids are. */

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

/** A pipeline with two models for clips. */
function twoFilmers(): Pipeline {
  const options = { clock: world.clock };
  const [first, other] = [clip(options), clip(options)];
  const provider = defineProvider({
    id: 'mock',
    text: { writer: writer() },
    image: { still: still(options) },
    video: { clip: first, other },
  });
  return world.pipeline({}, { providers: [provider] });
}

interface Forked {
  readonly parent: Project;
  readonly fork: Project;
  readonly done: Project;
  /** What the fork bought: `start`, `end`, `clip` or `scenes`, by the place of its scene in the fork. */
  readonly bought: readonly string[];
}

/** Makes a film, forks it with changes by ids of its scenes, and runs the fork. */
async function forked(
  count: number,
  changes: (ids: readonly string[]) => Changes,
  pipeline: Pipeline = world.pipeline({ text: writer() }),
): Promise<Forked> {
  const { project: parent } = await world.film(pipeline, count);
  expect([parent.status, parent.error]).toEqual(['completed', null]);
  const before = JSON.stringify(await Array.fromAsync(world.events.read(parent.id)));
  const fork = await pipeline.fork(parent.id, changes(parent.scenes.map(({ id }) => id)));
  const result = await world.clock.run(pipeline.run(fork.id));
  expect([result.status, result.project.error]).toEqual(['completed', null]);
  const done = result.project;
  const places = new Map(done.scenes.map(({ id }, index) => [id, index + 1]));
  const events = (await Array.fromAsync(world.events.read(fork.id))) as ProjectEvent[];
  const bought = events.flatMap(({ type, body }) => {
    if (type !== 'call.intended') return [];
    const [kind = '', scene = '', position = kind] = body.stepId.split(':');
    return [kind === 'scenes' ? kind : `${places.get(scene) ?? '?'} ${position}`];
  });
  expect(JSON.stringify(await Array.fromAsync(world.events.read(parent.id)))).toBe(before);
  return { parent, fork, done, bought: bought.toSorted((one, other) => one.localeCompare(other)) };
}

const digests = ({ scenes }: Project): (string | undefined)[] => scenes.map(({ clip: made }) => made?.digest);

/** Every scene begins with the picture that the one before it ends with. */
function expectSeamless({ scenes }: Project): void {
  for (const [index, { start }] of scenes.entries())
    if (index > 0) expect(start?.digest).toBe(scenes[index - 1]?.end?.digest);
}

describe('a fork', () => {
  it('with another video model, sound or clip length stitches no old clips (rule 5 was a no-op)', async () => {
    const other = await forked(2, () => ({ settings: { models: { video: 'mock:other' } } }), twoFilmers());
    expect(other.bought).toEqual(['1 clip', '2 clip']);
    const video = mockVideoModel({
      audio: true,
      price: perSecond(usd('0.05')),
      start: ({ width, height, seconds, audio }, { callId }) => {
        const bytes = paper({ kind: 'video', width, height, seconds, note: `${callId} ${audio}` });
        return Promise.resolve({ finished: { state: 'succeeded', outputs: [{ bytes }], usage: { seconds } } });
      },
    });
    const silent = await forked(2, () => ({ settings: { audio: false } }), world.pipeline({ video }));
    expect(silent.bought).toEqual(['1 clip', '2 clip']);
    const longer = await forked(2, ([one = '', two = '']) => ({
      edit: { [one]: { seconds: 8 }, [two]: { seconds: 8 } },
    }));
    expect(longer.bought).toEqual(['1 clip', '2 clip']);
    expect(longer.done.filmAsset?.seconds).toBe(16);
  });

  it('that is longer keeps no scene that its other changes have made anew (rules 1 and 2 shadowed 3 to 5)', async () => {
    const { done, parent, bought } = await forked(2, () => ({
      settings: { prompt: 'another story' },
      rewrite: 'all',
      add: 1,
    }));
    expect(done.scenes).toHaveLength(3);
    expect(done.scenes.every(({ description }) => description.startsWith('written'))).toBe(true);
    expect(digests(done).some((digest) => digests(parent).includes(digest))).toBe(false);
    expect(bought.filter((part) => part.endsWith('clip'))).toHaveLength(3);
  });

  it('with a scene less in the middle and one more shows no clip twice (a kept scene and the new one owned the same files)', async () => {
    const { done, parent } = await forked(3, ([, two = '']) => ({ remove: [two], add: 1 }));
    expect(done.scenes.slice(0, 2).map(({ id }) => id)).toEqual([parent.scenes[0]?.id, parent.scenes[2]?.id]);
    expect(new Set(digests(done)).size).toBe(3);
    expect(done.filmAsset?.seconds).toBe(12);
    expectSeamless(done);
  });

  it('repairs what a removed scene leaves behind, also beside more scenes, and follows edits (rule 6 did neither)', async () => {
    const { done, bought } = await forked(4, ([one = '', two = '']) => ({
      remove: [two],
      add: 1,
      edit: { [one]: { motionPrompt: 'she runs' } },
    }));
    expect(bought).toEqual(['1 clip', '2 clip', '4 clip', '4 end', 'scenes']);
    expectSeamless(done);
  });

  it('repairs what a removed scene leaves behind, whether a length is named or not', async () => {
    const { done, bought } = await forked(3, ([, two = '']) => ({ remove: [two] }));
    expect(bought).toEqual(['2 clip']);
    expect(done.filmAsset?.seconds).toBe(8);
    expectSeamless(done);
  });

  it('with scenes less has as many as are left (a shorter length below what was kept was ignored)', async () => {
    const { done, bought } = await forked(4, ([, , three = '', four = '']) => ({ remove: [three, four] }));
    expect(done.scenes).toHaveLength(2);
    expect(bought).toEqual([]);
    expect(done.filmAsset?.seconds).toBe(8);
  });

  it('with a frame drawn anew beside more scenes has its neighbour follow (there was a jump cut)', async () => {
    const { done, parent, bought } = await forked(3, ([, two = '']) => ({ retake: { [two]: ['end'] }, add: 1 }));
    expect(bought).toEqual(['2 clip', '2 end', '3 clip', '4 clip', '4 end', 'scenes']);
    expect(done.scenes[1]?.end?.digest).not.toBe(parent.scenes[1]?.end?.digest);
    expectSeamless(done);
  });

  it('with edits only keeps them for the next fork that adds scenes (its storyboard was silently the old one)', async () => {
    const text = writer();
    const pipeline = world.pipeline({ text });
    const { done } = await forked(2, ([one = '']) => ({ edit: { [one]: { description: 'a red barn' } } }), pipeline);
    expect(done.scenes[0]?.description).toBe('a red barn');
    const next = await pipeline.fork(done.id, { add: 1 });
    await world.clock.run(pipeline.run(next.id));
    expect(JSON.stringify(text.calls.at(-1)?.args)).toContain('a red barn');
    expect((await pipeline.get(next.id)).scenes[0]?.description).toBe('a red barn');
  });

  it('of a project that has failed before its words were there writes them (it went straight to stitching)', async () => {
    const failing = mockTextModel({
      generate: () => Promise.resolve({ state: 'failed', kind: 'invalid-request', message: 'no' }),
    });
    const wish = { prompt: 'Make 2 scenes', duration: 8, clipDuration: 4 };
    const parent = world.pipeline({ text: failing });
    const { id } = await parent.create(wish);
    expect((await world.clock.run(parent.run(id))).status).toBe('failed');
    const pipeline = world.pipeline({ text: answering(said(storyboardOf(2))) });
    const result = await world.clock.run(pipeline.run((await pipeline.fork(id)).id));
    expect(result).toMatchObject({ status: 'completed', project: { scenes: [{}, {}] } });
  });

  it.each([
    ['-1', { edit: { '-1': { description: 'x' } } }],
    ['a place', { remove: ['0'] }],
    ['every scene', null],
  ])('is refused for scenes that are not there, and nothing is made: %s', async (_, changes) => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 2);
    const asked = changes ?? { remove: project.scenes.map(({ id }) => id) };
    await expect(pipeline.fork(project.id, asked as Changes)).rejects.toMatchObject({ code: 'invalid-change' });
    expect((await pipeline.list()).items).toHaveLength(1);
  });

  it('that can not be made leaves no project behind, and copies no bytes (an orphan stayed in an active state)', async () => {
    const { project } = await world.film(world.pipeline(), 2);
    let puts = 0;
    const assets = withMembers(world.assets, {
      put: (...args) => {
        puts += 1;
        return world.assets.put(...args);
      },
    });
    const events = withMembers(world.events, { append: () => Promise.reject(new Error('disk full')) });
    await expect(world.pipeline({}, { assets, events }).fork(project.id)).rejects.toThrow('disk full');
    const pipeline = world.pipeline({}, { assets });
    expect((await pipeline.list()).items).toHaveLength(1);
    const before = (await Array.fromAsync(world.assets.list())).length;
    const fork = await pipeline.fork(project.id);
    expect((await world.clock.run(pipeline.run(fork.id))).status).toBe('completed');
    expect([puts, (await Array.fromAsync(world.assets.list())).length]).toEqual([0, before]);
  });

  it('made with a scene less, expanded and resumed is one film of what is left and what is new', async () => {
    const pipeline = world.pipeline({ text: writer() });
    const { project: parent } = await world.film(pipeline, 3);
    const [one = '', , three = ''] = parent.scenes.map(({ id }) => id);
    const fork = await pipeline.fork(parent.id, { remove: [parent.scenes[1]?.id ?? ''] });
    await pipeline.expand(fork.id, 2);
    const stopped: Promise<unknown>[] = [];
    pipeline.on('call.submitted', () => {
      if (stopped.length === 0) stopped.push(pipeline.stop(fork.id));
    });
    expect((await world.clock.run(pipeline.run(fork.id))).status).toBe('stopped');
    const { project } = await world.clock.run(pipeline.resume(fork.id));
    expect(project).toMatchObject({ status: 'completed', filmAsset: { seconds: 16 } });
    expect(project.scenes.slice(0, 2).map(({ id }) => id)).toEqual([one, three]);
    expect(new Set(digests(project)).size).toBe(4);
    expectSeamless(project);
    expect(JSON.stringify(await pipeline.get(parent.id))).toBe(JSON.stringify(parent));
  });
});
