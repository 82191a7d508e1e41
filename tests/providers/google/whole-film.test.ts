import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Pipeline, type PlanStep } from 'vidpipe';
import { google, type GoogleOptions } from 'vidpipe/providers/google';
import type { AssetStore } from 'vidpipe/storage';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { gcs } from 'vidpipe/storage-adapters/gcs';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { loopbackGoogle, type LoopbackGoogle } from 'vidpipe/testing';
import { datedClock } from '../../support/dated-clock.ts';
import { probeFilm } from '../../support/probe.ts';
import { billed } from '../../testing/google/support.ts';

const clock = datedClock();
let dir: string;
let fake: LoopbackGoogle;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'vidpipe-google-film-'));
  fake = await loopbackGoogle({ dir: join(dir, 'google'), clock, speed: 600, scale: 4 });
});
afterEach(async () => {
  await fake.close();
  rmSync(dir, { recursive: true, force: true });
});

interface Way {
  readonly options: () => GoogleOptions;
  readonly assets: () => AssetStore;
  readonly video: string;
  /** Of the video model, micro-dollars. */
  readonly perSecond: number;
  /** Clips that are fetched, and from where; none come inside a reply. */
  readonly fetched: RegExp | null;
}

const files = (): AssetStore => filesystem(join(dir, 'assets'));
const cloud = (): AssetStore =>
  gcs({ bucket: 'films', projectId: 'p', credentials: fake.storage.credentials, apiEndpoint: fake.url });

const WAYS: Readonly<Record<string, Way>> = {
  'Vertex with a bucket': {
    options: () => fake.vertex(),
    assets: files,
    video: 'veo-3.1-generate-001',
    perSecond: 400_000,
    fetched: /^\/storage\/v1\/b\/loopback-bucket\/o\/vidpipe%2F.*alt=media/,
  },
  'Vertex inline, assets in Cloud Storage': {
    options: () => {
      const { vertex, baseUrls } = fake.vertex();
      const { apiKey, project } = vertex;
      return { vertex: { apiKey, project }, baseUrls };
    },
    assets: cloud,
    video: 'veo-3.1-fast-generate-001',
    perSecond: 100_000,
    fetched: null,
  },
  'an API key': {
    options: () => fake.developer(),
    assets: files,
    video: 'gemini-omni-1.2-flash',
    perSecond: 70_000,
    fetched: /:download\?alt=media/,
  },
};

/** Bodies of all submissions, which differ where no request is sent twice. */
function submissions(): string[] {
  const sent = fake.requests().filter(({ method, path }) => method === 'POST' && !/fetchPredict|\/upload\//.test(path));
  return sent.map(({ path, body }) => `${path} ${JSON.stringify(body)}`);
}

/** What a plan expects of the steps of a kind. */
function expectedOf(steps: readonly PlanStep[], kind: PlanStep['kind']): number {
  return steps.filter((step) => step.kind === kind).reduce((sum, { cost }) => sum + (cost?.expected ?? 0), 0);
}

it.each(Object.entries(WAYS))('a whole film by way of %s plays, and costs what Google bills', async (_, way) => {
  const { options, assets, video, perSecond, fetched } = way;
  const times = { requestDeadlineMs: 60_000, typicalMs: 100, pollMs: 100 };
  const provider = google({ ...options(), models: { [video]: { times } } });
  const events = sqlite(join(dir, 'vidpipe.db'), { now: () => clock.now() });
  await using pipeline = new Pipeline({
    providers: [provider],
    events,
    assets: assets(),
    workDir: join(dir, 'work'),
    clock,
  });
  const { id } = await pipeline.create({
    prompt: 'A lighthouse keeper finds a letter. He reads it.',
    duration: 8,
    clipDuration: 4,
    models: { video: `google:${video}` },
    seed: 1,
  });
  const plan = await pipeline.plan(id);
  const result = await pipeline.run(id);
  expect(result.status).toBe('completed');
  if (result.status !== 'completed') return;

  await result.film.saveTo(join(dir, 'film.mp4'));
  const film = probeFilm(join(dir, 'film.mp4'));
  expect(film).toMatchObject({ codecs: ['h264', 'aac'], width: 1280, height: 720 });
  expect(Math.abs(film.seconds - 8)).toBeLessThan(2 / 24);

  const bills = await fake.bills();
  const clips = bills.filter(({ model }) => model === video);
  expect(result.project.money).toEqual({ charged: await billed(fake), held: 0, unknown: 0, superseded: 0 });
  expect(bills.map(({ model }) => model).sort()).toEqual(
    ['gemini-3.8-flash', ...Array<string>(3).fill('gemini-nano-banana-2.1'), video, video].sort(),
  );
  expect(clips.map(({ microUsd }) => microUsd)).toEqual(Array(2).fill(4 * perSecond));
  expect(expectedOf(plan.steps, 'clip')).toBe(2 * 4 * perSecond);
  expect(result.project.money.charged).toBeLessThanOrEqual(plan.cost?.worst ?? 0);

  expect(submissions()).toHaveLength(bills.length);
  expect(new Set(submissions()).size).toBe(bills.length);
  const downloads = fake.requests().filter(({ method, path }) => method === 'GET' && fetched?.test(path));
  expect(downloads).toHaveLength(fetched === null ? 0 : 2);
});
