import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProjectSettings } from 'vidpipe';
import type { Reply } from 'vidpipe/provider';
import { mockTextModel, paper } from 'vidpipe/testing';
import { statuses, TestWorld } from '../support/runs.ts';
import { settingsFor, storyboardOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const writer = (): ReturnType<typeof mockTextModel> =>
  mockTextModel({
    generate: ({ schema }): Promise<Reply> => {
      const whole = JSON.stringify(schema).includes('styleGuide');
      const reply = whole ? storyboardOf(2) : { scenes: storyboardOf(2).scenes };
      return Promise.resolve({
        state: 'succeeded',
        outputs: [{ bytes: new TextEncoder().encode(JSON.stringify(reply)) }],
        usage: {},
      });
    },
  });

describe('setTransition', () => {
  it('joins the clips again, buys nothing, and refuses what can not be', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 2);
    const { id } = project;
    await expect(pipeline.revise(id, { settings: { transition: { kind: 'fade', seconds: -1 } } })).rejects.toThrow(
      'transition.seconds',
    );
    await expect(pipeline.revise(id, { settings: { transition: { kind: 'fade', seconds: 2 } } })).rejects.toThrow(
      'the shortest has 4 s',
    );
    expect(await world.types(id)).not.toContain('settings.changed');
    await pipeline.revise(id, { settings: { transition: { kind: 'fade', seconds: 1 } } });
    const again = await world.clock.run(pipeline.run(id));
    expect(again).toMatchObject({ status: 'completed', project: { money: project.money } });
  });
});

describe('expand', () => {
  it('adds scenes at the end, buys only what is new, and stitches anew', async () => {
    const pipeline = world.pipeline({ text: writer() });
    const first = await world.film(pipeline, 2);
    const before = world.emitted.length;
    await pipeline.expand(first.project.id, 2);
    const second = await world.clock.run(pipeline.run(first.project.id));
    expect(second.status).toBe('completed');
    expect(second.project.scenes.map(({ seconds }) => seconds)).toEqual([4, 4, 4, 4]);
    expect(second.project.scenes.slice(0, 2)).toEqual(first.project.scenes);
    const bought = world.emitted
      .slice(before)
      .flatMap((event) => (event.type === 'call.intended' ? event.body.stepId.split(':')[0] : []));
    expect(bought.toSorted((a = '', b = '') => a.localeCompare(b))).toEqual([
      'clip',
      'clip',
      'keyframe',
      'keyframe',
      'keyframe',
      'scenes',
    ]);
    expect(second.project.filmAsset?.seconds).toBe(16);
  });

  it('reaches a run that is on', async () => {
    const pipeline = world.pipeline({ text: writer() });
    const { id } = await pipeline.create(settingsFor(1));
    pipeline.on('call.submitted', () => {
      if (!world.emitted.some(({ type }) => type === 'scenes.requested')) void pipeline.expand(id, 2);
    });
    const result = await world.clock.run(pipeline.run(id));
    expect(result.status).toBe('completed');
    expect(result.project.scenes).toHaveLength(3);
  });

  it.each([
    [0, undefined, 'whole number'],
    [1.5, undefined, 'whole number'],
    [NaN, undefined, 'whole number'],
    [4, undefined, 'maxScenes allows 5'],
    [1, 'x'.repeat(2001), 'direction'],
  ])('refuses %s scenes with a clear error, and changes nothing', async (scenes, direction, message) => {
    const pipeline = world.pipeline();
    const { id, seq } = await pipeline.create(settingsFor(2, { maxScenes: 5 }));
    await expect(pipeline.expand(id, scenes, direction === undefined ? {} : { direction })).rejects.toThrow(message);
    expect((await pipeline.get(id)).seq).toBe(seq);
  });

  it('counts scenes that are asked for and not written yet', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(2, { maxScenes: 4 }));
    await pipeline.expand(id, 2);
    await expect(pipeline.expand(id, 1)).rejects.toThrow('5 scenes');
  });
});

describe('an idempotency key', () => {
  it('creates one project, also from another process and at once', async () => {
    const [one, other] = [world.pipeline(), world.pipeline()];
    const settings = settingsFor(1, { references: [] });
    const made = await Promise.all([
      one.create(settings, { idempotencyKey: 'order 7' }),
      other.create(settings, { idempotencyKey: 'order 7' }),
      one.create(settings, { idempotencyKey: 'order 8' }),
    ]);
    expect(made[0].id).toBe(made[1].id);
    expect(made[2].id).not.toBe(made[0].id);
    expect((await one.list()).items).toHaveLength(2);
  });

  it('knows pictures by their bytes, or by their path', async () => {
    const picture = (width: number): Uint8Array => paper({ kind: 'image', width, height: 9 });
    const path = join(tmpdir(), `vidpipe-reference-${process.pid}.png`);
    writeFileSync(path, picture(1));
    const settings = (image: string | Uint8Array): ProjectSettings =>
      settingsFor(1, { references: [{ name: 'Ada', kind: 'character', image }] });
    const pipeline = world.pipeline();
    for (const image of [picture(1), path]) {
      const idempotencyKey = typeof image;
      const { id } = await pipeline.create(settings(image), { idempotencyKey });
      expect((await world.pipeline().create(settings(image), { idempotencyKey })).id).toBe(id);
      await expect(pipeline.create(settings(picture(2)), { idempotencyKey })).rejects.toThrow('other settings');
    }
    rmSync(path);
  });

  it('is refused for other settings and for a length that is none', async () => {
    const pipeline = world.pipeline();
    await pipeline.create(settingsFor(1), { idempotencyKey: 'k' });
    await expect(pipeline.create(settingsFor(2), { idempotencyKey: 'k' })).rejects.toThrow('used for other settings');
    await expect(pipeline.create(settingsFor(1), { idempotencyKey: '' })).rejects.toThrow('1 to 500');
  });
});

describe('setTransition', () => {
  it('makes the film anew and buys nothing', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 2);
    await pipeline.revise(project.id, { settings: { transition: { kind: 'fade', seconds: 1 } } });
    expect(statuses(await pipeline.get(project.id)).at(-1)).toBe('film ready');
    const again = await world.clock.run(pipeline.run(project.id));
    expect(again.status).toBe('completed');
    expect(again.project.money).toEqual(project.money);
  });
});

describe('recover', () => {
  it('starts what a process left behind, and nothing else', async () => {
    const gone = world.pipeline();
    const { id } = await gone.create(settingsFor(1));
    const resting = await gone.create(settingsFor(1));
    await gone.start(id);
    await world.clock.run(gone.close());
    const pipeline = world.pipeline();
    expect((await pipeline.get(id)).status).toBe('interrupted');
    expect(await pipeline.recover()).toEqual([id]);
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
    expect((await pipeline.get(resting.id)).status).toBe('pending');
  });
});
