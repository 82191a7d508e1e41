// Time from run to film on a virtual clock, against an optimal schedule computed here: still 8 s, clip 60 s, one chain of scenes.
import { VirtualClock } from 'vidpipe/testing';
import { clip, providerOf, settingsFor, systemClock, worldPipeline } from '../support/world.ts';

const STILL_MS = 8_000;
const CLIP_MS = 60_000;
const LIMIT = 1.02;

/** The optimum: stills one after another, each clip on the first free slot when its two stills are there. With equal clips first-come-first-served is optimal. */
function optimum(scenes: number, slots: number): number {
  const free = Array.from({ length: slots }, () => 0);
  let end = 0;
  for (let scene = 0; scene < scenes; scene += 1) {
    const ready = (scene + 2) * STILL_MS;
    const slot = free.indexOf(Math.min(...free));
    free[slot] = Math.max(ready, free[slot] ?? 0) + CLIP_MS;
    end = Math.max(end, free[slot]);
  }
  return end;
}

async function measured(scenes: number, slots: number): Promise<number> {
  const clock = new VirtualClock();
  const pipeline = worldPipeline(
    clock,
    providerOf({ clock, stillMs: STILL_MS, clipMs: CLIP_MS, stillsAtOnce: 10, clipsAtOnce: slots }),
  );
  const { id } = await pipeline.create(settingsFor(scenes));
  const began = clock.monotonic();
  const result = await clock.run(pipeline.run(id));
  const took = clock.monotonic() - began;
  await pipeline.close();
  if (result.status !== 'completed') throw new Error(`the run ended ${result.status}`);
  return took;
}

let over = false;
for (const slots of [10, 4]) {
  for (const scenes of [3, 20, 100, 500]) {
    const ratio = (await measured(scenes, slots)) / optimum(scenes, slots);
    over ||= ratio > LIMIT;
    console.log(`makespan-${scenes}-scenes-${slots}-slots ${ratio.toFixed(4)} ${LIMIT}`);
  }
}

/** Real time, 12 scenes with clips of 2 s: the provider's own count of running clips reaches its limit and never passes it. */
async function peakOfRunning(slots: number): Promise<number> {
  const clock = systemClock();
  let running = 0;
  let peak = 0;
  const options = { clock, stillMs: 100, clipMs: 2000, clipsAtOnce: slots };
  const video = clip({
    ...options,
    onStart: () => (peak = Math.max(peak, (running += 1))),
    onEnd: () => (running -= 1),
  });
  const pipeline = worldPipeline(clock, providerOf(options, { video }));
  const { id } = await pipeline.create(settingsFor(12));
  const result = await pipeline.run(id);
  await pipeline.close();
  if (result.status !== 'completed') throw new Error(`the run ended ${result.status}`);
  return peak;
}

const peak = await peakOfRunning(4);
console.log(`real-time-12-scenes-peak-of-4-slots ${(peak / 4).toFixed(4)} 1`);
process.exitCode = over || peak !== 4 ? 1 : 0;
