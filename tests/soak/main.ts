// `npm run test:soak -- --seeds N`: simulated projects (a crash at every probe, pairs of crashes, N random ones), 10 N random sequences
// of changes, forks, runs, stops and crashes, films whose models fail, projects that are kept and swept, then
// real processes, each part against the least counts of `counts.json`: kills with SIGKILL, drivers that freeze, single system calls that fail, disks,
// limits, clocks, ffmpeg, races, and crowds of projects on one account. Kills, frozen drivers and races are at most N; with fewer than 200 seeds their counts are not held to.
// Ends with `N cases, M violations`.
import { parseArgs } from 'node:util';
import { frozenCase, frozenOrders } from './frozen.ts';
import { killCase, killCases } from './kills.ts';
import { modelLists } from './model-lists.ts';
import { osFaults } from './os-faults.ts';
import { retention } from './retention.ts';
import { playSection, section } from './section.ts';
import { sequences } from './sequences.ts';
import { simulations } from './simulations.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '2000' } } });
const seeds = Number(values.seeds);
/** Each takes a second or so. */
const MOST_KILLS = 50;
/** Parts whose cases are the first so many of a list: `seeds` makes them fewer. */
const DRAWN = ['kills', 'frozen drivers', 'races'];
/** From here on nothing is left out. */
const ENOUGH = 200;

const sections = [
  await modelLists(),
  section('kills', killCases(Math.min(seeds, MOST_KILLS)), async (each) => [await killCase(each)]),
  section('frozen drivers', frozenOrders().slice(0, seeds), async (order) => {
    const row = `frozen ${order.point}, goes on ${order.end} (${order.keys})`;
    return [{ row, happened: true, violations: await frozenCase(order) }];
  }),
  ...(await osFaults(seeds)),
];
let { cases, violations } = await simulations(seeds);
const add = (played: { readonly cases: number; readonly violations: number }): void => {
  cases += played.cases;
  violations += played.violations;
};
add(await sequences(seeds));
add(await retention());
for (const each of sections) add(await playSection(each, seeds >= ENOUGH || !DRAWN.includes(each.name)));
console.log(`${cases} cases, ${violations} violations`);
process.exitCode = violations === 0 && seeds > 0 ? 0 : 1;
