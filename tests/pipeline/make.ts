import { join } from 'node:path';
import { Pipeline, type PipelineOptions } from 'vidpipe';
import { simulated, type SimulatedOptions } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { type Bill, readBills } from '../support/bills.ts';

/** A pipeline with everything under `dir`, 600 times faster than life; `more` replaces parts of it. */
export function makePipeline(
  dir: string,
  options: Partial<SimulatedOptions> = {},
  more: Partial<PipelineOptions> = {},
): Pipeline {
  return new Pipeline({
    providers: [simulated({ dir: join(dir, 'simulated'), speed: 600, acceptDelayMs: 5, ...options })],
    events: sqlite(join(dir, 'vidpipe.db')),
    assets: filesystem(join(dir, 'assets')),
    workDir: join(dir, 'work'),
    leaseMs: 2000,
    ...more,
  });
}

/** What the simulated service says it bills. */
export function billed(dir: string): readonly Bill[] {
  return readBills(join(dir, 'simulated'));
}

/** The sum of what is billed. */
export function billedTotal(dir: string): number {
  return billed(dir).reduce((sum, { microUsd }) => sum + microUsd, 0);
}
