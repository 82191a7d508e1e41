// 50 scenes that each enter by a cut, every slot open, SQLite and files on disk: transactions per completed step, and the longest
// time that the event loop of the host was held up. Files are made of paper.
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { providerOf, settingsFor, storyboardOf, systemClock, worldPipeline } from '../support/world.ts';
import { median } from './median.ts';
import { tapped } from './tapped.ts';

const SCENES = 50;
const ROUNDS = 5;
const STALL_LIMIT_MS = 50;

/** Longest time between two turns of the event loop until the answer is called, milliseconds. */
function stallWatch(): () => number {
  let longest = 0;
  let before = performance.now();
  let on = true;
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - before);
    before = now;
    if (on) setImmediate(turn);
  };
  turn();
  return () => {
    on = false;
    return Math.max(longest, performance.now() - before);
  };
}

interface Run {
  readonly perStep: number;
  readonly stallMs: number;
}

async function drive(): Promise<Run> {
  const dir = mkdtempSync(join(tmpdir(), 'vidpipe-bench-'));
  const clock = systemClock();
  const provider = providerOf({ clock, stillMs: 0, clipMs: 0 });
  const stores = { events: sqlite(join(dir, 'vidpipe.db')), assets: filesystem(join(dir, 'assets')) };
  const pipeline = worldPipeline(clock, provider, { ...stores, workDir: join(dir, 'work') });
  try {
    const { id } = await pipeline.create(settingsFor(SCENES, { storyboard: storyboardOf(SCENES, 1) }));
    let transactions = 0;
    const restore = tapped(DatabaseSync.prototype, 'exec', (_, [sql]) => {
      if (sql === 'begin immediate') transactions += 1;
    });
    const stall = stallWatch();
    const result = await pipeline.run(id);
    const stallMs = stall();
    restore();
    if (result.status !== 'completed') throw new Error(`the run ended ${result.status}`);
    return { perStep: transactions / result.project.steps.length, stallMs };
  } finally {
    await pipeline.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

const runs: Run[] = [];
for (let round = 0; round < ROUNDS; round += 1) runs.push(await drive());
const perStep = median(runs.map((run) => run.perStep));
// Of the round that other programs of the machine disturbed least.
const stallMs = Math.min(...runs.map((run) => run.stallMs));
console.log(`concurrency-${SCENES}-transactions-per-step ${perStep.toFixed(2)} -`);
console.log(`concurrency-${SCENES}-longest-stall-ms ${stallMs.toFixed(1)} ${STALL_LIMIT_MS}`);
process.exitCode = stallMs > STALL_LIMIT_MS ? 1 : 0;
