import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

/** A program that stands in for ffmpeg. */
function script(name: string, lines: string): string {
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return path;
}

describe('a machine without ffmpeg', () => {
  it.each<[string, () => string, RegExp]>([
    ['is not there', () => join(dir, 'nowhere'), /was not found/],
    ['is a folder', () => dir, /does not run/],
    ['leaves with an error', () => script('broken', 'exit 1'), /does not run/],
    ['is too old', () => script('old', 'echo ffmpeg version 4.4.2 Copyright'), /version 4 is too old/],
  ])('that %s: is told how to install it before a project is made', async (_, program, reason) => {
    vi.stubEnv('FFMPEG_PATH', program());
    pipeline = makePipeline(dir);
    const message = expect.stringMatching(new RegExp(`${reason.source}[^]*apt-get install ffmpeg`)) as string;
    await expect(pipeline.create(settings)).rejects.toMatchObject({ code: 'ffmpeg-missing', message });
    expect((await pipeline.list()).items).toEqual([]);
    expect(sent()).toBe(false);
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
