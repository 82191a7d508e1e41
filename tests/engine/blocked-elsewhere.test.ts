import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Inspect, Pipeline, Project, RunResult } from 'vidpipe';
import { paper } from 'vidpipe/testing';
import { filteredClips } from '../support/filters.ts';
import { TestWorld } from '../support/runs.ts';

let world: TestWorld;
let home = '';
beforeEach(() => {
  world = new TestWorld();
  home = mkdtempSync(join(tmpdir(), 'vidpipe-blocked-'));
});
afterEach(async () => {
  await world.close();
  rmSync(home, { recursive: true });
});

const run = (pipeline: Pipeline, id: string): Promise<RunResult> => world.clock.run(pipeline.run(id));
const clip = (project: Project, at = 0) => project.scenes[at]!.clip!;
/** Digests that a project shows or needs anywhere. */
const shown = ({ scenes, steps, filmAsset }: Project): string => JSON.stringify([scenes, steps, filmAsset]);

describe('forks and archives', () => {
  const made = async (): Promise<{ pipeline: Pipeline; project: Project; after: Project }> => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 2);
    await pipeline.block(project.id, clip(project).digest, 'a brand');
    await pipeline.block(project.id, project.scenes[1]!.end!.digest, 'a face');
    return { pipeline, project, after: (await run(pipeline, project.id)).project };
  };

  it('do not have what is blocked, nor what shows it, and know that it is', async () => {
    const { pipeline, project, after } = await made();
    const gone = [
      clip(project).digest,
      clip(project, 1).digest,
      project.scenes[1]!.end!.digest,
      project.filmAsset!.digest,
    ];
    const manifest = await pipeline.export(project.id, join(home, 'film'));
    const exported = manifest.assets.map(({ digest }) => digest);
    expect(gone.filter((digest) => exported.includes(digest))).toEqual([]);
    expect(exported).toContain(after.filmAsset?.digest);
    const before = world.emitted.length;
    for (const child of [await pipeline.fork(project.id), await pipeline.import(join(home, 'film'))]) {
      const { status, project: forked } = await run(pipeline, child.id);
      expect(status).toBe('completed');
      expect(forked.blocked).toEqual(after.blocked);
      expect(gone.filter((digest) => shown(forked).includes(digest))).toEqual([]);
      expect(clip(forked).digest).toBe(clip(after).digest);
    }
    expect(world.emitted.slice(before).filter(({ type }) => type === 'call.intended')).toEqual([]);
  });

  it('of a film that was not run since make what is missing themselves', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 1);
    await pipeline.block(project.id, clip(project).digest, 'a brand');
    const fork = await pipeline.fork(project.id);
    expect(fork.film).toBeUndefined();
    const { project: made } = await run(pipeline, fork.id);
    expect(made.status).toBe('completed');
    expect(clip(made).digest).not.toBe(clip(project).digest);
    expect((await pipeline.get(project.id)).scenes[0]?.clip).toBeNull();
  });

  it('carry retakes and changes of one’s own remedies, in a form that imports take', async () => {
    let looks = 0;
    const inspect: Inspect = (_, { kind }) =>
      kind === 'clip' && (looks += 1) === 1 ? { retake: true, reasons: ['black'] } : 'ok';
    const video = filteredClips(world.clock, ({ prompt }) =>
      prompt.includes('CALM') ? null : { state: 'blocked', reasons: ['no'], codes: [], input: 'prompt', charged: 'no' },
    );
    const calm = () => ({ prompt: 'CALM', prefix: 'KIND', seed: 3, model: 'mock:clip' as const });
    const pipeline = world.pipeline({ video }, { inspect, remedies: { calm } });
    const { project } = await world.film(pipeline, 1, { safety: { remedies: [{ kind: 'custom', name: 'calm' }] } });
    expect(project.status).toBe('completed');
    await pipeline.export(project.id, join(home, 'film'));
    const before = world.emitted.length;
    const { project: imported } = await run(pipeline, (await pipeline.import(join(home, 'film'))).id);
    expect([imported.status, clip(imported).digest]).toEqual(['completed', clip(project).digest]);
    expect(world.emitted.slice(before).map(({ type }) => type)).not.toContain('call.intended');
    expect(looks).toBe(2);
  });
});

describe('the takes of a scene', () => {
  it('have no blocked one, which can not be selected either', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 1);
    const { id, scenes } = project;
    await pipeline.revise(id, { retake: { [scenes[0]!.id]: ['clip'] } });
    const { project: second } = await run(pipeline, id);
    const [first] = second.scenes[0]!.takes.filter(({ part, selected }) => part === 'clip' && !selected);
    expect(first?.asset.digest).toBe(clip(project).digest);
    await pipeline.block(id, first!.asset.digest, 'a brand');
    expect((await pipeline.get(id)).scenes[0]?.takes.map((take) => take.id)).not.toContain(first?.id);
    await expect(pipeline.revise(id, { select: { [scenes[0]!.id]: first!.id } })).rejects.toThrow('it has no take');
    expect((await run(pipeline, id)).project.scenes[0]?.clip).toEqual(second.scenes[0]?.clip);
  });

  it('have no clip of a blocked frame', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 1);
    await pipeline.block(project.id, project.scenes[0]!.end!.digest, 'a face');
    const { project: after } = await run(pipeline, project.id);
    expect(after.scenes[0]?.takes.filter(({ part }) => part === 'clip')).toMatchObject([{ selected: true }]);
  });

  it('that was chosen and is blocked then gives way to the others', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 1);
    const { id, scenes } = project;
    await pipeline.revise(id, { retake: { [scenes[0]!.id]: ['clip'] } });
    const { project: second } = await run(pipeline, id);
    const old = second.scenes[0]!.takes.find(({ part, selected }) => part === 'clip' && !selected)!;
    await pipeline.revise(id, { select: { [scenes[0]!.id]: old.id } });
    expect(clip((await run(pipeline, id)).project).digest).toBe(old.asset.digest);
    await pipeline.block(id, old.asset.digest, 'a brand');
    const before = world.emitted.length;
    expect(clip((await run(pipeline, id)).project).digest).toBe(clip(second).digest);
    expect(world.emitted.slice(before).map(({ type }) => type)).not.toContain('call.intended');
  });
});

describe('bytes of the user’s own', () => {
  const own = (note: string): Uint8Array => paper({ kind: 'video', width: 1280, height: 720, seconds: 4, note });

  it('are inspected before they are in the log, and refused where they are not taken', async () => {
    const seen: string[] = [];
    const inspect: Inspect = (_, { path, kind, seconds, stepId }) => {
      const { note } = JSON.parse(readFileSync(path, 'utf8')) as { note?: string };
      if (note?.startsWith('own') === true) seen.push(`${kind} ${seconds} ${stepId.split(':')[0]}`);
      return note === 'own bad' ? { blocked: true, reasons: ['a brand'] } : 'ok';
    };
    const pipeline = world.pipeline({}, { inspect });
    const { project } = await world.film(pipeline, 1);
    const [scene] = project.scenes;
    const bad = world.clock.run(pipeline.revise(project.id, { supply: { [scene!.id]: { clip: own('own bad') } } }));
    await expect(bad).rejects.toMatchObject({ code: 'invalid-change' });
    await expect(bad).rejects.toThrow('a brand');
    expect((await pipeline.get(project.id)).seq).toBe(project.seq);
    await world.clock.run(pipeline.revise(project.id, { supply: { [scene!.id]: { clip: own('own good') } } }));
    const after = await run(pipeline, project.id);
    expect(after.status).toBe('completed');
    expect(seen).toEqual(['clip null clip', 'clip null clip']);
  });

  it('that are blocked are not taken again, and a blocked one gives way to a clip of a model', async () => {
    const pipeline = world.pipeline();
    const { project } = await world.film(pipeline, 1);
    const [scene] = project.scenes;
    const supply = { supply: { [scene!.id]: { clip: own('mine') } } };
    await pipeline.revise(project.id, supply);
    const { project: mine } = await run(pipeline, project.id);
    expect(clip(mine).digest).not.toBe(clip(project).digest);
    await pipeline.block(project.id, clip(mine).digest, 'a brand');
    expect(clip((await run(pipeline, project.id)).project).digest).toBe(clip(project).digest);
    await expect(pipeline.revise(project.id, supply)).rejects.toThrow('these bytes are blocked');
  });
});
