import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunResult } from 'vidpipe';
import { ProviderError, type TextRequest } from 'vidpipe/provider';
import type { mockTextModel } from 'vidpipe/testing';
import { asked, type ClipRequest, filteredClips, filteredStills, type ImageRequest } from '../support/filters.ts';
import { TestWorld } from '../support/runs.ts';
import { storyboardOf } from '../support/world.ts';
import { answering, said } from '../support/writers.ts';

/** Faults of an earlier system in writing a storyboard, each named after what it did. */

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

/** A film of two scenes with the words of `text`. */
async function film(text: ReturnType<typeof mockTextModel>): Promise<RunResult> {
  const pipeline = world.pipeline({ text });
  const { id } = await pipeline.create({ prompt: 'p', duration: 8, clipDuration: 4, seed: 1 });
  return world.clock.run(pipeline.run(id));
}

const good = said(storyboardOf(2));
const bought = (): number => world.emitted.filter(({ type }) => type === 'call.intended').length;

describe('a storyboard', () => {
  it('is asked for again after a fault of the server or the line (only bad JSON was)', async () => {
    const busy = new ProviderError({ kind: 'rate-limited', accepted: 'no', message: '429' });
    const down = new ProviderError({ kind: 'transient', accepted: 'no', message: '503' });
    const text = answering(busy, down, good);
    expect((await film(text)).status).toBe('completed');
    expect(text.calls).toHaveLength(3);
  });

  it('that can not be had says why (the user was shown RetryError)', async () => {
    const { project } = await film(answering(said('one'), said('two'), said('three')));
    expect(project.error).toMatchObject({ code: 'storyboard-not-json' });
    expect(project.error?.message).not.toMatch(/retry/i);
  });

  it('that a filter refuses is refused with its codes (it was taken for bad JSON)', async () => {
    const refusal = { state: 'blocked', reasons: ['no'], codes: ['7'], input: 'prompt', charged: 'no' } as const;
    const { project } = await film(answering(refusal));
    expect(project.error?.code).toBe('refused');
    expect(world.emitted.find(({ type }) => type === 'step.refused')?.body).toMatchObject({ codes: ['7'] });
  });

  it('of more scenes than asked for is not filmed (five clips were paid where two were asked for)', async () => {
    const text = answering(said(storyboardOf(5)), good);
    const { project } = await film(text);
    expect([project.status, project.scenes.length, text.calls.length]).toEqual(['completed', 2, 2]);
    expect(bought()).toBe(2 + 3 + 2);
  });

  it('of fewer scenes than asked for is not filmed (what was missing was made up later)', async () => {
    const text = answering(said(storyboardOf(1)), good);
    expect((await film(text)).project.scenes).toHaveLength(2);
    expect(asked<TextRequest>(text)[1]?.prompt).toContain('(count)');
  });

  it.each([
    [1, 2],
    [0, 7],
    [0, 0],
  ])(
    'that counts its scenes %i, %i has them in the order they are in (counting from 1 crashed)',
    async (...indices) => {
      const { scenes, ...guide } = storyboardOf(2);
      const counted = { ...guide, scenes: scenes.map((scene, at) => ({ ...scene, scene_index: indices[at] })) };
      const { status, project } = await film(answering(said(counted)));
      expect(status).toBe('completed');
      expect(project.scenes.map(({ description }) => description)).toEqual(['Scene 1', 'Scene 2']);
    },
  );

  it('has all its words used (key details, camera style and transitions never were)', async () => {
    const { scenes, ...guide } = storyboardOf(2);
    const styleGuide = { ...guide.styleGuide, cameraStyle: 'handheld' };
    const noted = scenes.map((scene) => ({ ...scene, transitionNotes: 'the moon lingers' }));
    const words = { ...guide, styleGuide, scenes: noted };
    const [image, video] = [filteredStills(world.clock, () => null), filteredClips(world.clock, () => null)];
    const pipeline = world.pipeline({ text: answering(said(words)), image, video });
    const { id } = await pipeline.create({ prompt: 'p', duration: 8, clipDuration: 4, seed: 1 });
    expect((await world.clock.run(pipeline.run(id))).status).toBe('completed');
    const stills = asked<ImageRequest>(image).map(({ prompt }) => prompt);
    const clips = asked<ClipRequest>(video).map(({ prompt }) => prompt);
    expect(stills.every((prompt) => prompt.includes('detail') && prompt.includes('handheld'))).toBe(true);
    expect(clips.some((prompt) => prompt.includes('the moon lingers'))).toBe(true);
  });
});
