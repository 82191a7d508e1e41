import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { askings, type Path, paths, type Sweep } from '../support/simulation.ts';

/** A bundle of simulated projects for one process. */
export type Job =
  | {
      readonly part: 'crash points';
      readonly path: Path;
      readonly asking: (typeof askings)[number];
      readonly thawMs: number | null;
    }
  | {
      readonly part: 'pairs of crashes' | 'random projects' | 'sequences';
      readonly from: number;
      readonly count: number;
    };

/** A part of the soak. */
export type Part = Job['part'];

const BUNDLE = 100;
/** A bundle takes seconds; one that takes so long never ends. */
const LONGEST_MS = 600_000;
/** Longer than others wait for what a frozen process may still send. */
const THAW_MS = 15_000;
const WORKER = join(import.meta.dirname, 'worker.ts');

/** So many cases of a part that are drawn by seeds, in bundles. */
export function bundles(part: Exclude<Part, 'crash points'>, count: number): Job[] {
  return Array.from({ length: Math.ceil(count / BUNDLE) }, (_, at) => ({
    part,
    from: 1 + at * BUNDLE,
    count: Math.min(BUNDLE, count - at * BUNDLE),
  }));
}

/** Every single crash, so many pairs, so many random projects. */
export function jobs(pairCount: number, seeds: number): Job[] {
  const singles = paths.flatMap((path) =>
    askings.flatMap((asking) => [null, THAW_MS].map((thawMs): Job => ({ part: 'crash points', path, asking, thawMs }))),
  );
  return [...singles, ...bundles('pairs of crashes', pairCount), ...bundles('random projects', seeds)];
}

/** Plays jobs from the list, one after another, in a process of its own. */
async function worker(left: Job[], done: (part: Part, result: Sweep) => void): Promise<void> {
  const child = fork(WORKER, { serialization: 'advanced', execArgv: [] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a worker ended with ${String(code)}`);
  });
  ended.catch(() => undefined);
  try {
    for (let job = left.shift(); job !== undefined; job = left.shift()) {
      child.send(job);
      const answer = once(child, 'message', { signal: AbortSignal.timeout(LONGEST_MS) });
      const [result] = (await Promise.race([answer, ended]).catch((cause: unknown) => {
        throw new Error(`${JSON.stringify(job)} came to no end`, { cause });
      })) as [Sweep];
      done(job.part, result);
    }
  } finally {
    child.kill();
  }
}

/** Plays all jobs on all cores, and tells of each as it ends. */
export async function playJobs(all: readonly Job[], done: (part: Part, result: Sweep) => void): Promise<void> {
  const left = [...all];
  await Promise.all(Array.from({ length: availableParallelism() }, () => worker(left, done)));
}
