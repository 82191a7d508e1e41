import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MEETINGS } from '../sequences/program.ts';
import { bundles, playJobs } from './jobs.ts';

const counts = JSON.parse(readFileSync(join(import.meta.dirname, 'counts.json'), 'utf8')) as {
  readonly sequences: number;
  readonly 'kinds of acts': number;
};
/** Sequences for each seed of the soak. */
const PER_SEED = 10;

/** Random sequences over projects and their forks. Prints how often each act and change was met; answers cases and violations. */
export async function sequences(seeds: number): Promise<{ readonly cases: number; readonly violations: number }> {
  const met = new Map<string, number>();
  let [cases, violations] = [0, 0];
  const began = performance.now();
  await playJobs(bundles('sequences', seeds * PER_SEED), (_, result) => {
    cases += result.cases;
    violations += result.violations.length;
    for (const [name, count] of result.happened) met.set(name, (met.get(name) ?? 0) + count);
    for (const violation of result.violations) console.log(`sequences: ${violation}`);
  });
  for (const [name, count] of [...met].toSorted(([a], [b]) => a.localeCompare(b)))
    console.log(`${String(count).padStart(7)} ${name}`);
  const perSecond = (cases / (performance.now() - began)) * 1000;
  console.log(`${cases} sequences, ${violations} violations, ${perSecond.toFixed(1)} a second`);
  const isWhole = seeds * PER_SEED >= counts.sequences;
  const kinds = MEETINGS.filter((name) => met.has(name)).length;
  const shrunk = [
    ...(cases < counts.sequences ? [`${cases} sequences: ${counts.sequences} were there before`] : []),
    ...(kinds < counts['kinds of acts']
      ? [`${kinds} kinds of acts: ${counts['kinds of acts']} were there before`]
      : []),
    ...MEETINGS.filter((name) => !met.has(name)).map((name) => `${name}: never met`),
  ];
  for (const line of isWhole ? shrunk : []) console.log(line);
  return { cases, violations: violations + (isWhole ? shrunk.length : 0) };
}
