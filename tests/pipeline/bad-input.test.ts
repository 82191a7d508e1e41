import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Pipeline, ProjectSettings } from 'vidpipe';
import { billed, makePipeline } from './make.ts';

let dir: string;
let pipeline: Pipeline;
const settings: ProjectSettings = {
  prompt: 'A lighthouse keeper finds a bottle',
  duration: 4,
  clipDuration: 4,
  seed: 7,
};

beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'vidpipe-bad-'))));
afterEach(async () => {
  vi.unstubAllEnvs();
  await pipeline.close();
  rmSync(dir, { recursive: true, force: true });
});

const sent = (): boolean => billed(dir).length > 0;

describe('a machine without ffmpeg', () => {
  it('is told so, and how to install it, before a project is made', async () => {
    vi.stubEnv('FFMPEG_PATH', join(dir, 'no-ffmpeg'));
    pipeline = makePipeline(dir);
    await expect(pipeline.create(settings)).rejects.toMatchObject({
      code: 'ffmpeg-missing',
      message: expect.stringContaining('apt-get install ffmpeg') as string,
    });
    expect((await pipeline.list()).items).toEqual([]);
  });

  it('is told so before a project of elsewhere is run; nothing is sent, and nothing lost', async () => {
    pipeline = makePipeline(dir);
    const { id } = await pipeline.create(settings);
    await pipeline.close();
    vi.stubEnv('FFPROBE_PATH', join(dir, 'no-ffprobe'));
    pipeline = makePipeline(dir);
    await expect(pipeline.run(id)).rejects.toMatchObject({ code: 'ffmpeg-missing' });
    expect(sent()).toBe(false);
    await pipeline.close();
    vi.unstubAllEnvs();
    pipeline = makePipeline(dir);
    expect((await pipeline.run(id)).status).toBe('completed');
  });
});

describe('an asset whose bytes no longer match its digest', () => {
  it('is named, stops the film that is made of it, and nothing is bought; put back, the film is made', async () => {
    pipeline = makePipeline(dir);
    const { id } = await pipeline.create(settings);
    const { project } = await pipeline.run(id);
    const digest = project.scenes[0]?.clip?.digest ?? '';
    const path = join(dir, 'assets', digest.slice(7, 9), digest.slice(9));
    const whole = readFileSync(path);
    const before = billed(dir).length;
    appendFileSync(path, 'x');
    await pipeline.setTransition(id, { kind: 'fade', seconds: 0.5 });
    expect(await pipeline.run(id)).toMatchObject({
      status: 'failed',
      error: { code: 'asset-corrupt', message: expect.stringContaining(digest) as string },
    });
    writeFileSync(path, whole);
    expect((await pipeline.run(id)).status).toBe('completed');
    expect(billed(dir)).toHaveLength(before);
  });
});
