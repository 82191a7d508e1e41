import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger, Pipeline, PipelineOptions, Project, ProjectSettings, RunResult } from 'vidpipe';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { remount, tiny } from '../support/full-disk.ts';
import { hasty } from '../support/hasty-clock.ts';
import { billed, billedTotal, makePipeline } from './make.ts';

let dir: string;
let open: Pipeline[];
const settings: ProjectSettings = { prompt: 'A lighthouse', duration: 8, clipDuration: 4, seed: 7 };
/** A storyboard, three stills and two clips. */
const CALLS = 6;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vidpipe-disk-'));
  open = [];
});
afterEach(async () => {
  for (const pipeline of open) await pipeline.close();
  rmSync(dir, { recursive: true, force: true });
});

function pipelineWith(more: Partial<PipelineOptions>): Pipeline {
  const pipeline = makePipeline(dir, {}, { clock: hasty, minFreeBytes: 0, ...more });
  open.push(pipeline);
  return pipeline;
}

/** Every call that the service has accepted was written down before. */
function expectIntended(database: string): void {
  const db = new DatabaseSync(database, { readOnly: true });
  const rows = db.prepare("select body from events where type = 'call.intended'").all();
  db.close();
  const intended = rows.map(({ body }) => (JSON.parse(String(body)) as { callId: string }).callId);
  expect(billed(dir).filter(({ callId }) => !intended.includes(callId))).toEqual([]);
}

function expectBoughtOnce({ money }: Project): void {
  expect(billed(dir)).toHaveLength(CALLS);
  expect(money).toEqual({ charged: billedTotal(dir), held: 0, unknown: 0, superseded: 0 });
}

async function completed(pipeline: Pipeline, id: string): Promise<RunResult> {
  const result = await pipeline.run(id);
  expect(result.status).toBe('completed');
  return result;
}

describe.skipIf(tiny === null)('a disk of a megabyte', () => {
  it('for the database: what is sent was written down, and what came is written once there is room', async () => {
    const disk = tiny?.() ?? '';
    let full = (): void => undefined;
    const isFull = new Promise<void>((resolve) => (full = resolve));
    const nothing = (): void => undefined;
    const error: Logger['error'] = (_, message) => (message === 'a fact is not durable yet' ? full() : undefined);
    const database = join(disk, 'vidpipe.db');
    const logger = { debug: nothing, info: nothing, warn: nothing, error };
    const pipeline = pipelineWith({ events: sqlite(database), logger });
    const { id } = await pipeline.create(settings);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(740 * 1024));
    const run = pipeline.run(id).then(
      ({ status }): string => status,
      ({ code }: { code: string }) => code,
    );
    const outcome = await Promise.race([run, isFull.then(() => 'a fact waits')]);
    expect(['a fact waits', 'event-store']).toContain(outcome);
    expect(billed(dir).length).toBeLessThan(CALLS);
    remount(disk, '64m');
    await run;
    expectIntended(database);
    expectBoughtOnce((await completed(pipeline, id)).project);
  });

  it('for a database that is to be made: a typed error that says what to do, nothing is sent, nothing is left', async () => {
    const disk = tiny?.('16k') ?? '';
    const pipeline = pipelineWith({ events: sqlite(join(disk, 'vidpipe.db')) });
    for (let round = 0; round < 2; round += 1)
      await expect(pipeline.create(settings)).rejects.toMatchObject({
        code: 'event-store',
        message: expect.stringMatching(/vidpipe\.db.*Free some space/) as string,
      });
    expect(readdirSync(disk)).toEqual([]);
    expect(billed(dir)).toEqual([]);
    remount(disk, '64m');
    expectBoughtOnce((await completed(pipeline, (await pipeline.create(settings)).id)).project);
  });

  it.each<[string, (disk: string) => Partial<PipelineOptions>]>([
    ['the assets', (disk) => ({ assets: filesystem(join(disk, 'assets')) })],
    ['bytes under way', (disk) => ({ workDir: join(disk, 'work') })],
  ])('for %s: the project waits, says why, and goes on once there is room', async (_, place) => {
    const disk = tiny?.() ?? '';
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(1000 * 1024));
    const pipeline = pipelineWith(place(disk));
    const { id } = await pipeline.create(settings);
    const result = await pipeline.run(id);
    expect(result).toMatchObject({
      status: 'waiting',
      waiting: { reason: 'storage', message: expect.stringMatching(/ENOSPC.*Make room/) as string },
    });
    remount(disk, '64m');
    expectBoughtOnce((await completed(pipeline, id)).project);
  });
});

describe.skipIf(process.getuid?.() !== 0)('a folder that can not be written', () => {
  const as = async <T>(user: number, work: () => Promise<T>): Promise<T> => {
    process.seteuid?.(user);
    try {
      return await work();
    } finally {
      process.seteuid?.(0);
    }
  };
  const readOnly = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'vidpipe-read-only-'));
    chmodSync(folder, 0o555);
    return folder;
  };

  it('for the database: a typed error before anything is sent', async () => {
    const folder = readOnly();
    const pipeline = pipelineWith({ events: sqlite(join(folder, 'vidpipe.db')) });
    await as(65_534, () =>
      expect(pipeline.create(settings)).rejects.toMatchObject({
        code: 'event-store',
        message: expect.stringContaining('Give this user the right to write') as string,
      }),
    );
    expect(billed(dir)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it.each<[string, (folder: string) => Partial<PipelineOptions>]>([
    ['the assets', (folder) => ({ assets: filesystem(join(folder, 'assets')) })],
    ['bytes under way', (folder) => ({ workDir: join(folder, 'work') })],
  ])('for %s: the project waits, and goes on once it can be written', async (_, place) => {
    const folder = readOnly();
    chmodSync(dir, 0o777);
    const pipeline = pipelineWith(place(folder));
    await as(65_534, async () => {
      const { id } = await pipeline.create(settings);
      expect(await pipeline.run(id)).toMatchObject({
        status: 'waiting',
        waiting: { reason: 'storage', message: expect.stringMatching(/EACCES.*mend/) as string },
      });
      process.seteuid?.(0);
      chmodSync(folder, 0o777);
      process.seteuid?.(65_534);
      expectBoughtOnce((await completed(pipeline, id)).project);
    });
    rmSync(folder, { recursive: true });
  });
});
