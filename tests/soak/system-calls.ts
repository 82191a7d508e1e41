import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CALLS, canTrace, countCalls, type Point, playPoint } from '../faults/strace.ts';
import type { Keys } from './world.ts';

const pinned = JSON.parse(readFileSync(join(import.meta.dirname, 'counts.json'), 'utf8')) as {
  readonly 'system calls': number;
};

const KINDS: readonly Keys[] = ['keys', 'look-up', 'neither'];
/** Of as many calls the nth one fails; it is a kill at each. */
const EVERY = 6;

/** A kill at every call that writes, and failures, once and from then on, at every sixth. */
async function points(): Promise<Point[]> {
  const counts = await countCalls();
  return CALLS.flatMap((call) =>
    Array.from({ length: counts.get(call) ?? 0 }, (_, index) => index + 1).flatMap((nth): Point[] => {
      const common = { call, nth, keys: KINDS[nth % KINDS.length] ?? 'keys' };
      const kill: Point = { ...common, fault: 'KILL', stays: false };
      if (nth % EVERY !== 0 && nth > 2) return [kill];
      const fails = (['ENOSPC', 'EIO'] as const).flatMap((fault): Point[] => [
        { ...common, fault, stays: false },
        { ...common, fault, stays: true },
      ]);
      return [kill, ...fails];
    }),
  );
}

/** Faults in single system calls on the database and the files of a film, at most `most` of them. Prints what happened; answers cases and violations. */
export async function systemCalls(most: number): Promise<{ readonly cases: number; readonly violations: number }> {
  if (!canTrace()) {
    console.log('faults in system calls: skipped, strace does not run here');
    return { cases: 0, violations: process.env['CI'] === 'true' ? 1 : 0 };
  }
  const all = await points();
  const ends = new Map<string, number>();
  let [happened, violations] = [0, 0];
  for (const point of all.slice(0, most)) {
    const played = await playPoint(point);
    happened += Number(played.happened);
    violations += played.violations.length;
    const row = `${point.fault} at ${point.call}${point.stays ? ', from then on' : ''}: ${played.end.split(' ').slice(0, 2).join(' ')}`;
    ends.set(row, (ends.get(row) ?? 0) + 1);
    for (const violation of played.violations) console.log(`${JSON.stringify(point)}: ${violation}`);
  }
  for (const [row, count] of [...ends].sort(([a], [b]) => a.localeCompare(b)))
    console.log(`${String(count).padStart(4)} ${row}`);
  console.log(`${happened} faults in system calls of ${Math.min(most, all.length)} tried`);
  const shrunk = most >= all.length && happened < pinned['system calls'];
  if (shrunk) console.log(`system calls: ${happened} is fewer than the ${pinned['system calls']} of counts.json`);
  return { cases: Math.min(most, all.length), violations: violations + Number(shrunk) };
}
