import type { Transition } from '../spec/index.ts';
import { itemAt } from './item-at.ts';

const GRID = 100;

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** Of the list, the length nearest to the wish; the shorter one of two equally near. */
export function nearestLength(durations: readonly number[], wish: number): number {
  return durations.reduce(
    (best, each) => (Math.abs(each - wish) < Math.abs(best - wish) ? each : best),
    itemAt(durations, 0),
  );
}

/** The shortest clip of a model's list that holds `seconds`; the film trims the rest. */
export function clipSeconds(durations: readonly number[], seconds: number): number {
  return durations.find((offered) => offered >= seconds) ?? itemAt(durations, -1);
}

/** What is wrong with a transition between scenes of these lengths, or `null`: a fade takes less than half of the shortest. */
export function transitionIssue({ kind, seconds }: Transition, lengths: readonly number[]): string | null {
  const shortest = Math.min(...lengths);
  if (kind === 'cut' || lengths.length < 2 || seconds * 2 < shortest) return null;
  return `transition: a fade of ${seconds} s needs scenes of more than twice its length; the shortest has ${shortest} s`;
}

interface Best {
  readonly cost: number;
  readonly last: number;
}

/** For each reachable sum (in units) the cheapest way to it; cost is the distance of the lengths from the wish. */
function waysTo(most: number, units: readonly number[], wish: number): (Best | undefined)[] {
  const ways: (Best | undefined)[] = [{ cost: 0, last: 0 }];
  for (let total = 1; total <= most; total += 1) {
    for (const unit of units) {
      const before = ways[total - unit];
      if (total < unit || before === undefined) continue;
      const cost = before.cost + (unit - wish) ** 2;
      const known = ways[total];
      if (known === undefined || cost < known.cost) ways[total] = { cost, last: unit };
    }
  }
  return ways;
}

/**
 * Lengths of the scenes of a film of `total` seconds from clips of the given `durations` (ascending), near `wish`.
 * They add up to `total`: exactly where the list allows it, else the last scene is a trimmed clip.
 */
export function chooseLengths(total: number, durations: readonly number[], wish: number): number[] {
  const scaled = durations.map((each) => Math.round(each * GRID));
  const step = scaled.reduce(divisor, 0) || 1;
  const units = scaled.map((each) => each / step);
  const wanted = Math.ceil((total * GRID) / step - 1e-9);
  const ways = waysTo(wanted + Math.max(...units), units, (nearestLength(durations, wish) * GRID) / step);
  let reached = wanted;
  while (ways[reached] === undefined) reached += 1;
  const lengths: number[] = [];
  for (let left = reached; left > 0;) {
    const { last } = ways[left] as Best;
    lengths.push((last * step) / GRID);
    left -= last;
  }
  lengths.sort((a, b) => Math.abs(a - wish) - Math.abs(b - wish));
  const over = lengths.reduce((sum, each) => sum + each, 0) - total;
  const last = itemAt(lengths, -1);
  return over > 1e-9 ? [...lengths.slice(0, -1), Math.round((last - over) * 1000) / 1000] : lengths;
}
