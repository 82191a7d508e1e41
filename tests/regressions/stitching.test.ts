import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MediaError } from 'vidpipe';
import { paperMedia } from 'vidpipe/testing';
import { ffmpegTool } from '../../src/media/index.ts';
import { clip, look, loudness, newFolder } from '../media/clips.ts';
import { block, filteredClips } from '../support/filters.ts';
import { TestWorld } from '../support/runs.ts';

/** Faults of an earlier system in joining clips, each named after what it did; tests/media has the rest. */

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

describe('a film', () => {
  it('of no clip has failed, and its run says so (the run was logged as a success)', async () => {
    const video = filteredClips(world.clock, () => block('output'));
    const pipeline = world.pipeline({ video });
    const { status, project } = await world.film(pipeline, 1, { safety: { onRefused: 'skip', remedies: [] } });
    expect([status, project.status, project.filmAsset]).toEqual(['failed', 'failed', null]);
    const ended = world.emitted.findLast(({ type }) => type === 'run.ended');
    expect(ended?.body).toMatchObject({ status: 'failed' });
  });

  it('with fades has the sound of its clips, plays anywhere, and loses none of them when they are short', async () => {
    const folder = newFolder();
    const [one, two, out] = ['one.mp4', 'two.mp4', 'film.mp4'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    clip(one);
    clip(two, { hue: 90 });
    // Both are asked for six seconds of, and have one.
    const clips = [one, two].map((path) => ({ path, seconds: 6 }));
    await ffmpegTool().stitch({
      width: 160,
      height: 90,
      fps: 24,
      transition: { kind: 'fade', seconds: 0.25 },
      clips,
      out,
    });
    const { video, audio } = look(out);
    expect(video).toMatchObject({ codec_name: 'h264', pix_fmt: 'yuv420p', nb_frames: '42' });
    expect(audio?.codec_name).toBe('aac');
    expect(loudness(out, 1.2, 0.4)).toBeGreaterThan(0.01);
  });

  it('longer faded than its clips are is refused before anything is bought (it was never checked)', async () => {
    const pipeline = world.pipeline();
    await expect(world.film(pipeline, 2, { transition: { kind: 'fade', seconds: 4 } })).rejects.toMatchObject({
      code: 'invalid-settings',
    });
  });

  it('that can not be joined again is still there as it was (a failed join destroyed it)', async () => {
    let broken = false;
    const whole = paperMedia();
    const media = paperMedia({
      stitch: (request, signal) =>
        broken
          ? Promise.reject(new MediaError({ action: 'joining', reason: 'no codec' }))
          : whole.stitch(request, signal),
    });
    const pipeline = world.pipeline({}, { media });
    const { project } = await world.film(pipeline, 2);
    const path = join(newFolder(), 'film.mp4');
    const first = await world.clock.run(pipeline.run(project.id));
    if (first.status === 'completed') await first.film.saveTo(path);
    broken = true;
    await pipeline.revise(project.id, { settings: { transition: { kind: 'fade', seconds: 1 } } });
    expect((await world.clock.run(pipeline.run(project.id))).status).toBe('failed');
    const bytes = await new Response(await world.assets.get(project.filmAsset?.digest ?? 'sha256-')).bytes();
    expect(Buffer.from(bytes).equals(readFileSync(path))).toBe(true);
  });
});
