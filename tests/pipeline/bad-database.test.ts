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
import { VirtualClock } from 'vidpipe/testing';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { clip, providerOf, settingsFor, still, storyboardOf, systemClock, worldPipeline } from '../support/world.ts';
import { billed, makePipeline } from './make.ts';

let dir: string;
let open: Pipeline[];
let closing: (() => Promise<void>)[];
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
  closing = [];
});
afterEach(async () => {
  for (const pipeline of open) await pipeline.close();
  for (const close of closing) await close();
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

/** A film that is stopped half-made, and copies of its files while its database is open: the last commits are in its -wal file alone. */
async function halfMade(
  clock: VirtualClock,
  pipeline: Pipeline,
): Promise<{ readonly id: string; readonly copies: string }> {
  const copies = join(dir, 'copies');
  mkdirSync(copies);
  const { id } = await pipeline.create(settingsFor(2));
  const stopped = new Promise<unknown>((resolve) => pipeline.on('call.settled', () => resolve(pipeline.stop(id))));
  await clock.run(Promise.all([pipeline.run(id), stopped]));
  for (const name of readdirSync(dir).filter((each) => each.startsWith('vidpipe.db')))
    copyFileSync(join(dir, name), join(copies, name));
  await clock.run(pipeline.close());
  return { id, copies };
}

it.each<[string, string, (path: string) => void]>([
  ['-wal file is cut', '-wal', (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
  ['-wal file is garbage', '-wal', (path) => writeFileSync(path, Buffer.alloc(40_000, 'garbage'))],
  ['-wal file is gone', '-wal', (path) => rmSync(path)],
  ['database is empty', '', (path) => truncateSync(path, 0)],
  ['database is gone', '', (path) => rmSync(path)],
])('a half-made film whose %s is refused, and nothing more is bought; put back, it is finished', async (...given) => {
  const [, end, spoil] = given;
  const clock = new VirtualClock();
  const [image, video] = [still({ clock }), clip({ clock })];
  const on = (folder: string): Pipeline => {
    const events = sqlite(join(folder, 'vidpipe.db'));
    const stores = { events, assets: filesystem(join(dir, 'assets')), workDir: join(dir, 'work') };
    const pipeline = worldPipeline(clock, providerOf({ clock }, { image, video }), stores);
    closing.push(() => clock.run(pipeline.close()));
    return pipeline;
  };
  const { id, copies } = await halfMade(clock, on(dir));
  const path = join(copies, `vidpipe.db${end}`);
  const whole = readFileSync(path);
  const sent = (): number => image.calls.length + video.calls.filter(({ member }) => member === 'start').length;
  const before = sent();
  expect(before).toBeGreaterThan(0);
  spoil(path);
  const spoilt = on(copies);
  const refused = { code: 'corrupt-log' };
  await expect(clock.run(spoilt.run(id))).rejects.toMatchObject(refused);
  await expect(clock.run(spoilt.create(settingsFor(1)))).rejects.toMatchObject(refused);
  expect(sent()).toBe(before);
  writeFileSync(path, whole);
  expect((await clock.run(on(copies).run(id))).status).toBe('completed');
  expect(sent()).toBe(5);
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
