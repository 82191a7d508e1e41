import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Pipeline } from 'vidpipe';
import { defineProvider, type Provider } from 'vidpipe/provider';
import { mockImageModel, mockTextModel, mockVideoModel, paperMedia } from 'vidpipe/testing';
import { freeLease, TestWorld } from '../support/runs.ts';
import { clip, settingsFor, still } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

/** A process whose providers are not the ones that the project was made with. */
async function elsewhere<T>(provider: Provider, use: (pipeline: Pipeline) => Promise<T>): Promise<T> {
  const { events, assets, clock } = world;
  const pipeline = new Pipeline({ providers: [provider], events, assets, clock, media: paperMedia() });
  try {
    return await world.clock.run(use(pipeline));
  } finally {
    await world.clock.run(pipeline.close());
  }
}

const text = { writer: mockTextModel() };

describe('a project that is resumed where its models', () => {
  it('are not offered fails with their names, sends nothing, and goes on where they are', async () => {
    const { id } = await world.pipeline().create(settingsFor(1));
    const other = defineProvider({
      id: 'mock',
      text,
      image: { pencil: mockImageModel() },
      video: { clip: mockVideoModel() },
    });
    const result = await elsewhere(other, (pipeline) => pipeline.run(id));
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'unknown-model', message: expect.stringContaining('mock:still') as string },
    });
    expect(result.project.money).toEqual({ charged: 0, held: 0, unknown: 0, superseded: 0 });
    expect((await world.clock.run(world.pipeline().run(id))).status).toBe('completed');
  });

  it('make something else is told so, and nothing is sent', async () => {
    const { id } = await world.pipeline().create(settingsFor(1));
    const video = mockVideoModel();
    const other = defineProvider({
      id: 'mock',
      text,
      image: { pencil: mockImageModel() },
      video: { clip: video, still: video },
    });
    const result = await elsewhere(other, (pipeline) => pipeline.run(id));
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'invalid-request', message: expect.stringContaining('mock:still makes video') as string },
    });
    expect(video.calls).toEqual([]);
  });

  it('make something else meanwhile keeps its running clip for when they do again', async () => {
    const video = clip({ clock: world.clock });
    const driver = world.pipeline({ video });
    const { id } = await driver.create(settingsFor(1));
    const submitted = new Promise<void>((resolve) => driver.on('call.submitted', () => resolve()));
    await driver.start(id);
    await world.clock.run(submitted);
    await world.clock.run(driver.close());
    await freeLease(world.events, id);
    const other = defineProvider({
      id: 'mock',
      text,
      image: { clip: mockImageModel(), still: still({ clock: world.clock }) },
      video: { film: mockVideoModel() },
    });
    expect(await elsewhere(other, (pipeline) => pipeline.collect())).toEqual({ settled: 0, open: 1 });
    expect((await world.clock.run(world.pipeline({ video }).run(id))).status).toBe('completed');
    expect(video.calls.filter(({ member }) => member === 'start')).toHaveLength(1);
  });
});
