import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineProvider } from 'vidpipe/provider';
import { mockTextModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip, settingsFor, still, withEntry, worldPipeline } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

function providerWith(optionIssues?: (options: object) => readonly string[]) {
  const options = { clock: world.clock };
  const models = { image: still(options), video: clip(options) };
  const provider = defineProvider({
    id: 'mock',
    text: { writer: mockTextModel() },
    image: { still: models.image },
    video: { clip: models.video },
    ...(optionIssues === undefined ? {} : { optionIssues }),
  });
  return { ...models, pipeline: worldPipeline(world.clock, provider, { events: world.events, assets: world.assets }) };
}

describe('options of a provider', () => {
  it('reach every request of its models, and make their pictures other pictures', async () => {
    const { pipeline, image, video } = providerWith(() => []);
    const plain = await pipeline.create(settingsFor(1));
    await world.clock.run(pipeline.run(plain.id));
    const { id } = await pipeline.create(settingsFor(1, { options: { mock: { people: 'none' } } }));
    await world.clock.run(pipeline.run(id));
    const asked = [...image.calls, ...video.calls].filter(({ member }) => member === 'generate' || member === 'start');
    const given = asked.map(({ args }) => (args[0] as { options?: unknown }).options);
    expect(given.filter((each) => each !== undefined)).toEqual(Array(3).fill({ people: 'none' }));
    expect(given).toHaveLength(6);
    await pipeline.close();
  });

  it.each([
    ['of a provider that is not there', { gone: {} }, 'options.gone: no provider has this id; there are mock'],
    ['that it does not know', { mock: { colour: 1 } }, 'options.mock: colour is unknown'],
  ])('%s are refused at creation', async (_, options, message) => {
    const { pipeline } = providerWith((given) => Object.keys(given).map((name) => `${name} is unknown`));
    await expect(pipeline.create(settingsFor(1, { options }))).rejects.toThrow(message);
    await pipeline.close();
  });

  it('are refused by a provider that takes none', async () => {
    const { pipeline } = providerWith();
    await expect(pipeline.create(settingsFor(1, { options: { mock: {} } }))).rejects.toThrow('takes no options');
    await pipeline.close();
  });
});

it('a model that has retired since the project was made is not asked, and the step says what to use', async () => {
  const retires = new Date(world.clock.now() + 3_600_000).toISOString();
  const video = clip({ clock: world.clock });
  const leaving = {
    ...withEntry(video, {}),
    entry: (id: string) => ({ ...video.entry(id), retires, replacement: 'else:other' as const }),
  };
  const pipeline = world.pipeline({ video: leaving });
  const { id, warnings } = await pipeline.create(settingsFor(1));
  expect(warnings.map(({ code }) => code)).toContain('retiring');
  await world.clock.advance(3_600_000);
  const result = await world.clock.run(pipeline.run(id));
  expect(result).toMatchObject({ status: 'failed', error: { code: 'model-retired' } });
  expect(result.status === 'failed' && result.error.message).toContain(
    'mock:clip is retired (2026-01-01); use else:other',
  );
  expect(video.calls).toEqual([]);
});
