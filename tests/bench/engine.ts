// Engine cost per completed step with SQLite on disk, against a replay of its own transactions (same statements, same bytes,
// same boundaries) by bare node:sqlite with the same durability. Models answer at once and files are made of paper.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, StatementSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { providerOf, settingsFor, systemClock, worldPipeline } from '../support/world.ts';
import { median } from './median.ts';
import { tapped } from './tapped.ts';

type Method = 'run' | 'get' | 'all';
type Bound = Record<string, SQLInputValue>;
type Recorded =
  { readonly sql: string; readonly method: Method; readonly bound: Bound | undefined } | { readonly exec: string };

const ROUNDS = 5;
const COST_LIMIT = 3;
const GROWTH_LIMIT = 1.5;
/** Bytes under way lie in memory where the machine has such a folder, so that the log alone is on disk, as in the replay. */
const WORK = join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `vidpipe-bench-${process.pid}`);
const dirs: string[] = [WORK];

function newFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'vidpipe-bench-'));
  dirs.push(dir);
  return join(dir, 'vidpipe.db');
}

interface Run {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly steps: number;
}

async function drive(scenes: number): Promise<Run> {
  const clock = systemClock();
  const pipeline = worldPipeline(clock, providerOf({ clock, stillMs: 0, clipMs: 0, clipsAtOnce: 10 }), {
    events: sqlite(newFile()),
    workDir: WORK,
  });
  const { id } = await pipeline.create(settingsFor(scenes));
  const cpu = process.cpuUsage();
  const began = performance.now();
  const result = await pipeline.run(id);
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  await pipeline.close();
  if (result.status !== 'completed') throw new Error(`the run ended ${result.status}`);
  return { wallMs, cpuMs: (user + system) / 1000, steps: result.project.steps.length };
}

/** Runs once with every statement of `node:sqlite` written down. */
async function record(scenes: number): Promise<readonly Recorded[]> {
  const log: Recorded[] = [];
  const patched = [
    tapped(DatabaseSync.prototype, 'exec', (_, [sql]) => log.push({ exec: String(sql) })),
    ...(['run', 'get', 'all'] as const).map((method) =>
      tapped(StatementSync.prototype, method, (statement, [bound]) =>
        log.push({ sql: statement.sourceSQL, method, bound: bound as Bound | undefined }),
      ),
    ),
  ];
  try {
    await drive(scenes);
  } finally {
    for (const restore of patched) restore();
  }
  return log;
}

/** The recorded transactions again, and nothing else. */
function replay(log: readonly Recorded[]): Run {
  const db = new DatabaseSync(newFile());
  const prepared = new Map<string, StatementSync>();
  let wallMs = 0;
  let cpu = process.cpuUsage();
  let began = performance.now();
  let inside = false;
  for (const entry of log) {
    if ('exec' in entry) {
      db.exec(entry.exec);
      inside = entry.exec === 'begin immediate';
      if (entry.exec.includes('create table')) [began, cpu] = [performance.now(), process.cpuUsage()];
      continue;
    }
    if (!inside) continue;
    let statement = prepared.get(entry.sql);
    if (statement === undefined) {
      statement = db.prepare(entry.sql);
      statement.setAllowUnknownNamedParameters(true);
      prepared.set(entry.sql, statement);
    }
    if (entry.bound === undefined) statement[entry.method]();
    else statement[entry.method](entry.bound);
  }
  wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  db.close();
  return { wallMs, cpuMs: (user + system) / 1000, steps: 0 };
}

async function figures(scenes: number): Promise<{ readonly ratio: number; readonly perStepMs: number }> {
  const log = await record(scenes);
  const runs: Run[] = [];
  const bare: Run[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    runs.push(await drive(scenes));
    bare.push(replay(log));
  }
  const steps = runs[0]?.steps ?? 1;
  const wall = median(runs.map(({ wallMs }) => wallMs));
  const baseline = median(bare.map(({ wallMs }) => wallMs));
  const cpu = median(runs.map(({ cpuMs }) => cpuMs)) / median(bare.map(({ cpuMs }) => cpuMs));
  console.log(`engine-step-${scenes}-scenes ${(wall / baseline).toFixed(2)} ${COST_LIMIT}`);
  console.log(`engine-step-${scenes}-scenes-cpu-alone ${cpu.toFixed(2)} -`);
  console.log(`engine-step-${scenes}-scenes-ms ${(wall / steps).toFixed(3)} -`);
  return { ratio: wall / baseline, perStepMs: wall / steps };
}

try {
  await drive(20);
  const small = await figures(20);
  const large = await figures(500);
  const growth = large.perStepMs / small.perStepMs;
  console.log(`engine-step-growth-20-to-500-scenes ${growth.toFixed(2)} ${GROWTH_LIMIT}`);
  process.exitCode = small.ratio > COST_LIMIT || large.ratio > COST_LIMIT || growth > GROWTH_LIMIT ? 1 : 0;
} finally {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
}
