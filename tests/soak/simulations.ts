import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULT_KINDS } from 'vidpipe/testing';
import type { Sweep } from '../support/simulation.ts';
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

/** What was played, by part. */
class Tally {
  readonly cases = new Map<Part, number>();
  readonly bad = new Map<Part, number>();
  /** Faults that happened: in all, and in random projects. */
  readonly happened = new Map<string, number>();
  faults = 0;

  add(part: Part, { cases, violations, happened }: Sweep): void {
    const raise = <K>(map: Map<K, number>, key: K, by: number): void => void map.set(key, (map.get(key) ?? 0) + by);
    raise(this.cases, part, cases);
    raise(this.bad, part, violations.length);
    for (const [name, count] of happened) {
      raise(this.happened, name, count);
      if (part === 'random projects') this.faults += count;
    }
    for (const violation of violations) console.log(`${part}: ${violation}`);
  }

  print(seconds: number): void {
    for (const kind of FAULT_KINDS) console.log(`${String(this.happened.get(kind) ?? 0).padStart(7)} ${kind}`);
    for (const [part, count] of this.cases) console.log(`${count} ${part}, ${this.bad.get(part) ?? 0} violations`);
    const total = [...this.cases.values()].reduce((sum, each) => sum + each, 0);
    console.log(`${(total / seconds).toFixed(1)} simulated projects a second`);
  }

  /** What there is less of than there must be. */
  shrunk(seeds: number): string[] {
    const met = FAULT_KINDS.filter((kind) => this.happened.has(kind)).length;
    const found = [
      ...(['crash points', 'pairs of crashes'] as const).map((part) => [part, this.cases.get(part) ?? 0] as const),
      ...(seeds < ENOUGH ? [] : [['fault kinds', met] as const]),
    ];
    const less = found.flatMap(([name, count]) =>
      count < counts[name] ? [`${count} ${name}: ${counts[name]} were there before`] : [],
    );
    if (seeds < ENOUGH) return less;
    const unmet = FAULT_KINDS.filter((kind) => !this.happened.has(kind)).map((kind) => `${kind}: never met`);
    const average = this.faults / seeds;
    return [...less, ...unmet, ...(average < 1 ? [`${average} faults in a random project on average`] : [])];
  }
}

/** Simulated projects: every crash point, pairs, and `seeds` random ones. Prints as it goes; answers cases and violations. */
export async function simulations(seeds: number): Promise<{ readonly cases: number; readonly violations: number }> {
  const tally = new Tally();
  const began = performance.now();
  await playJobs(jobs(counts['pairs of crashes'], seeds), (part, result) => tally.add(part, result));
  tally.print((performance.now() - began) / 1000);
  if (seeds > 0) console.log(`${(tally.faults / seeds).toFixed(1)} faults and actions in a random project on average`);
  const shrunk = tally.shrunk(seeds);
  for (const line of shrunk) console.log(line);
  const total = (map: ReadonlyMap<Part, number>): number => [...map.values()].reduce((sum, each) => sum + each, 0);
  return { cases: total(tally.cases), violations: total(tally.bad) + shrunk.length };
}
