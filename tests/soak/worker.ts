// Plays the jobs that it is sent, and answers each with what came of it. Started by `jobs.ts`.
import { pairs, playAll, randomScripts, type Sweep, sweep } from '../support/simulation.ts';
import { playPrograms } from '../sequences/sweep.ts';
import type { Job } from './jobs.ts';

function play(job: Job): Promise<Sweep> {
  if (job.part === 'crash points') return sweep(job.path, job.asking, job.thawMs);
  if (job.part === 'sequences') return playPrograms(job.from, job.count);
  return playAll(job.part === 'random projects' ? randomScripts(job.from, job.count) : pairs(job.from, job.count));
}

process.on('message', (job: Job) => void play(job).then((result) => process.send?.(result)));
// Nobody waits for it any more.
process.on('disconnect', () => process.exit());
