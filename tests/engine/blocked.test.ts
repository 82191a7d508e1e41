import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest, Pipeline, Project, ProjectEvent, ProjectSettings } from 'vidpipe';
import type { Reply } from 'vidpipe/provider';
import { paper } from 'vidpipe/testing';
import { asked, block, type ClipRequest, filteredClips, filteredStills } from '../support/filters.ts';
import { TestWorld } from '../support/runs.ts';
import { settingsFor } from '../support/world.ts';

let world: TestWorld;
beforeEach(() => void (world = new TestWorld()));
afterEach(() => world.close());

const bodies = <T extends ProjectEvent['type']>(type: T): Extract<ProjectEvent, { readonly type: T }>['body'][] =>
  world.emitted.flatMap((event) => (event.type === type ? [event.body as never] : []));

/** A finished film. */
async function finished(
  pipeline: Pipeline,
  scenes = 2,
  settings: Partial<ProjectSettings> = {},
): Promise<{ id: string; project: Project & { film: NonNullable<Project['film']> } }> {
  const { status, project } = await world.film(pipeline, scenes, settings);
  if (status !== 'completed' || project.film === undefined) throw new Error(status);
  return { id: project.id, project: { ...project, film: project.film } };
}

const again = (pipeline: Pipeline, id: string): Promise<Project> =>
  world.clock.run(pipeline.run(id)).then(({ project }) => project);
const clipOf = (project: Project, at: number): Digest => project.scenes[at]!.clip!.digest;

/** What was bought since the log had `seq` events: kinds of steps and places of their scenes. */
function boughtSince({ scenes, seq }: Project): string[] {
  const name = (stepId: string): string => scenes.reduce((id, scene, at) => id.replace(scene.id, `${at + 1}`), stepId);
  return world.emitted.flatMap((event) =>
    event.type === 'call.intended' && event.seq > seq ? [name(event.body.stepId)] : [],
  );
}

describe('a blocked clip of a finished film', () => {
  it('is not shown, its film is not served, and the next run makes that clip and the film, nothing else', async () => {
    const pipeline = world.pipeline();
    const { id, project } = await finished(pipeline);
    const digest = clipOf(project, 0);
    const blocked = await pipeline.block(id, digest, 'it shows a brand');
    expect(blocked.scenes[0]?.clip).toBeNull();
    expect(blocked.filmAsset).toBeNull();
    expect(blocked.film).toBeUndefined();
    expect(blocked.blocked).toEqual([
      { digest, by: 'user', stepId: `clip:${project.scenes[0]?.id}`, reasons: ['it shows a brand'], codes: [] },
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'vidpipe-blocked-'));
    try {
      for (const serve of [
        () => project.film.saveTo(join(folder, 'film.mp4')),
        () => project.film.stream(),
        () => project.film.savePoster(join(folder, 'poster.jpg')),
        () => project.film.saveContactSheet(join(folder, 'sheet.jpg')),
      ])
        await expect(serve()).rejects.toMatchObject({ code: 'asset-blocked', details: { digest } });
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const after = await again(pipeline, id);
    expect(after.status).toBe('completed');
    expect(boughtSince(project)).toEqual(['clip:1']);
    expect(bodies('remedy.applied')).toMatchObject([{ remedy: { kind: 'seed' }, reasons: ['it shows a brand'] }]);
    expect(clipOf(after, 0)).not.toBe(digest);
    expect(after.film?.asset.digest).not.toBe(project.film.asset.digest);
    await expect(after.film?.stream()).resolves.toBeDefined();
    await expect(project.film.stream()).rejects.toMatchObject({ code: 'asset-blocked' });
  });

  it('has its place taken by the next remedy each time, until the step is refused', async () => {
    const pipeline = world.pipeline();
    const { id, project } = await finished(pipeline, 1, { safety: { remedies: [{ kind: 'seed' }] } });
    const next = await again(await blocking(pipeline, id, clipOf(project, 0)), id);
    const last = await again(await blocking(pipeline, id, clipOf(next, 0)), id);
    expect(last).toMatchObject({ status: 'failed', error: { code: 'refused' } });
    expect(bodies('remedy.ineffective')).toMatchObject([{ index: 0, why: 'flagged-again' }]);
    expect(bodies('step.refused')).toMatchObject([{ reasons: ['bad'] }]);
    expect(boughtSince(project)).toEqual(['clip:1']);
  });

  it('with skip, and no remedy left, has its scene left out', async () => {
    const pipeline = world.pipeline();
    const { id, project } = await finished(pipeline, 3, { safety: { remedies: [], onRefused: 'skip' } });
    const after = await again(await blocking(pipeline, id, clipOf(project, 1)), id);
    expect(after.status).toBe('completed');
    expect(after.scenes.map(({ skipped }) => skipped)).toEqual([false, true, false]);
    expect(boughtSince(project)).toEqual(['clip:3']);
  });

  it('beside another take gives way to that one, and nothing is bought', async () => {
    const pipeline = world.pipeline();
    const { id, project } = await finished(pipeline, 1);
    const stepId = `clip:${project.scenes[0]?.id}`;
    const { fingerprint } = bodies('call.intended').find((body) => body.stepId === stepId)!;
    await world.events.append({
      batchId: 'take',
      projectId: id,
      events: [{ type: 'take.requested', format: 1, body: { stepId, fingerprint } }],
    });
    const second = await again(pipeline, id);
    expect(clipOf(second, 0)).not.toBe(clipOf(project, 0));
    const after = await again(await blocking(pipeline, id, clipOf(second, 0)), id);
    expect([after.status, clipOf(after, 0)]).toEqual(['completed', clipOf(project, 0)]);
    expect(boughtSince(second)).toEqual([]);
  });

  it('reopens the gate behind which it stands', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(1, { gates: ['clips'] }));
    const waiting = await again(pipeline, id);
    await pipeline.approve(id, 'clips', (await pipeline.plan(id)).digest);
    const done = await again(pipeline, id);
    expect(done.status).toBe('completed');
    const after = await again(await blocking(pipeline, id, clipOf(done, 0)), id);
    expect(after).toMatchObject({ status: 'waiting', waiting: { reason: 'gate', gate: 'clips' } });
    expect(boughtSince(waiting)).toEqual(['clip:1']);
  });
});

async function blocking(pipeline: Pipeline, id: string, digest: Digest): Promise<Pipeline> {
  await pipeline.block(id, digest, 'bad');
  return pipeline;
}

describe('a blocked still', () => {
  it('is drawn anew, and the clips on both sides are made again with the new one', async () => {
    const video = filteredClips(world.clock, () => null);
    const pipeline = world.pipeline({ video });
    const { id, project } = await finished(pipeline, 3);
    const { digest } = project.scenes[0]!.end!;
    const after = await again(await blocking(pipeline, id, digest), id);
    expect(after.status).toBe('completed');
    expect(boughtSince(project).sort()).toEqual(['clip:1', 'clip:2', 'keyframe:1:end']);
    const frames = asked<ClipRequest>(video).slice(3);
    expect(frames.flatMap(({ startFrame, endFrame }) => [startFrame?.digest, endFrame?.digest])).not.toContain(digest);
    await expect(project.film.stream()).rejects.toMatchObject({ code: 'asset-blocked' });
  });

  it('is blocked at every step that has the same bytes', async () => {
    const same = paper({ kind: 'image', width: 1280, height: 720 });
    let asks = 0;
    const reply: Reply = { state: 'succeeded', outputs: [{ bytes: same }], usage: { images: 1 } };
    const image = filteredStills(world.clock, () => ((asks += 1) <= 2 ? reply : null));
    const pipeline = world.pipeline({ image });
    const { id, project } = await finished(pipeline, 1);
    expect(project.scenes[0]?.start?.digest).toBe(project.scenes[0]?.end?.digest);
    const after = await again(await blocking(pipeline, id, project.scenes[0]!.start!.digest), id);
    expect(after.status).toBe('completed');
    expect(boughtSince(project)).toEqual(['keyframe:1:start', 'keyframe:1:end', 'clip:1']);
  });

  it('that comes again as it was is of no use, and the next remedy is tried', async () => {
    const same = paper({ kind: 'image', width: 1280, height: 720 });
    let asks = 0;
    const reply: Reply = { state: 'succeeded', outputs: [{ bytes: same }], usage: { images: 1 } };
    const image = filteredStills(world.clock, ({ prompt }) =>
      prompt.includes('end of the scene') && (asks += 1) <= 2 ? reply : null,
    );
    const pipeline = world.pipeline({ image });
    const { id, project } = await finished(pipeline, 1);
    const after = await again(await blocking(pipeline, id, project.scenes[0]!.end!.digest), id);
    expect(after.status).toBe('completed');
    expect(boughtSince(project)).toEqual(['keyframe:1:end', 'keyframe:1:end', 'clip:1']);
    expect(bodies('remedy.ineffective')).toMatchObject([{ index: 0, why: 'flagged-again' }]);
  });

  it('that was taken from a clip has that clip blocked too: it shows it', async () => {
    const pipeline = world.pipeline({ video: filteredClips(world.clock, () => null, false) });
    const { id, project } = await finished(pipeline, 2);
    const border = project.scenes[1]!.start!.digest;
    const after = await again(await blocking(pipeline, id, border), id);
    expect(after.status).toBe('completed');
    expect(after.blocked.map(({ digest }) => digest)).toEqual([border, clipOf(project, 0)]);
    expect(boughtSince(project)).toEqual(['clip:1', 'clip:2']);
  });
});

describe('a block', () => {
  it('during a run is seen by it: what is under way is kept, and what is missing made', async () => {
    const pipeline = world.pipeline();
    const { id } = await pipeline.create(settingsFor(2));
    let blocking: Promise<unknown> | undefined;
    pipeline.on('call.submitted', () => {
      blocking ??= pipeline.get(id).then(({ scenes }) => pipeline.block(id, scenes[0]!.end!.digest, 'bad'));
    });
    const after = await again(pipeline, id);
    await blocking;
    expect(after.status).toBe('completed');
    expect(after.blocked).toHaveLength(1);
    expect(after.money).toMatchObject({ held: 0, unknown: 0 });
    const clips = boughtSince({ ...after, seq: 0 }).filter((name) => name.startsWith('clip'));
    expect(clips.sort()).toEqual(['clip:1', 'clip:1', 'clip:2']);
    const kept = bodies('call.settled').filter(({ outcome }) => outcome === 'succeeded');
    expect(kept).toHaveLength(bodies('call.intended').length);
  });

  it('of the whole film refuses the film: joining it again would bring the same bytes', async () => {
    const pipeline = world.pipeline();
    const { id, project } = await finished(pipeline, 1);
    const after = await again(await blocking(pipeline, id, project.film.asset.digest), id);
    expect(after).toMatchObject({ status: 'failed', error: { code: 'refused' }, filmAsset: null });
    expect(boughtSince(project)).toEqual([]);
  });

  it('is there once, however often it is said', async () => {
    const pipeline = world.pipeline();
    const { id, project } = await finished(pipeline, 1);
    const digest = clipOf(project, 0);
    const { seq } = await pipeline.block(id, digest, 'bad');
    expect((await pipeline.block(id, digest, 'worse')).seq).toBe(seq);
  });

  it.each([
    ['bytes that nobody made', () => `sha256-${'0'.repeat(64)}` as const, 'bad', 'no step of the project'],
    ['no reason', (project: Project) => clipOf(project, 0), ' ', 'expected 1 to 2000 characters'],
    ['half a character', (project: Project) => clipOf(project, 0), '\ud800', 'half of a pair'],
  ] as const)('is refused for %s', async (_, digest, reason, message) => {
    const pipeline = world.pipeline();
    const { id, project } = await finished(pipeline, 1);
    const blocking = pipeline.block(id, digest(project), reason);
    await expect(blocking).rejects.toMatchObject({ code: 'invalid-change' });
    await expect(blocking).rejects.toThrow(message);
    expect((await pipeline.get(id)).seq).toBe(project.seq);
  });
});

describe('flagged bytes that a provider delivers', () => {
  const flagged = paper({ kind: 'image', width: 1280, height: 720, note: 'flagged' });
  const refusal: Reply = { ...block('output'), charged: 'yes', usage: { images: 1 }, outputs: [{ bytes: flagged }] };
  const stored = async (): Promise<number> => (await Array.fromAsync(world.assets.list())).length;

  it('are named in the log by their digest, and not kept; the refusal is answered and charged as it says', async () => {
    let asks = 0;
    const image = filteredStills(world.clock, () => ((asks += 1) === 1 ? refusal : null));
    const { project } = await finished(world.pipeline({ image }), 1);
    const [settled] = bodies('call.settled');
    expect(settled).toMatchObject({ outcome: 'blocked', made: [], flagged: [expect.stringMatching(/^sha256-/)] });
    expect(project.blocked).toMatchObject([{ by: 'provider', digest: settled?.flagged?.[0], codes: ['code-output'] }]);
    expect(bodies('remedy.applied')).toMatchObject([{ remedy: { kind: 'seed' } }]);
    expect(await stored()).toBe(4);
    expect(project.money.charged).toBe(3 * 20_000 + 200_000);
  });

  it('beside usable ones take nothing from those; where they come again unflagged they are not used', async () => {
    let asks = 0;
    const good = paper({ kind: 'image', width: 1280, height: 720, note: 'good' });
    const part: Reply = {
      state: 'succeeded',
      outputs: [{ bytes: good }],
      usage: { images: 1 },
      blocked: { ...block('output'), outputs: [{ bytes: flagged }] },
    };
    const bad: Reply = { state: 'succeeded', outputs: [{ bytes: flagged }], usage: { images: 1 } };
    const image = filteredStills(world.clock, () => [part, bad][(asks += 1) - 1] ?? null);
    const { project } = await finished(world.pipeline({ image }), 1);
    expect(bodies('call.settled')[0]).toMatchObject({ outcome: 'succeeded', made: [{}], flagged: [expect.anything()] });
    expect(bodies('remedy.applied')).toMatchObject([{ remedy: { kind: 'seed' }, codes: ['code-output'] }]);
    const [scene] = project.scenes;
    expect([scene?.start?.digest, scene?.end?.digest]).not.toContain(project.blocked[0]?.digest);
  });

  it('that can not be fetched hold nothing up', async () => {
    let asks = 0;
    const gone: Reply = { ...block('output'), outputs: [{ url: 'https://elsewhere.example/x' }] };
    const image = filteredStills(world.clock, () => ((asks += 1) === 1 ? gone : null));
    const { project } = await finished(world.pipeline({ image }), 1);
    expect(project.blocked).toEqual([]);
    expect(world.logged.join()).toContain('flagged bytes could not be hashed');
  });
});
