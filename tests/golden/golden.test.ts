import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pipeline } from 'vidpipe';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { billed, billedTotal, makePipeline } from '../pipeline/make.ts';

/** What was there when a fixture was made. */
interface Manifest {
  readonly projects: readonly {
    readonly id: string;
    readonly status: 'completed' | 'stopped' | 'interrupted';
    readonly charged: number;
    readonly scenes: number;
  }[];
  readonly bills: readonly string[];
}

const ROOT = join(import.meta.dirname, '../fixtures/golden');
const names = readdirSync(ROOT, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

let root: string;
/** A copy of the fixture, and a pipeline over it. */
let dir: string;
let pipeline: Pipeline;
function openFixture(name: string): void {
  root = mkdtempSync(join(tmpdir(), 'vidpipe-golden-'));
  dir = join(root, name);
  cpSync(join(ROOT, name), dir, { recursive: true });
  pipeline = makePipeline(dir);
}

async function logOf(id: string): Promise<readonly unknown[]> {
  const store = sqlite(join(dir, 'vidpipe.db'));
  const events = await Array.fromAsync(store.read(id));
  await store.close?.();
  return events;
}

const callsBilled = (): readonly string[] => billed(dir).map(({ callId }) => callId);

it('every fixture that there ever was is there', () => {
  expect(names).toEqual(['before-forks', 'with-changes']);
});

describe.each(names)('what the build "%s" left behind', (name) => {
  const { projects, bills } = JSON.parse(readFileSync(join(ROOT, name, 'manifest.json'), 'utf8')) as Manifest;
  const idOf = (wanted: string): string => projects.find(({ status }) => status === wanted)?.id ?? '';
  const spent = projects.reduce((sum, { charged }) => sum + charged, 0);
  beforeEach(() => openFixture(name));
  afterEach(async () => {
    await pipeline.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('opens, with the money and the scenes that it had', async () => {
    for (const { id, status, charged, scenes } of projects) {
      const project = await pipeline.get(id);
      expect([project.status, project.money.charged, project.scenes.length]).toEqual([status, charged, scenes]);
    }
    expect((await pipeline.list()).items).toHaveLength(projects.length);
  });

  it('goes on to finished films, and pays for nothing again', async () => {
    for (const { id } of projects) expect(await pipeline.run(id)).toMatchObject({ status: 'completed' });
    const after = await Promise.all(projects.map(({ id }) => pipeline.get(id)));
    const scenes = projects.reduce((sum, { scenes: count }) => sum + count, 0);
    expect(callsBilled()).toEqual(expect.arrayContaining([...bills]));
    // For each film its words, for each scene an end frame and a clip, and the first start frame.
    expect(new Set(callsBilled()).size).toBe(projects.length * 2 + scenes * 2);
    expect(after.reduce((sum, { money }) => sum + money.charged, 0)).toBe(billedTotal(dir));
    expect(billedTotal(dir)).toBeGreaterThan(spent);
  });

  it('is forked: the copy has all of it for nothing, and the parent stays as it is', async () => {
    const id = idOf('completed');
    const before = await logOf(id);
    const fork = await pipeline.fork(id);
    expect(await pipeline.run(fork.id)).toMatchObject({ status: 'completed', project: { money: { charged: 0 } } });
    expect(await logOf(id)).toEqual(before);
    expect(callsBilled().toSorted()).toEqual(bills.toSorted());
  });

  it('is exported, and imported elsewhere as a finished film', async () => {
    const archive = join(root, 'archive');
    await pipeline.export(idOf('completed'), archive);
    await expectImported(archive);
  });

  it.runIf(existsSync(join(ROOT, name, 'archive')))('has an archive that is imported elsewhere', () =>
    expectImported(join(dir, 'archive')),
  );
});

async function expectImported(archive: string): Promise<void> {
  const elsewhere = join(root, 'elsewhere');
  const other = makePipeline(elsewhere);
  const { id } = await other.import(archive);
  expect(await other.run(id)).toMatchObject({ status: 'completed', project: { money: { charged: 0 } } });
  expect(billed(elsewhere)).toEqual([]);
  await other.close();
}
