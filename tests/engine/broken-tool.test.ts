import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FfmpegMissingError, type MediaTool, MediaToolError } from 'vidpipe';
import { mockImageModel, paperMedia } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip, imageOf, settingsFor, still } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const missing = new FfmpegMissingError({ program: 'ffprobe', reason: 'it was not found' });
const broken = new MediaToolError({ reason: 'decoding failed: SIGSEGV' });

/** A tool whose work of one kind fails while it `isBroken`; it was good at the start of the run. */
function breaking(work: 'probe' | 'verify' | 'fitImage', isBroken: () => boolean, error: Error): MediaTool {
  const good = paperMedia();
  const faulty = (...asked: readonly never[]): Promise<never> =>
    isBroken() ? Promise.reject(error) : (good[work] as (...asked: readonly never[]) => Promise<never>)(...asked);
  return { ...good, [work]: faulty };
}

const count = (type: string): number => world.emitted.filter((event) => event.type === type).length;

describe('a tool that breaks in mid-run is not taken for bad bytes:', () => {
  it.each([
    ['probe', missing],
    ['verify', broken],
  ] as const)(
    '%s of pictures that came with the answer, of a model that can not be asked again',
    async (work, error) => {
      let isBroken = true;
      const image = still({ clock: world.clock });
      const pipeline = world.pipeline({ image }, { media: breaking(work, () => isBroken, error) });
      const result = await world.film(pipeline);
      expect(result).toMatchObject({
        status: 'waiting',
        waiting: { reason: 'storage', message: expect.stringContaining(String(error.details['reason'])) as string },
        project: { money: { charged: 0, held: 20_000, unknown: 0 } },
      });
      expect([count('call.delivered'), count('call.settled')]).toEqual([1, 0]);
      expect((await world.clock.run(pipeline.run(result.project.id))).status).toBe('waiting');
      expect([image.calls.length, count('call.delivered')]).toEqual([1, 1]);
      isBroken = false;
      const { status, project } = await world.clock.run(world.pipeline({ image }).run(result.project.id));
      expect([status, image.calls.length]).toEqual(['completed', 2]);
      expect(project.money).toEqual({ charged: 240_000, held: 0, unknown: 0, superseded: 0 });
      expect((await world.types(project.id)).filter((type) => type === 'call.intended')).toHaveLength(3);
    },
  );

  it('pictures that have to be fitted', async () => {
    let isBroken = true;
    const inner = imageOf(still({ clock: world.clock }));
    const image = mockImageModel({
      generate: (request, call) => inner.generate({ ...request, width: 2 * request.width }, call),
    });
    const media = breaking('fitImage', () => isBroken, broken);
    const pipeline = world.pipeline({ image }, { media });
    const { status, project } = await world.film(pipeline);
    expect([status, project.waiting?.reason]).toEqual(['waiting', 'storage']);
    isBroken = false;
    expect((await world.clock.run(pipeline.run(project.id))).status).toBe('completed');
    expect(image.calls).toHaveLength(2);
  });

  it('a clip, which is fetched again by its handle', async () => {
    let isBroken = true;
    const video = clip({ clock: world.clock });
    const isClip = (): boolean => isBroken && count('call.submitted') > 0;
    const pipeline = world.pipeline({ video }, { media: breaking('verify', isClip, broken) });
    const { status, project } = await world.film(pipeline);
    expect([status, project.waiting?.reason, project.money.held]).toEqual(['waiting', 'storage', 200_000]);
    isBroken = false;
    const after = await world.clock.run(pipeline.run(project.id));
    expect(after).toMatchObject({ status: 'completed', project: { money: { charged: 240_000, held: 0 } } });
    expect(video.calls.filter(({ member }) => member === 'start')).toHaveLength(1);
    expect(count('call.delivered')).toBe(0);
  });
});

it('collect takes up what was kept', async () => {
  let isBroken = true;
  const pipeline = world.pipeline({}, { media: breaking('probe', () => isBroken, missing) });
  const { project } = await world.film(pipeline);
  expect(await world.clock.run(pipeline.collect())).toEqual({ settled: 0, open: 1 });
  isBroken = false;
  expect(await world.clock.run(pipeline.collect())).toEqual({ settled: 1, open: 0 });
  expect((await pipeline.get(project.id)).money).toMatchObject({ charged: 20_000, held: 0 });
});

it('kept bytes are not swept, however old; gone all the same, the call is asked about as any other', async () => {
  const pipeline = world.pipeline({}, { media: breaking('probe', () => true, missing) });
  const { id } = await pipeline.create(settingsFor(1, { onUnknown: { image: 'ask' } }));
  await world.clock.run(pipeline.run(id));
  await world.clock.advance(30 * 24 * 3_600_000);
  expect(await pipeline.sweep({ olderThanMs: 0 })).toMatchObject({ assets: 0 });
  for await (const { digest } of world.assets.list())
    await world.assets.delete(digest, { untouchedSince: new Date(world.clock.now() + 1).toISOString() });
  const { project } = await world.clock.run(world.pipeline().run(id));
  expect([project.status, project.money.charged]).toMatchObject(['waiting', 0]);
});

it('what is supplied while the tool is broken is refused for that reason', async () => {
  const pipeline = world.pipeline({}, { media: breaking('probe', () => true, broken) });
  const { id, scenes } = await pipeline.create(settingsFor(1));
  const supply = { [scenes[0]!.id]: { start: new Uint8Array([1]) } };
  await expect(pipeline.revise(id, { supply })).rejects.toMatchObject({ code: 'media-tool' });
});
