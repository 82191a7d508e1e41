import { afterEach, beforeEach, expect, it } from 'vitest';
import { usd } from 'vidpipe';
import { perSecond, ProviderError, type VideoModel } from 'vidpipe/provider';
import { mockVideoModel } from 'vidpipe/testing';
import { TestWorld } from '../support/runs.ts';
import { clip, settingsFor, storyboardOf, videoOf } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const sent = (video: ReturnType<typeof mockVideoModel>): number =>
  video.calls.filter(({ member }) => member === 'start').length;

/** Clips of the test world, their looks told by `check`. */
function looked(check: (inner: VideoModel) => VideoModel['check']): ReturnType<typeof mockVideoModel> {
  const inner = videoOf(clip({ clock: world.clock }));
  const start: VideoModel['start'] = (request, call) => inner.start(request, call);
  return mockVideoModel({ price: perSecond(usd('0.05')), start, check: check(inner) });
}

it('fifty looks that fail end nothing: each clip is sent once', async () => {
  let failing = 50;
  const video = looked((inner) => (handle, call) => {
    failing -= 1;
    if (failing >= 0) throw new ProviderError({ kind: 'transient', accepted: 'unknown', message: 'busy' });
    return inner.check(handle, call);
  });
  const { status } = await world.film(world.pipeline({ video }), 2);
  expect([status, sent(video), failing < 0]).toEqual(['completed', 2, true]);
});

it('a job that is done without anything is bought anew by policy, and resumes go on', async () => {
  let empty = true;
  const video = looked(
    (inner) => (handle, call) =>
      empty
        ? Promise.resolve({ state: 'failed', kind: 'empty', message: 'no video', charged: 'unknown' })
        : inner.check(handle, call),
  );
  const pipeline = world.pipeline({ video });
  const first = await world.film(pipeline);
  expect(first.status).not.toBe('completed');
  const tries = sent(video);
  expect(first.project.money.unknown).toBe(tries * 200_000);
  empty = false;
  await world.clock.advance(3_600_000);
  const { status, project } = await world.clock.run(world.pipeline({ video }).run(first.project.id));
  expect([status, sent(video), project.money.unknown]).toEqual(['completed', tries + 1, tries * 200_000]);
});

it('of sixteen clips at once exactly those are sent that fit', async () => {
  const video = clip({ clock: world.clock });
  const pipeline = world.pipeline({ video });
  const stills = 32 * 20_000;
  const budget = usd(((stills + 3.5 * 200_000) / 1_000_000).toFixed(6));
  const { id } = await pipeline.create(settingsFor(16, { storyboard: storyboardOf(16, 1), budget }));
  const { status, project } = await world.clock.run(pipeline.run(id, { partial: true }));
  expect([status, project.waiting?.reason, sent(video)]).toEqual(['waiting', 'budget', 3]);
  expect(project.money.charged).toBe(stills + 3 * 200_000);
  await world.clock.run(pipeline.revise(id, { settings: { budget: usd(10) } }));
  expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
  expect(sent(video)).toBe(16);
});
