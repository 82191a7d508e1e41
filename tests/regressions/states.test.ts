import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MediaError, type Pipeline, type PipelineOptions } from 'vidpipe';
import { mockImageModel, mockTextModel, mockVideoModel, paperMedia } from 'vidpipe/testing';
import { freeLease, stopAtFirstClip, TestWorld } from '../support/runs.ts';
import { clip, imageOf, settingsFor, still, videoOf } from '../support/world.ts';
import { answering, said, writer } from '../support/writers.ts';

/** Faults of an earlier system in how runs begin, stop and end, each named after what it did. */

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const written = { prompt: 'p', duration: 8, clipDuration: 4, seed: 1 };
/** Calls of a kind that were bought; each pipeline tells of them, so they are counted by their ids. */
const bought = (kind: string): number =>
  new Set(
    world.emitted.flatMap((event) =>
      event.type === 'call.intended' && event.body.kind === kind ? [event.body.callId] : [],
    ),
  ).size;

describe('a stopped project', () => {
  it('is finished by resume (it could only be forked)', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(2));
    stopAtFirstClip(pipeline, id);
    expect((await world.clock.run(pipeline.run(id))).status).toBe('stopped');
    const next = world.pipeline();
    expect((await world.clock.run(next.resume(id))).status).toBe('completed');
    expect(bought('video')).toBe(2);
  });

  /** A film during which a function `during` of a model, or of ffmpeg, stops it. */
  async function stopped(
    make: (stop: () => void) => { models?: Parameters<TestWorld['pipeline']>[0]; media?: PipelineOptions['media'] },
  ) {
    const held: { pipeline?: Pipeline; id?: string } = {};
    const stop = (): void => void held.pipeline?.stop(held.id ?? '');
    const { models, media } = make(stop);
    held.pipeline = world.pipeline(models, media === undefined ? {} : { media });
    held.id = (await held.pipeline.create(written)).id;
    const result = await world.clock.run(held.pipeline.run(held.id));
    return { result, pipeline: held.pipeline, id: held.id };
  }

  it('stays stopped when that was while its words were written (the whole film was made and billed)', async () => {
    const inner = writer();
    const text = (stop: () => void): ReturnType<typeof mockTextModel> =>
      mockTextModel({
        generate: async (...args) => {
          stop();
          await world.clock.sleep(1_000);
          return inner.model.kind === 'text' ? inner.model.generate(...args) : said('');
        },
      });
    const { result, pipeline, id } = await stopped((stop) => ({ models: { text: text(stop) } }));
    expect([result.status, bought('image'), bought('video')]).toEqual(['stopped', 0, 0]);
    expect((await world.clock.run(pipeline.resume(id))).status).toBe('completed');
    expect(bought('text')).toBe(1);
  });

  it('stays stopped when that was while its last frame was drawn (the clips were made)', async () => {
    const inner = imageOf(still({ clock: world.clock, stillMs: 1_000 }));
    let drawn = 0;
    const { result } = await stopped((stop) => ({
      models: {
        text: writer(),
        video: clip({ clock: world.clock, clipMs: 60_000 }),
        image: mockImageModel({
          generate: (request, call) => {
            if ((drawn += 1) === 3) stop();
            return inner.generate(request, call);
          },
        }),
      },
    }));
    expect([result.status, bought('image')]).toEqual(['stopped', 3]);
    // The clip of the first scene had begun; that of the second has not.
    expect(bought('video')).toBe(1);
  });

  it('stays stopped when that was while its clips were joined (it read complete)', async () => {
    const whole = paperMedia();
    const { result, pipeline, id } = await stopped((stop) => ({
      models: { text: writer() },
      media: paperMedia({
        stitch: (request, signal) => {
          stop();
          return whole.stitch(request, signal);
        },
      }),
    }));
    expect(result.status).toBe('stopped');
    expect((await pipeline.get(id)).status).toBe('stopped');
  });
});

describe('a project whose process has died', () => {
  it('while its words were written is finished by resume (it ran no step, for ever)', async () => {
    const hanging = mockTextModel({ generate: () => new Promise(() => {}), times: { requestDeadlineMs: 5_000 } });
    const dead = world.pipeline({ text: hanging });
    const { id } = await dead.create({ ...written, onUnknown: { text: 'resubmit' } });
    void dead.run(id).catch(() => undefined);
    await world.clock.advance(100);
    await freeLease(world.events, id);
    const pipeline = world.pipeline({ text: writer() });
    expect((await pipeline.get(id)).status).toBe('interrupted');
    expect((await world.clock.run(pipeline.resume(id))).status).toBe('completed');
  });

  it('is taken up at the start of the next one (nothing was)', async () => {
    const dead = world.pipeline();
    const { id } = await dead.create(settingsFor(1));
    void dead.run(id).catch(() => undefined);
    await world.clock.advance(10_000);
    await freeLease(world.events, id);
    const pipeline = world.pipeline();
    expect(await pipeline.recover()).toEqual([id]);
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
    expect(bought('video')).toBe(1);
  });
});

describe('a project that is running', () => {
  it('is not run a second time (scenes and clips were made twice)', async () => {
    const first = world.pipeline();
    const { id } = await first.create(settingsFor(2));
    const running = first.run(id);
    await world.clock.advance(5_000);
    await expect(world.pipeline().resume(id)).rejects.toMatchObject({ code: 'lease-held' });
    expect((await world.clock.run(running)).status).toBe('completed');
    expect([bought('image'), bought('video')]).toEqual([3, 2]);
  });
});

describe('a failed project', () => {
  it('has its failed scenes tried again by resume (they never were)', async () => {
    const inner = videoOf(clip({ clock: world.clock }));
    let broken = true;
    const video = mockVideoModel({
      start: (request, call) =>
        broken
          ? Promise.resolve({ finished: { state: 'failed', kind: 'invalid-request', message: 'no' } })
          : inner.start(request, call),
      check: (handle, call) => inner.check(handle, call),
    });
    const pipeline = world.pipeline({ video });
    const { project } = await world.film(pipeline, 2);
    expect(project.status).toBe('failed');
    broken = false;
    expect((await world.clock.run(pipeline.resume(project.id))).status).toBe('completed');
  });

  it('says what ffmpeg said, and nothing any more once it is complete (the words were lost, the error stayed)', async () => {
    let broken = true;
    const whole = paperMedia();
    const media = paperMedia({
      stitch: (request, signal) =>
        broken
          ? Promise.reject(new MediaError({ action: 'joining', reason: 'moov atom not found' }))
          : whole.stitch(request, signal),
    });
    const pipeline = world.pipeline({}, { media });
    const { project } = await world.film(pipeline, 1);
    expect(project.error?.message).toContain('moov atom not found');
    broken = false;
    const { project: done } = await world.clock.run(pipeline.resume(project.id));
    expect([done.status, done.error]).toEqual(['completed', null]);
  });

  it('says so in its run, its log and its list alike (a run that had failed was logged as a success)', async () => {
    const pipeline = world.pipeline({ text: answering(said('no'), said('no')) });
    const { id } = await pipeline.create(written);
    const result = await world.clock.run(pipeline.run(id));
    const ended = world.emitted.flatMap((event) => (event.type === 'run.ended' ? [event.body.status] : []));
    const [listed] = (await pipeline.list({ status: 'failed' })).items;
    expect([result.status, ended, listed?.projectId]).toEqual(['failed', ['failed'], id]);
  });
});

it('a completed project has one word for that everywhere (clips were looked for under another one)', async () => {
  const pipeline = world.pipeline();
  const { project } = await world.film(pipeline, 1);
  const [listed] = (await pipeline.list({ status: 'completed' })).items;
  expect([project.status, listed?.projectId]).toEqual(['completed', project.id]);
  expect(project.steps.map(({ status }) => status)).toEqual(project.steps.map(() => 'completed'));
  const sent = bought('video');
  expect((await world.clock.run(pipeline.resume(project.id))).status).toBe('completed');
  expect(bought('video')).toBe(sent);
});
