import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { billed, billedTotal, makePipeline } from './make.ts';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'vidpipe-two-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a project in a process of its own; `begun` is called when its run has begun. */
function drive(id: string, begun: (child: ChildProcess) => void = () => undefined): Promise<Ended> {
  const script = join(import.meta.dirname, '..', 'crash', 'child.ts');
  const child = spawn(process.execPath, [script, dir, id, 'keys', '20000'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    const before = out;
    out += chunk.toString();
    if (!before.includes('run.started') && out.includes('run.started')) begun(child);
  });
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

it('of several processes on one project one works; the others are told who does, and send nothing', async () => {
  const pipeline = makePipeline(dir);
  const { id } = await pipeline.create({ prompt: 'A lighthouse', duration: 12, clipDuration: 4, seed: 7 });
  let owner = 0;
  let others: Promise<Ended>[] = [];
  const first = await drive(id, ({ pid = 0 }) => {
    owner = pid;
    others = Array.from({ length: 3 }, () => drive(id));
  });
  expect(first).toMatchObject({ code: 0, out: expect.stringContaining('rest completed') as string });
  for (const { code, out, err } of await Promise.all(others)) {
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/code: 'lease-held'/);
    expect(err).toMatch(new RegExp(`owner: '[^']*/${owner}/`));
  }
  expect(billed(dir)).toHaveLength(8);
  expect((await pipeline.get(id)).money).toEqual({ charged: billedTotal(dir), held: 0, unknown: 0, superseded: 0 });
  await pipeline.close();
});
