import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usd } from 'vidpipe';
import { perSecond, ProviderError, type Reply } from 'vidpipe/provider';
import { mockVideoModel, paper } from 'vidpipe/testing';
import { asked, block, type ClipRequest, filteredClips } from '../support/filters.ts';
import { freeLease, TestWorld } from '../support/runs.ts';
import { clip, settingsFor, videoOf } from '../support/world.ts';

/** Faults of an earlier system in making clips, each named after what it did. */

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

type Members = NonNullable<Parameters<typeof mockVideoModel>[0]>;

/** The clips of a test world, some of their functions replaced. */
function clips(more: (inner: ReturnType<typeof videoOf>) => Members): ReturnType<typeof mockVideoModel> {
  const inner = videoOf(clip({ clock: world.clock }));
  return mockVideoModel({
    price: perSecond(usd('0.05')),
    start: (request, call) => inner.start(request, call),
    check: (handle, call) => inner.check(handle, call),
    ...more(inner),
  });
}

/** Clips that are there at once, as `reply` says. */
const atOnce = (reply: (request: ClipRequest, nth: number) => Reply): ReturnType<typeof mockVideoModel> => {
  let nth = 0;
  return clips(() => ({ start: (request) => Promise.resolve({ finished: reply(request, (nth += 1)) }) }));
};

function made({ width, height }: ClipRequest, seconds: number, note = ''): Reply {
  const bytes = paper({ kind: 'video', width, height, seconds, note });
  return { state: 'succeeded', outputs: [{ bytes }], usage: { seconds } };
}

const starts = (model: ReturnType<typeof mockVideoModel>): number =>
  model.calls.filter(({ member }) => member === 'start').length;

describe('a clip', () => {
  it('is made beside the others (one at a time was made, whatever was configured)', async () => {
    const began = world.clock.now();
    await world.film(world.pipeline({}, {}, { stillMs: 0, clipMs: 60_000 }), 5);
    expect(world.clock.now() - began).toBeLessThan(2 * 60_000);
  });

  it('whose operation can not be looked at for a moment is looked at again (the project failed)', async () => {
    let looks = 0;
    const video = clips((inner) => ({
      check: (handle, call) => {
        looks += 1;
        if (looks > 2) return inner.check(handle, call);
        throw new ProviderError({ kind: 'transient', accepted: 'unknown', message: 'reset' });
      },
    }));
    expect((await world.film(world.pipeline({ video }), 1)).status).toBe('completed');
    expect(starts(video)).toBe(1);
  });

  it('that takes longer than ten minutes is waited for, and is never bought again (it timed out for good)', async () => {
    const video = clip({ clock: world.clock, clipMs: 3_600_000 });
    const pipeline = world.pipeline({ video });
    let result = await world.film(pipeline, 1);
    while (result.status === 'waiting') {
      await world.clock.run(world.clock.sleep(600_000));
      result = await world.clock.run(pipeline.resume(result.project.id));
    }
    expect(result.status).toBe('completed');
    expect(world.emitted.filter(({ type }) => type === 'call.intended')).toHaveLength(3);
  });

  it('accepted just before a crash is found again (its operation was lost, and billed twice)', async () => {
    const jobs = new Map<string, object>();
    const video = clips((inner) => ({
      start: async (request, call) => {
        const began = await inner.start(request, call);
        if ('handle' in began) jobs.set(call.callId, began.handle);
        return new Promise(() => {});
      },
      lookUp: ({ callId }) => Promise.resolve({ handle: { ...jobs.get(callId) } }),
      times: { submitWithinMs: 1_000, requestDeadlineMs: 2_000 },
    }));
    const first = world.pipeline({ video });
    const { id } = await first.create(settingsFor(1));
    void first.run(id);
    await world.clock.run(world.clock.sleep(20_000));
    expect(jobs.size).toBe(1);
    await world.clock.run(first.close());
    await freeLease(world.events, id);
    const result = await world.clock.run(world.pipeline({ video }).resume(id));
    expect(result.status).toBe('completed');
    expect([starts(video), jobs.size]).toEqual([1, 1]);
  });

  it('that is said to be there and is not fails its step by name (each resume crashed the same way)', async () => {
    let broken = true;
    const video = atOnce((request) => (broken ? { state: 'succeeded', outputs: [] } : made(request, 4)));
    const pipeline = world.pipeline({ video });
    const { status, project } = await world.film(pipeline, 1);
    expect([status, project.error?.code]).toEqual(['failed', 'bad-output']);
    broken = false;
    expect((await world.clock.run(pipeline.resume(project.id))).status).toBe('completed');
  });

  it('that is usable is kept where the filter took another one (it was thrown away, and paid again)', async () => {
    const video = atOnce((request) => ({ ...made(request, 4), blocked: block('output') }) as Reply);
    expect((await world.film(world.pipeline({ video }), 1)).status).toBe('completed');
    expect(starts(video)).toBe(1);
  });

  it.each(['safety switch missing', 'violates the schema', 'usage guidelines: no such field'])(
    'that fails with the words "%s" was not refused by a filter (words of errors were searched)',
    async (message) => {
      const video = atOnce(() => ({ state: 'failed', kind: 'invalid-request', message }));
      const { project } = await world.film(world.pipeline({ video }), 1);
      expect(project.error?.message).toContain(message);
      expect(project.steps.some(({ status }) => status === 'refused')).toBe(false);
      expect(starts(video)).toBe(1);
    },
  );

  it('whose last frame is drawn anew leaves the old one there, and the next scene begins with the new one (it jumped)', async () => {
    let flagged: string | undefined;
    const video = filteredClips(world.clock, ({ endFrame }) =>
      (flagged ??= endFrame?.digest) === endFrame?.digest ? block('end-frame') : null,
    );
    const { project } = await world.film(world.pipeline({ video }), 2);
    const [one, two] = project.scenes;
    expect(project.status).toBe('completed');
    expect(one?.end?.digest).not.toBe(flagged);
    expect(two?.start?.digest).toBe(one?.end?.digest);
    expect(asked<ClipRequest>(video).at(-1)?.startFrame?.digest).toBe(one?.end?.digest);
    expect((await Array.fromAsync(world.assets.list())).map(({ digest }) => digest)).toContain(flagged);
  });

  it('refused before a stop goes on with its next remedy (the first words were sent again)', async () => {
    let refusals = 0;
    const video = filteredClips(world.clock, () => ((refusals += 1) <= 2 ? block('prompt') : null));
    const pipeline = world.pipeline({ video });
    const { id } = await pipeline.create(settingsFor(1));
    let stopped = false;
    pipeline.on('remedy.applied', () => {
      if (!stopped) void pipeline.stop(id);
      stopped = true;
    });
    expect((await world.clock.run(pipeline.run(id))).status).toBe('stopped');
    expect((await world.clock.run(pipeline.resume(id))).status).toBe('completed');
    const prompts = asked<ClipRequest>(video).map(({ prompt }) => prompt);
    expect([prompts.length, new Set(prompts).size]).toEqual([3, 3]);
  });

  it('has the seconds that it really has (those asked for were recorded)', async () => {
    const video = atOnce((request) => made(request, 3.5));
    const { project } = await world.film(world.pipeline({ video }), 2);
    expect(project.scenes.map(({ clip: asset }) => asset?.seconds)).toEqual([3.5, 3.5]);
  });

  it('is never asked to avoid the style or the words that it is to show (one list was sent for all)', async () => {
    const video = clips(() => ({ negativePrompt: true }));
    await world.film(world.pipeline({ video }), 1, { style: 'photorealistic' });
    for (const { negativePrompt = '' } of asked<ClipRequest>(video))
      expect(negativePrompt).not.toMatch(/photo|realis|text/i);
  });

  it('that fails for good fails its film, which the next run finishes (the film was complete with a gap)', async () => {
    let broken = true;
    const video = atOnce(({ prompt, ...request }, nth) =>
      broken && prompt.includes('motion 2')
        ? { state: 'failed', kind: 'invalid-request', message: 'no' }
        : made({ prompt, ...request }, 4, `${nth}`),
    );
    const pipeline = world.pipeline({ video });
    const { status, project } = await world.film(pipeline, 3);
    expect([status, project.filmAsset]).toEqual(['failed', null]);
    expect(project.error?.message).toContain('no');
    broken = false;
    const before = starts(video);
    const next = await world.clock.run(pipeline.resume(project.id));
    expect([next.status, next.project.filmAsset?.seconds]).toEqual(['completed', 12]);
    expect(starts(video) - before).toBe(1);
  });
});
