// Sweeps a short film until the first violation, and prints it. Run by `controls.ts` within a copy of the build.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { memoryEvents } from 'vidpipe/storage-adapters/memory';
import { LONGEST_THAW_MS, quietScript, type Script, simulate } from 'vidpipe/testing';
import { askings, scriptOf, simulated } from '../support/simulation.ts';

/** Too little for the film, so that a reservation matters. */
const BUDGET = 130_000;

function* scripts(probes: number): Generator<Script> {
  for (const asking of askings) {
    const all = { text: asking, image: asking, video: asking };
    yield quietScript({ askings: all, modelFaults: [{ making: 'image', nth: 1, fault: 'refused' }] });
    yield quietScript({ askings: all, budget: BUDGET });
    yield scriptOf('refused and blocked', asking);
  }
  for (let at = 1; at <= probes; at += 1)
    for (const asking of ['look-up', 'neither'] as const)
      for (const thawMs of [LONGEST_THAW_MS, null])
        yield quietScript({
          writer: false,
          scenes: 1,
          askings: { text: asking, image: asking, video: asking },
          crashes: [{ at, thawMs }],
        });
}

/** The first violation of a film whose bytes lie in files. */
async function inFiles(script: Script): Promise<string | undefined> {
  const dir = mkdtempSync(join(tmpdir(), 'vidpipe-files-'));
  try {
    const made = await simulate(script, (now) => ({ events: memoryEvents({ now }), assets: filesystem(dir) }));
    return made.violations[0];
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function firstViolation(): Promise<string | undefined> {
  const quiet = quietScript({ writer: false, scenes: 1 });
  const { probes } = await simulated(quiet);
  const found = await inFiles(quiet);
  if (found !== undefined) return found;
  for (const script of scripts(probes.length)) {
    const [violation] = (await simulated(script)).violations;
    if (violation !== undefined) return `${violation} ${JSON.stringify(script)}`;
  }
  return undefined;
}

console.log((await firstViolation()) ?? '');
