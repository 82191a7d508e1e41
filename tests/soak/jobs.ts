import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { askings, pairs, type Path, paths, playAll, randomScripts, type Sweep, sweep } from '../support/simulation.ts';

/** A bundle of simulated projects for one thread. */
export type Job =
  | {
      readonly part: 'crash points';
      readonly path: Path;
      readonly asking: (typeof askings)[number];
      readonly thawMs: number | null;
    }
  | { readonly part: 'pairs of crashes' | 'random projects'; readonly from: number; readonly count: number };

/** A part of the soak. */
export type Part = Job['part'];

const BUNDLE = 100;
/** Longer than others wait for what a frozen process may still send. */
const THAW_MS = 15_000;

function bundles(part: 'pairs of crashes' | 'random projects', count: number): Job[] {
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

function play(job: Job): Promise<Sweep> {
  if (job.part === 'crash points') return sweep(job.path, job.asking, job.thawMs);
  return playAll(job.part === 'random projects' ? randomScripts(job.from, job.count) : pairs(job.from, job.count));
}

function inThread(job: Job): Promise<Sweep> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** Plays all jobs on all cores, and tells of each as it ends. */
export async function playJobs(all: readonly Job[], done: (part: Part, result: Sweep) => void): Promise<void> {
  const left = [...all];
  const work = async (): Promise<void> => {
    for (let job = left.shift(); job !== undefined; job = left.shift()) done(job.part, await inThread(job));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

if (!isMainThread) parentPort?.postMessage(await play(workerData as Job));
