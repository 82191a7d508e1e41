import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pipeline, ProjectEvent, ProjectSettings } from 'vidpipe';
import { usd } from 'vidpipe';
import { probeFilm } from '../support/probe.ts';
import { billed, billedTotal, makePipeline } from './make.ts';

let dir: string;
let pipeline: Pipeline;
const settings: ProjectSettings = {
  prompt: 'A lighthouse keeper finds a bottle',
  duration: 12,
  clipDuration: 4,
  seed: 7,
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vidpipe-film-'));
  pipeline = makePipeline(dir);
});
afterEach(async () => {
  await pipeline.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('a prompt becomes a film', () => {
  it('plays, costs what the service bills, and leaves nothing half made', async () => {
    const { id } = await pipeline.create(settings);
    const result = await pipeline.run(id);
    expect(result.status).toBe('completed');
    if (result.status !== 'completed') return;
    await result.film.saveTo(join(dir, 'film.mp4'));
    expect(probeFilm(join(dir, 'film.mp4'))).toMatchObject({ codecs: ['h264', 'aac'], width: 1280, height: 720 });
    expect(Math.abs(probeFilm(join(dir, 'film.mp4')).seconds - 12)).toBeLessThan(3 / 24);
    expect(result.project.money).toEqual({ charged: billedTotal(dir), held: 0, unknown: 0, superseded: 0 });
    expect(billed(dir)).toHaveLength(1 + 4 + 3);
    expect(readdirSync(join(dir, 'assets', '.tmp'))).toEqual([]);
    expect(
      existsSync(join(dir, 'work'))
        ? readdirSync(join(dir, 'work')).flatMap((name) => readdirSync(join(dir, 'work', name)))
        : [],
    ).toEqual([]);
  });

  it('asks nothing twice: a second run of a finished film sends nothing', async () => {
    const { id } = await pipeline.create(settings);
    await pipeline.run(id);
    const before = billed(dir).length;
    expect((await pipeline.resume(id)).status).toBe('completed');
    expect(billed(dir)).toHaveLength(before);
  });

  it('stitches again with a fade and buys nothing', async () => {
    const { id } = await pipeline.create(settings);
    await pipeline.run(id);
    const before = billed(dir).length;
    await pipeline.revise(id, { settings: { transition: { kind: 'fade', seconds: 0.5 } } });
    const result = await pipeline.run(id);
    expect(result.status === 'completed' && result.film.seconds).toBeCloseTo(11, 0);
    expect(billed(dir)).toHaveLength(before);
  });

  it('takes border frames from the clips where a model has no last frame', async () => {
    const { id, warnings } = await pipeline.create({
      ...settings,
      models: { video: 'simulated:film-2' },
      duration: 10,
    });
    expect(warnings.map(({ code }) => code)).toContain('sequential');
    const result = await pipeline.run(id);
    expect(result.status).toBe('completed');
    expect(result.project.steps.map(({ kind }) => kind)).toEqual([
      'storyboard',
      'keyframe',
      'clip',
      'border',
      'clip',
      'film',
    ]);
  });

  it('makes a film of your own storyboard without a writer', async () => {
    const scene = {
      description: 'a door',
      keyDetails: ['door'],
      startPrompt: 'closed',
      endPrompt: 'open',
      motionPrompt: 'it opens',
      transitionNotes: '',
      cast: [],
      enters: 'continue' as const,
    };
    const styleGuide = { visualStyle: 'ink', colorPalette: 'black', cameraStyle: 'still' };
    const { id } = await pipeline.create({
      prompt: 'A door',
      storyboard: { styleGuide, characters: [], scenes: [scene] },
    });
    const result = await pipeline.run(id);
    expect(result.status).toBe('completed');
    expect(billed(dir)).toHaveLength(3);
  });
});

describe('the log', () => {
  it('shows a reader that joins at any seq every event once', async () => {
    const { id } = await pipeline.create(settings);
    const live: ProjectEvent[] = [];
    const watching = (async () => {
      for await (const event of pipeline.watch(id)) live.push(event);
    })();
    await pipeline.run(id);
    await watching;
    const count = live.length;
    expect(live.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    for (let after = 0; after <= count; after += 1) {
      const seen: number[] = [];
      for await (const { seq } of pipeline.watch(id, { after })) seen.push(seq);
      expect(seen).toEqual(live.slice(after).map(({ seq }) => seq));
    }
  });

  it('goes on when a listener throws', async () => {
    pipeline.on('event', () => {
      throw new Error('not my problem');
    });
    const { id } = await pipeline.create(settings);
    expect((await pipeline.run(id)).status).toBe('completed');
  });
});

describe('money', () => {
  it('sends nothing that does not fit, waits, and says what is missing', async () => {
    const { id } = await pipeline.create({ ...settings, budget: usd('0.50') });
    const result = await pipeline.run(id, { partial: true });
    expect(result).toMatchObject({ status: 'waiting', waiting: { reason: 'budget', pool: `project/${id}` } });
    expect(billedTotal(dir)).toBeLessThanOrEqual(500_000);
    expect(result.project.money.charged).toBe(billedTotal(dir));
  });
});

describe('stop', () => {
  it('buys nothing more, and another pipeline finishes', async () => {
    const { id } = await pipeline.create(settings);
    const stopped = new Promise<void>((resolve) =>
      pipeline.on('call.submitted', () => void pipeline.stop(id).then(() => resolve())),
    );
    const result = await pipeline.run(id);
    await stopped;
    expect(result.status).toBe('stopped');
    const events: ProjectEvent[] = [];
    for await (const event of pipeline.watch(id)) events.push(event);
    const at = events.findIndex(({ type }) => type === 'stop.requested');
    expect(events.slice(at).some(({ type }) => type === 'call.intended')).toBe(false);
    const other = makePipeline(dir);
    const again = await other.resume(id);
    expect(again.status).toBe('completed');
    expect(again.project.money.charged).toBe(billedTotal(dir));
    await other.close();
  });

  it('tells the second driver who owns the project', async () => {
    const { id } = await pipeline.create(settings);
    const { done } = await pipeline.start(id);
    const other = makePipeline(dir);
    await expect(other.run(id)).rejects.toMatchObject({
      code: 'lease-held',
      details: { owner: expect.stringContaining(String(process.pid)) as string },
    });
    await other.close();
    expect((await done).status).toBe('completed');
  });
});
