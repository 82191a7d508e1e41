// Every picture and clip of a real run is asked for with the whole style guide and the bible of its cast: the first, the middle, the last, the added.
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SceneWords, Storyboard } from 'vidpipe';
import type { ImageModel, ImageRequest, Reply, VideoModel } from 'vidpipe/provider';
import { mockImageModel, mockTextModel, mockVideoModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip, still } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const scene = (name: string, cast: readonly string[]): SceneWords => ({
  description: `DESCRIPTION-${name}`,
  keyDetails: [`DETAIL-${name}`],
  startPrompt: `START-${name}`,
  endPrompt: `END-${name}`,
  motionPrompt: `MOTION-${name}`,
  transitionNotes: `NOTES-${name}`,
  cast,
  enters: 'continue',
});
const board: Storyboard = {
  styleGuide: { visualStyle: 'VISUAL', colorPalette: 'PALETTE', cameraStyle: 'CAMERA' },
  characters: [
    { name: 'Ada', physicalDescription: 'ADA-LOOKS', clothingDescription: 'ADA-WEARS' },
    { name: 'Bob', physicalDescription: 'BOB-LOOKS', clothingDescription: 'BOB-WEARS' },
  ],
  scenes: [scene('first', ['Ada']), scene('middle', ['Bob']), scene('last', ['Ada', 'Bob'])],
};
const STYLE = ['VISUAL', 'PALETTE', 'CAMERA', 'water colour'];
const BIBLE = { Ada: ['ADA-LOOKS', 'ADA-WEARS'], Bob: ['BOB-LOOKS', 'BOB-WEARS'] } as const;

function writer() {
  return mockTextModel({
    generate: ({ schema }): Promise<Reply> => {
      const whole = JSON.stringify(schema).includes('styleGuide');
      const bytes = new TextEncoder().encode(JSON.stringify(whole ? board : { scenes: [scene('added', ['Bob'])] }));
      return Promise.resolve({ state: 'succeeded', outputs: [{ bytes }], usage: {} });
    },
  });
}

it('reach the models whole, and stand in the log as they were sent', async () => {
  const options = { clock: world.clock };
  const [drawing, filming] = [still(options).model as ImageModel, clip(options).model as VideoModel];
  const image = mockImageModel({ negativePrompt: true, generate: (request, call) => drawing.generate(request, call) });
  const video = mockVideoModel({
    start: (request, call) => filming.start(request, call),
    check: (handle, call) => filming.check(handle, call),
  });
  const pipeline = world.pipeline({ text: writer(), image, video });
  const wish = { prompt: 'p', style: 'water_colour', duration: 12, clipDuration: 4, ratio: '9:16' } as const;
  const { id } = await pipeline.create(wish);
  await world.clock.run(pipeline.run(id));
  await pipeline.expand(id, 1);
  expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');

  const asked = [...image.calls, ...video.calls]
    .filter(({ member }) => member !== 'check')
    .map(({ args }) => args[0] as ImageRequest);
  const [stills, clips] = [asked.filter(({ prompt }) => prompt.includes('Frame:')), asked.slice(image.calls.length)];
  expect([stills.length, clips.length]).toEqual([5, 4]);
  for (const { name, cast } of ['first', 'middle', 'last', 'added'].map((name, index) => ({
    name,
    cast: ([['Ada'], ['Bob'], ['Ada', 'Bob'], ['Bob']] as const)[index] ?? [],
  }))) {
    const own = asked.filter(({ prompt }) => prompt.includes(`DETAIL-${name}`));
    expect(own).toHaveLength(name === 'first' ? 3 : 2);
    for (const { prompt, ratio } of own) {
      expect(ratio).toBe('9:16');
      for (const words of [...STYLE, `NOTES-${name}`, ...cast.flatMap((each) => BIBLE[each])])
        expect(prompt).toContain(words);
      for (const other of Object.keys(BIBLE).filter((each) => !(cast as readonly string[]).includes(each)))
        expect(prompt).not.toContain(BIBLE[other as keyof typeof BIBLE][0]);
    }
  }
  const kept = world.emitted.flatMap((event) =>
    event.type === 'call.intended' && event.body.kind !== 'text' ? [event.body.request['prompt']] : [],
  );
  expect(new Set(kept)).toEqual(new Set(asked.map(({ prompt }) => prompt)));
});
