import { clockJumps, playJump } from '../faults/clock-jumps.ts';
import { crowds, playCrowd } from '../faults/crowd.ts';
import { diskCases, playDisk } from '../faults/disks.ts';
import { fakeTimeCases, playFakeTime, whyNoFakeTime } from '../faults/fake-time.ts';
import { ffmpegFaults, FinishedFilm } from '../faults/ffmpeg-faults.ts';
import { busyCases, limitCases, playBusy, playLimit, whyNoLimits } from '../faults/limits.ts';
import { whyNoMounts } from '../faults/mounts.ts';
import type { Outcome } from '../faults/outcome.ts';
import { playRace, raceOf } from '../faults/races.ts';
import { countCalls, playPoint, pointsOf, whyNoTraces } from '../faults/strace.ts';
import { type Section, section } from './section.ts';

const one =
  <C>(play: (each: C) => Promise<Outcome>) =>
  async (each: C): Promise<readonly Outcome[]> => [await play(each)];

async function straced(): Promise<Section> {
  const missing = whyNoTraces();
  const points = missing === null ? pointsOf(await countCalls()) : [];
  return section('faults of system calls', points, one(playPoint), { missing, atOnce: 2 });
}

async function joined(wanted: 'cut' | 'fade'): Promise<readonly Outcome[]> {
  const film = new FinishedFilm(wanted);
  try {
    await film.open();
    const outcomes: Outcome[] = [];
    for (const fault of ffmpegFaults) outcomes.push(await film.play(fault));
    return [...outcomes, await film.mend()];
  } finally {
    await film.close();
  }
}

/** So many races show each number of processes, with and without a kill, many times. */
const MOST_RACES = 200;

/** What an operating system can do to a film: system calls, disks, limits, clocks, programs, other processes. */
export async function osFaults(seeds: number): Promise<readonly Section[]> {
  const races = Array.from({ length: Math.min(seeds, MOST_RACES) }, (_, seed) => raceOf(seed));
  const jump = one(async (each: Parameters<typeof playJump>[0]): Promise<Outcome> => {
    return { row: `set ${each.jump}`, happened: true, violations: await playJump(each) };
  });
  return [
    await straced(),
    section('disks', diskCases(), one(playDisk), { missing: whyNoMounts(), atOnce: 2 }),
    section('limits of processes', limitCases(), one(playLimit), { missing: whyNoLimits(), atOnce: 2 }),
    section('other writers', busyCases(), one(playBusy)),
    section('clocks that are set', clockJumps(), jump),
    section('clocks of processes that are set', fakeTimeCases(), one(playFakeTime), {
      missing: whyNoFakeTime(),
    }),
    section('faults of ffmpeg', ['cut', 'fade'] as const, joined),
    section('races', races, one(playRace)),
    section('crowds', crowds, one(playCrowd)),
  ];
}
