// `npm run test:soak -- --seeds N`: simulated projects (a crash at every probe, pairs of crashes, N random ones), projects that are made, forked, deleted
// and swept, faults in single system calls, then real processes: kills with SIGKILL spread over the phases of a film and as many orders of a frozen driver
// as there are, at most N of each and no more than 50 kills. Ends with `N cases, M violations`.
import { parseArgs } from 'node:util';
import { frozenCase, frozenOrders } from './frozen.ts';
import { killCase, phases } from './kills.ts';
import { retention } from './retention.ts';
import { simulations } from './simulations.ts';
import { systemCalls } from './system-calls.ts';
import type { Keys } from './world.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '2000' } } });
const seeds = Number(values.seeds);
/** Each takes a second or so. */
const MOST_KILLS = 50;
const kinds: readonly Keys[] = ['keys', 'look-up', 'neither'];
const histogram = new Map<string, number>();
const simulated = await simulations(seeds);
const kills = Math.min(seeds, MOST_KILLS);
const retained = await retention();
const traced = await systemCalls(seeds);
let violations = simulated.violations + retained.violations + traced.violations;

for (let seed = 0; seed < kills; seed += 1) {
  const phase = phases[seed % phases.length] ?? 'storyboard';
  const keys = kinds[Math.floor(seed / phases.length) % kinds.length] ?? 'keys';
  const result = await killCase(phase, keys, seed);
  const row = `${phase} (${keys})${result.killed ? '' : ' over before the kill'}`;
  histogram.set(row, (histogram.get(row) ?? 0) + 1);
  violations += result.violations.length;
  for (const violation of result.violations) console.log(`seed ${seed}, ${phase}, ${keys}: ${violation}`);
}

const orders = frozenOrders().slice(0, seeds);
for (const order of orders) {
  const { keys, point, end } = order;
  const row = `frozen ${point}, goes on ${end} (${keys})`;
  const found = await frozenCase(order);
  histogram.set(row, 1);
  violations += found.length;
  for (const violation of found) console.log(`${row}: ${violation}`);
}

for (const [row, count] of [...histogram].sort(([a], [b]) => a.localeCompare(b)))
  console.log(`${String(count).padStart(4)} ${row}`);
console.log(
  `${simulated.cases + retained.cases + traced.cases + kills + orders.length} cases, ${violations} violations`,
);
process.exitCode = violations === 0 && seeds > 0 ? 0 : 1;
