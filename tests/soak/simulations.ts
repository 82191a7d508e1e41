import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODEL_FAULTS, STORE_OPERATIONS } from 'vidpipe/testing';
import { jobs, type Part, playJobs } from './jobs.ts';

/** Least counts, which are never to shrink. */
interface Counts {
  readonly 'crash points': number;
  readonly 'pairs of crashes': number;
  readonly 'fault kinds': number;
}

const counts = JSON.parse(readFileSync(join(import.meta.dirname, 'counts.json'), 'utf8')) as Counts;
/** So many random projects meet every kind of fault. */
const ENOUGH = 2_000;

/** Every kind of fault that there is. */
const kinds = [
  ...Object.entries(MODEL_FAULTS).flatMap(([making, faults]) => faults.map((fault) => `${making} ${fault}`)),
  ...Object.values(STORE_OPERATIONS)
    .flat()
    .flatMap((operation) => [`${operation} fails`, `${operation} answer-lost`]),
  'crash',
  'freeze',
  'stop',
  'expand',
  'collect',
  'restitch',
];

/** Simulated projects: every crash point, pairs, and `seeds` random ones. Prints as it goes; answers cases and violations. */
export async function simulations(seeds: number): Promise<{ readonly cases: number; readonly violations: number }> {
  const cases = new Map<Part, number>();
  const bad = new Map<Part, number>();
  const happened = new Map<string, number>();
  const add = <K>(map: Map<K, number>, key: K, count: number): void => void map.set(key, (map.get(key) ?? 0) + count);
  const began = performance.now();
  await playJobs(jobs(counts['pairs of crashes'], seeds), (part, result) => {
    add(cases, part, result.cases);
    add(bad, part, result.violations.length);
    for (const [name, count] of result.happened) add(happened, name, count);
    for (const violation of result.violations) console.log(`${part}: ${violation}`);
  });
  const total = [...cases.values()].reduce((sum, each) => sum + each, 0);
  const perSecond = total / ((performance.now() - began) / 1000);
  for (const kind of kinds) console.log(`${String(happened.get(kind) ?? 0).padStart(7)} ${kind}`);
  for (const [part, count] of cases) console.log(`${count} ${part}, ${bad.get(part) ?? 0} violations`);
  console.log(`${perSecond.toFixed(1)} simulated projects a second`);
  const met = kinds.filter((kind) => happened.has(kind)).length;
  const shrunk = [
    ...(['crash points', 'pairs of crashes'] as const).map((part) => [part, cases.get(part) ?? 0] as const),
    ...(seeds < ENOUGH ? [] : [['fault kinds', met] as const]),
  ].filter(([name, count]) => count < counts[name]);
  for (const [name, count] of shrunk) console.log(`${count} ${name}: ${counts[name]} were there before`);
  return { cases: total, violations: [...bad.values()].reduce((sum, each) => sum + each, shrunk.length) };
}
