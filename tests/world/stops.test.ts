import { expect, it } from 'vitest';
import { playStop } from '../support/stop-world.ts';

/** Operations that a stop comes before and after. */
const PHASES = 'lease append read generate put get start check download probe verify stitch'.split(' ');

it.each([
  { from: 'the same process', cancels: true, every: 1 },
  { from: 'the same process', cancels: false, every: 3 },
  { from: 'another process', cancels: true, every: 3 },
  { from: 'another process', cancels: false, every: 1 },
] as const)(
  'a stop from $from, clips can be cancelled: $cancels, at probes $every apart',
  async ({ every, ...kind }) => {
    const { probes } = await playStop({ ...kind, at: 0 });
    const met = new Set<string>();
    const outcomes = new Set<string>();
    for (let at = 1; at <= probes; at += every) {
      const { violations, probe, outcome } = await playStop({ ...kind, at });
      expect(violations).toEqual([]);
      met.add(probe.replace(' done', ''));
      outcomes.add(outcome);
    }
    const running = kind.cancels ? 'stopped, cancelled no' : 'stopped, detached unknown';
    expect([...outcomes]).toEqual(expect.arrayContaining(['completed', 'stopped', running]));
    if (every === 1) expect([...met]).toEqual(expect.arrayContaining(PHASES));
  },
);
