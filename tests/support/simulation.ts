import { existsSync } from 'node:fs';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import {
  type Askings,
  type MakeStores,
  quietScript,
  randomScript,
  type Script,
  SeededRandom,
  shrink,
  simulate,
  type Simulated,
} from 'vidpipe/testing';

const inMemory: MakeStores = (now) => ({ events: memoryEvents({ now }), assets: memoryAssets({ now }) });

/** A folder in memory where there is one. */
const folder = existsSync('/dev/shm') ? { folder: '/dev/shm' } : {};

/** Plays a script in memory. */
export function simulated(script: Script): Promise<Simulated> {
  return simulate(script, inMemory, folder);
}

/** The ways through a film that are swept, in two scenes each but for the remedies. */
const PATHS = {
  written: {},
  'own storyboard': { writer: false },
  remedies: {
    writer: false,
    scenes: 1,
    modelFaults: [
      { making: 'image', nth: 1, fault: 'blocked' },
      { making: 'video', nth: 1, fault: 'blocked-start-frame' },
      { making: 'video', nth: 2, fault: 'blocked-charged' },
    ],
  },
  'stop and resume': { acts: [{ at: 70, what: 'stop' }] },
  expand: { acts: [{ at: 70, what: 'expand' }] },
  'refused and blocked': {
    inspects: true,
    modelFaults: [
      { making: 'text', nth: 1, fault: 'blocked' },
      { making: 'image', nth: 2, fault: 'flagged' },
      { making: 'video', nth: 1, fault: 'flagged' },
      { making: 'video', nth: 3, fault: 'blocked-charged' },
    ],
    acts: [{ at: 150, what: 'block' }],
  },
} as const satisfies Record<string, Partial<Script>>;

/** A way through a film. */
export type Path = keyof typeof PATHS;

export const paths = Object.keys(PATHS) as readonly Path[];

/** How all models of a sweep can be asked again. */
export const askings = ['key', 'look-up', 'neither'] as const;

/** The script of a way. */
export function scriptOf(path: Path, asking: (typeof askings)[number]): Script {
  const all: Askings = { text: asking, image: asking, video: asking };
  return quietScript({ ...PATHS[path], askings: all });
}

/** What a number of cases came to. */
export interface Sweep {
  readonly cases: number;
  /** What is wrong, each with the script that it happened in. */
  readonly violations: readonly string[];
  /** Faults that happened, by name. */
  readonly happened: ReadonlyMap<string, number>;
}

/** Plays scripts one after another; a failing one is told with the smallest that still fails. */
export async function playAll(scripts: Iterable<Script>): Promise<Sweep> {
  const violations: string[] = [];
  const happened = new Map<string, number>();
  let cases = 0;
  for (const script of scripts) {
    cases += 1;
    const result = await simulated(script);
    for (const [name, count] of result.happened) happened.set(name, (happened.get(name) ?? 0) + count);
    if (result.violations.length === 0) continue;
    const least = await shrink(script, async (each) => (await simulated(each)).violations.length > 0);
    violations.push(
      `seed ${script.seed}: ${result.violations.join('; ')}\n  script: ${JSON.stringify(script)}\n  least: ${JSON.stringify(least)}`,
    );
  }
  return { cases, violations, happened };
}

/** Crashes once at every probe of a way: for ever, or frozen past the lease and thawed. */
export async function sweep(path: Path, asking: (typeof askings)[number], thawMs: number | null): Promise<Sweep> {
  const script = scriptOf(path, asking);
  const { probes } = await simulated(script);
  return playAll(probes.map((_, index) => ({ ...script, crashes: [{ at: index + 1, thawMs }] })));
}

/** Seeded pairs: a second crash within the recovery from the first. */
export function* pairs(from: number, count: number): Generator<Script> {
  for (let seed = from; seed < from + count; seed += 1) {
    const random = new SeededRandom(seed);
    const script = scriptOf(random.pick(paths), random.pick(askings));
    const at = random.whole(1, 130);
    const thawMs = random.chance(0.3) ? 6_000 : null;
    yield {
      ...script,
      seed,
      crashes: [
        { at, thawMs },
        { at: at + random.whole(1, 60), thawMs: null },
      ],
    };
  }
}

/** Random projects by their seeds. */
export function* randomScripts(from: number, count: number): Generator<Script> {
  for (let seed = from; seed < from + count; seed += 1) yield randomScript(seed);
}
