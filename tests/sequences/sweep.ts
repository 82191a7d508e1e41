import fc from 'fast-check';
import type { Sweep } from '../support/simulation.ts';
import { play } from './play.ts';
import { programs } from './program.ts';

/** A bundle that takes longer has failed; one that is being made smaller is told as small as it is then. A worker of the soak may take longer. */
const MOST_MS = 400_000;

/** Plays random programs by one seed; a failing one ends it, and is told with the smallest that still fails, or as it is. */
export async function playPrograms(seed: number, count: number, shrinks = true): Promise<Sweep> {
  const happened = new Map<string, number>();
  let cases = 0;
  const property = fc.asyncProperty(programs, async (program) => {
    cases += 1;
    const { violations, met } = await play(program);
    for (const [name, times] of met) happened.set(name, (happened.get(name) ?? 0) + times);
    if (violations.length > 0) throw new Error(violations.join('; '));
  });
  const result = await fc.check(property, {
    seed,
    numRuns: count,
    endOnFailure: !shrinks,
    interruptAfterTimeLimit: MOST_MS,
    markInterruptAsFailure: true,
  });
  if (!result.failed) return { cases, violations: [], happened };
  const error = result.errorInstance instanceof Error ? result.errorInstance.message : 'it came to no end';
  const least = JSON.stringify(result.counterexample?.[0]);
  return {
    cases,
    violations: [`seed ${seed}, path ${result.counterexamplePath}: ${error}\n  least: ${least}`],
    happened,
  };
}
