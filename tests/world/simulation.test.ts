import { describe, expect, it } from 'vitest';
import { quietScript, randomScript, type Script, shrink } from 'vidpipe/testing';
import { jobs, playJobs } from '../soak/jobs.ts';
import { askings, simulated, type Sweep } from '../support/simulation.ts';

const SEEDS = 2000;
const REPLAYED = 50;

describe('a simulated project', () => {
  it.each(askings)('has the same log each time, byte for byte, with models that have %s', async (asking) => {
    const script = quietScript({ scenes: 4, askings: { text: asking, image: asking, video: asking } });
    const [first, second] = [await simulated(script), await simulated(script)];
    expect(second.log).toBe(first.log);
    expect(second.probes).toEqual(first.probes);
    expect(first.log.length).toBeGreaterThan(1_000);
  });

  it('is the same when its seed is played again, log, bills and all', async () => {
    for (let seed = 1; seed <= REPLAYED; seed += 1) {
      const [first, second] = [await simulated(randomScript(seed)), await simulated(randomScript(seed))];
      expect(second, `seed ${seed}`).toEqual(first);
    }
  });

  it('of another seed has another log', async () => {
    const [first, second] = [await simulated(quietScript({ seed: 1 })), await simulated(quietScript({ seed: 2 }))];
    expect(second.log).not.toBe(first.log);
  });

  it('without faults is finished', async () => {
    expect(await simulated(quietScript())).toMatchObject({ violations: [], status: 'completed' });
  });

  it('whose clock is set back looks at its clips when they are done, not an hour later', async () => {
    const script = quietScript({ writer: false, scenes: 1, acts: [{ at: 24, what: 'clock back' }] });
    expect(await simulated(script)).toMatchObject({ violations: [], status: 'completed' });
  });

  it('that can not be paid says so', async () => {
    const script = quietScript({ budget: 100_000 });
    expect(await simulated(script)).toMatchObject({ violations: [], status: 'waiting', reason: 'budget' });
  });
});

describe('shrink', () => {
  it('drops what a failure does not need', async () => {
    const script: Script = { ...randomScript(7), scenes: 5, budget: 1, crashes: [{ at: 3, thawMs: null }] };
    const wanted = { making: 'video', nth: 2, fault: 'endless' } as const;
    const fails = ({ scenes, modelFaults }: Script): Promise<boolean> =>
      Promise.resolve(scenes >= 2 && modelFaults.includes(wanted));
    const least = await shrink({ ...script, modelFaults: [...script.modelFaults, wanted] }, fails);
    expect(least).toMatchObject({
      scenes: 2,
      budget: null,
      modelFaults: [wanted],
      crashes: [],
      storeFaults: [],
      acts: [],
    });
  });
});

describe('the invariants hold', () => {
  /** The slice of the soak that is played each time. */
  const slice = jobs(0, SEEDS).filter(
    (job) => job.part !== 'crash points' || (job.path === 'written' && job.thawMs === null),
  );

  it('for a crash at every probe of a written film, and for random projects', { timeout: 900_000 }, async () => {
    const results: Sweep[] = [];
    await playJobs(slice, (_, result) => results.push(result));
    expect(results.flatMap(({ violations }) => violations)).toEqual([]);
    expect(results.reduce((sum, { cases }) => sum + cases, 0)).toBeGreaterThanOrEqual(SEEDS + 3 * 132);
  });
});
