// SIGTERM while a clip is being asked for, and while it is being made. Google lives on in a process of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { google } from 'vidpipe/providers/google';
import { readBills } from '../support/bills.ts';
import { remoteLoopback } from '../support/loopback.ts';
import { googlePipeline } from './google-pipeline.ts';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'vidpipe-shutdown-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const VEO = 'veo-3.1-generate-001';
const times = { requestDeadlineMs: 60_000, typicalMs: 100, pollMs: 100, deadlineMs: 60_000 };

/** How a child has ended that got SIGTERM when it printed one of the lines. */
interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lines: readonly string[];
}

function terminatedAt(when: readonly string[], id: string, options: object): Promise<Ended> {
  const main = join(import.meta.dirname, 'shutdown-child.ts');
  const child = spawn(process.execPath, [main, dir, id, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    // One is enough: a second would end a process that is on its way out.
    const isFirst = !lines.some((each) => when.includes(each));
    lines.push(line.trim());
    if (isFirst && when.includes(line.trim())) child.kill('SIGTERM');
  });
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, lines })));
}

it('SIGTERM as a clip is asked for, then while it is made: another process makes the film, the clip asked for once', async () => {
  const { vertex } = await remoteLoopback({ dir: join(dir, 'google'), speed: 60, scale: 4 });
  const options = { ...vertex, models: { [VEO]: { times } } };
  await using pipeline = googlePipeline(dir, google(options));
  const models = { video: `google:${VEO}` as const };
  const { id } = await pipeline.create({
    prompt: 'A fox finds a letter',
    duration: 4,
    clipDuration: 4,
    seed: 7,
    models,
  });
  for (const when of [['call.intended video'], ['call.submitted', 'looked at']]) {
    const { code, signal, lines } = await terminatedAt(when, id, options);
    expect([code, signal, lines.at(-1)]).toEqual([0, null, 'rest interrupted']);
    const { status, money } = await pipeline.get(id);
    expect([status, money.unknown]).toEqual(['interrupted', 0]);
  }
  // Its handle is durable: the clip is held for.
  expect((await pipeline.get(id)).money.held).toBeGreaterThan(0);

  const { project, ...rest } = await pipeline.resume(id);
  const bills = readBills(join(dir, 'google'));
  const billed = bills.reduce((sum, { microUsd }) => sum + microUsd, 0);
  expect(rest.status).toBe('completed');
  expect(bills.filter(({ model }) => model === VEO)).toHaveLength(1);
  expect(project.money).toMatchObject({ charged: billed, held: 0, unknown: 0 });
});
