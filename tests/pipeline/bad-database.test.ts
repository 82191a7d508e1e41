import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Pipeline, ProjectSettings } from 'vidpipe';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { clip, providerOf, settingsFor, still, storyboardOf, systemClock, worldPipeline } from '../support/world.ts';
import { billed, makePipeline } from './make.ts';

let dir: string;
let open: Pipeline[];
const settings: ProjectSettings = { prompt: 'p', storyboard: storyboardOf(1), clipDuration: 4, seed: 7 };
const file = (): string => join(dir, 'vidpipe.db');

function pipelineIn(folder: string): Pipeline {
  const pipeline = makePipeline(folder);
  open.push(pipeline);
  return pipeline;
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vidpipe-database-'));
  open = [];
});
afterEach(async () => {
  for (const pipeline of open) await pipeline.close();
  rmSync(dir, { recursive: true, force: true });
});

function withDatabase(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

it.each<[string, string, (path: string) => void]>([
  ['is garbage', 'foreign-database', (path) => writeFileSync(path, Buffer.alloc(20_000, 'garbage'))],
  ['has no bytes', 'foreign-database', (path) => truncateSync(path, 0)],
  ['is cut in half', 'corrupt-log', (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
  ['lacks its last byte', 'corrupt-log', (path) => truncateSync(path, statSync(path).size - 1)],
  [
    'belongs to another program',
    'foreign-database',
    (path) => (rmSync(path), withDatabase(path, 'create table t (a)')),
  ],
  ['comes from a newer version', 'newer-format', (path) => withDatabase(path, 'pragma user_version = 99')],
  ['has lost an event', 'corrupt-log', (path) => withDatabase(path, 'delete from events where seq = 1')],
  ['holds an event of a newer version', 'newer-format', (path) => withDatabase(path, 'update events set format = 99')],
  ['is gone', 'project-not-found', (path) => rmSync(path)],
])('a database that %s: %s, nothing is sent; put back, all is there', async (_, code, spoil) => {
  const first = pipelineIn(dir);
  const { id } = await first.create(settings);
  const project = await first.revise(id, { settings: { transition: { kind: 'cut', seconds: 1 } } });
  await first.close();
  const whole = readFileSync(file());
  spoil(file());
  const spoilt = pipelineIn(dir);
  await expect(spoilt.run(id)).rejects.toMatchObject({ code });
  await expect(spoilt.get(id)).rejects.toMatchObject({ code });
  expect(billed(dir)).toEqual([]);
  await spoilt.close();
  writeFileSync(file(), whole);
  expect(await pipelineIn(dir).get(id)).toEqual(project);
});

it('a database whose -wal file was lost is refused, and nothing is sent', async () => {
  const copies = join(dir, 'copies');
  const { id } = await pipelineIn(dir).create(settings);
  mkdirSync(copies);
  for (const name of readdirSync(dir).filter((each) => each.startsWith('vidpipe.db') && !each.endsWith('-wal')))
    copyFileSync(join(dir, name), join(copies, name));
  expect(existsSync(`${file()}-wal`)).toBe(true);
  await expect(pipelineIn(copies).run(id)).rejects.toMatchObject({
    code: 'corrupt-log',
    message: expect.stringContaining('-wal') as string,
  });
  expect(billed(copies)).toEqual([]);
});

it('whichever page is spoilt, the film is made or a typed error comes and nothing was sent', async () => {
  const clock = systemClock();
  const options = { clock, stillMs: 0, clipMs: 0 };
  const [image, video] = [still(options), clip(options)];
  const on = (path: string): Pipeline =>
    worldPipeline(clock, providerOf(options, { image, video }), { events: sqlite(path), workDir: join(dir, 'work') });
  const pipeline = on(file());
  const { id } = await pipeline.create(settingsFor(2));
  await pipeline.close();
  const whole = readFileSync(file());
  const outcomes = new Map<string, number>();
  for (let page = 0; page < whole.length / 4096; page += 1) {
    const path = join(dir, `page-${page}.db`);
    writeFileSync(path, Buffer.from(whole).fill(0xa5, page * 4096, (page + 1) * 4096));
    const before = image.calls.length + video.calls.length;
    const spoilt = on(path);
    const outcome = await spoilt.run(id).then(
      (result) => (result.status === 'failed' ? result.error.code : result.status),
      (error: { code: string }) => error.code,
    );
    const sent = image.calls.length + video.calls.length - before;
    if (outcome !== 'completed') expect([page, sent]).toEqual([page, 0]);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    await spoilt.close();
  }
  expect(
    [...outcomes.keys()].filter((outcome) => !['completed', 'corrupt-log', 'foreign-database'].includes(outcome)),
  ).toEqual([]);
  expect(outcomes.get('corrupt-log')).toBeGreaterThan(3);
});
