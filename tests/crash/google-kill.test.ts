// kill -9 after Google accepted a clip and before its name is stored. Google lives on in a process of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Pipeline, RunResult } from 'vidpipe';
import { google, type GoogleOptions } from 'vidpipe/providers/google';
import type { GoogleRequest } from 'vidpipe/testing';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { type Bill, readBills } from '../support/bills.ts';
import { remoteLoopback, type RemoteLoopback } from '../support/loopback.ts';
import { googlePipeline } from './google-pipeline.ts';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'vidpipe-google-kill-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const VEO = 'veo-3.1-generate-001';
const OMNI = 'gemini-omni-1.1-flash';
/** Looked at often; what is under way may take longer than here. */
const times = { requestDeadlineMs: 60_000, typicalMs: 100, pollMs: 100, deadlineMs: 60_000 };

const bills = (): readonly Bill[] => readBills(join(dir, 'google'));
const clipsOf = (model: string): readonly Bill[] => bills().filter((bill) => bill.model === model);
const billed = (): number => bills().reduce((sum, { microUsd }) => sum + microUsd, 0);

/** A Google that takes the first clip, writes its bill and never answers; a clip takes 3 s. */
const deaf = (on: GoogleRequest): Promise<RemoteLoopback> =>
  remoteLoopback({ dir: join(dir, 'google'), speed: 20, scale: 4, script: [{ fault: 'accept-then-hang', on }] });

/** Runs the project in a child that is killed as soon as the bill of a clip is on disk. */
async function killAtClip(id: string, model: string, options: GoogleOptions): Promise<void> {
  const main = join(import.meta.dirname, 'google-child.ts');
  const child = spawn(process.execPath, [main, dir, id, JSON.stringify(options)], { stdio: 'inherit' });
  const timer = setInterval(() => {
    if (clipsOf(model).length > 0) child.kill('SIGKILL');
  }, 5);
  const signal = await new Promise((resolve) => child.once('close', (_, by) => resolve(by)));
  clearInterval(timer);
  expect(signal).toBe('SIGKILL');
}

async function eventTypes(id: string): Promise<string[]> {
  const store = sqlite(join(dir, 'vidpipe.db'));
  const types: string[] = [];
  for await (const { type } of store.read(id)) types.push(type);
  await store.close?.();
  return types;
}

/** A film of one scene whose first run is killed; gives its id, and the pipeline to go on with. */
async function killed(
  model: string,
  options: GoogleOptions,
): Promise<{ readonly id: string; readonly pipeline: Pipeline }> {
  const fast = { ...options, models: { [model]: { times } } };
  const models = { video: `google:${model}` as const };
  await using first = googlePipeline(dir, google(fast));
  const { id } = await first.create({ prompt: 'A fox finds a letter', duration: 4, clipDuration: 4, seed: 7, models });
  await killAtClip(id, model, fast);
  const types = await eventTypes(id);
  expect([types.at(-1), types.includes('call.submitted')]).toEqual(['call.intended', false]);
  return { id, pipeline: googlePipeline(dir, google(fast)) };
}

function expectFilm({ status, project }: RunResult): void {
  expect(status).toBe('completed');
  expect(project.money).toEqual({ charged: billed(), held: 0, unknown: 0, superseded: 0 });
}

it('on Vertex with a bucket the clip is found by its folder: one bill, and nobody is asked', async () => {
  const { vertex } = await deaf('veo');
  const { id, pipeline } = await killed(VEO, vertex);
  expectFilm(await pipeline.resume(id));
  expect(clipsOf(VEO)).toHaveLength(1);
  await pipeline.close();
});

it('with an API key nobody can tell: you are asked, and no second clip is bought before the answer', async () => {
  const { developer } = await deaf('omni');
  const { id, pipeline } = await killed(OMNI, developer);
  const asked = await pipeline.resume(id);
  if (asked.status !== 'waiting' || asked.waiting.reason !== 'unknown-charge') throw new Error(`it is ${asked.status}`);
  expect(clipsOf(OMNI)).toHaveLength(1);
  const { charged, unknown } = asked.project.money;
  expect([charged < billed(), billed() <= charged + unknown]).toEqual([true, true]);

  const [lost = ''] = asked.waiting.calls;
  await pipeline.resolve(lost, 'charged');
  expectFilm(await pipeline.resume(id));
  expect(clipsOf(OMNI)).toHaveLength(2);
  await pipeline.close();
});
