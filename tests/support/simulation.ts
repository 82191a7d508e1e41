import { existsSync } from 'node:fs';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { type MakeStores, type Script, simulate, type Simulated } from 'vidpipe/testing';

const inMemory: MakeStores = (now) => ({ events: memoryEvents({ now }), assets: memoryAssets() });

/** A folder in memory where there is one. */
const folder = existsSync('/dev/shm') ? '/dev/shm' : undefined;

/** Plays a script in memory. */
export function simulated(script: Script): Promise<Simulated> {
  return simulate(script, inMemory, folder);
}
