import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Project } from 'vidpipe';
import { billed, billedTotal, makePipeline } from '../pipeline/make.ts';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'vidpipe-kill-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

type Keys = 'keys' | 'look-up' | 'neither';

/** Runs the child until `kill` says so (SIGKILL) or it ends; resolves with its last line. */
function drive(id: string, keys: Keys, kill: (line: string, count: number) => boolean): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), dir, id, keys], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = '';
  let count = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line;
    count += 1;
    if (kill(line, count)) child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.on('close', () => resolve(last)));
}

/** Kills as soon as the service has accepted one more request: before anything of it is recorded. */
function killAtAcceptance(id: string, keys: Keys): Promise<string> {
  const before = billed(dir).length;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), dir, id, keys], { stdio: 'ignore' });
  const timer = setInterval(() => {
    if (billed(dir).length > before) child.kill('SIGKILL');
  }, 5);
  return new Promise((resolve) =>
    child.on('close', () => {
      clearInterval(timer);
      resolve('killed');
    }),
  );
}

async function create(): Promise<string> {
  const pipeline = makePipeline(dir);
  const { id } = await pipeline.create({
    prompt: 'A lighthouse keeper finds a bottle',
    duration: 8,
    clipDuration: 4,
    seed: 7,
  });
  await pipeline.close();
  return id;
}

async function read(id: string): Promise<Project> {
  const pipeline = makePipeline(dir);
  const project = await pipeline.get(id);
  await pipeline.close();
  return project;
}

/** Every asset of the store is one that the project names; nothing half written is left. */
function expectNoOrphans(project: Project, replies: number): void {
  const root = join(dir, 'assets');
  const stored = readdirSync(root)
    .filter((name) => name !== '.tmp')
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `sha256-${folder}${name}`));
  const named = new Set(project.steps.flatMap(({ asset }) => asset?.digest ?? []));
  expect(stored.filter((digest) => !named.has(digest as never))).toHaveLength(replies);
  expect(readdirSync(join(root, '.tmp'))).toEqual([]);
}

it.each(['keys', 'look-up'] as const)(
  'is killed in every phase, goes on, and is billed what it charged (%s)',
  async (keys) => {
    const id = await create();
    await killAtAcceptance(id, keys);
    for (const type of ['storyboard.written', 'call.settled', 'call.intended', 'call.submitted', 'call.submitted']) {
      await drive(id, keys, (line) => line === type);
    }
    await killAtAcceptance(id, keys);
    expect(await drive(id, keys, () => false)).toBe('rest completed');
    const project = await read(id);
    expect(project.money).toEqual({ charged: billedTotal(dir), held: 0, unknown: 0, superseded: 0 });
    expect(new Set(billed(dir).map(({ callId }) => callId)).size).toBe(billed(dir).length);
    expect(billed(dir)).toHaveLength(1 + 3 + 2);
    expectNoOrphans(project, 1);
  },
  90_000,
);

it('asks before it buys a clip again whose outcome nobody can tell', async () => {
  const id = await create();
  await drive(id, 'neither', (line) => line === 'storyboard.written');
  let ends = '';
  for (let tries = 0; tries < 12 && ends !== 'rest completed' && ends !== 'rest waiting'; tries += 1) {
    const clips = (): number => billed(dir).filter(({ microUsd }) => microUsd > 100_000).length;
    const before = clips();
    const child = drive(id, 'neither', (line) => line === 'call.intended' && before === 0 && clips() > 0);
    ends = await child;
  }
  const project = await read(id);
  const { charged, unknown } = project.money;
  expect(charged).toBeLessThanOrEqual(billedTotal(dir));
  expect(billedTotal(dir)).toBeLessThanOrEqual(charged + unknown);
}, 90_000);
