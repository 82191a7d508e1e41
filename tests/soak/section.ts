import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '../faults/outcome.ts';

/** Least counts, which are never to shrink. */
const counts = JSON.parse(readFileSync(join(import.meta.dirname, 'counts.json'), 'utf8')) as Record<string, number>;

/** A part of the soak that is played against real processes, files and programs. */
export interface Section {
  /** Its line in `counts.json`. */
  readonly name: string;
  /** Why it can not be played here; `null`: it can. */
  readonly missing: string | null;
  readonly plays: readonly (() => Promise<readonly Outcome[]>)[];
  /** So many are played side by side. */
  readonly atOnce: number;
}

/** A section of like cases; a failing one is told as JSON. */
export function section<C>(
  name: string,
  cases: readonly C[],
  play: (each: C) => Promise<readonly Outcome[]>,
  { missing = null, atOnce = 1 }: Partial<Pick<Section, 'missing' | 'atOnce'>> = {},
): Section {
  const told = async (each: C): Promise<readonly Outcome[]> => {
    const outcomes = await play(each).catch((error: Error) => [
      { row: 'not played', happened: false, violations: [error.stack ?? error.message] },
    ]);
    return outcomes.map((outcome) => ({
      ...outcome,
      violations: outcome.violations.map((violation) => `${JSON.stringify(each)}: ${violation}`),
    }));
  };
  return { name, missing, atOnce, plays: cases.map((each) => () => told(each)) };
}

async function outcomesOf({ plays, atOnce }: Section): Promise<Outcome[]> {
  const left = [...plays];
  const outcomes: Outcome[] = [];
  const work = async (): Promise<void> => {
    for (let play = left.shift(); play !== undefined; play = left.shift()) outcomes.push(...(await play()));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcomes;
}

/** What was played, and how much was wrong. */
export interface Played {
  readonly cases: number;
  readonly violations: number;
}

/** Plays a section and prints a histogram and what is wrong. What can not be played is named, and is a violation where `CI` is `true`; so is a count that has shrunk, where `isWhole`. */
export async function playSection(played: Section, isWhole: boolean): Promise<Played> {
  const { name, missing } = played;
  if (missing !== null) {
    console.log(`skipped: ${name} (${missing})`);
    return { cases: 0, violations: process.env['CI'] === 'true' ? 1 : 0 };
  }
  const outcomes = await outcomesOf(played);
  const rows = new Map<string, number>();
  for (const { row } of outcomes) rows.set(row, (rows.get(row) ?? 0) + 1);
  for (const [row, count] of [...rows].sort(([a], [b]) => a.localeCompare(b)))
    console.log(`${String(count).padStart(7)} ${row}`);
  const violations = outcomes.flatMap((outcome) => outcome.violations);
  for (const violation of violations) console.log(`${name}: ${violation}`);
  const cases = outcomes.filter(({ happened }) => happened).length;
  console.log(`${cases} ${name}, ${violations.length} violations`);
  const least = isWhole ? (counts[name] ?? Infinity) : 0;
  if (cases < least) console.log(`${cases} ${name}: ${least} were there before`);
  return { cases, violations: violations.length + (cases < least ? 1 : 0) };
}
