import { describe, expect, it } from 'vitest';
import { randomScript, type Script } from 'vidpipe/testing';
import { playAll, scriptOf, simulated } from '../support/simulation.ts';

/** A film whose makers refuse, deliver flagged bytes and are asked again, while somebody blocks a take of it. */
const script = scriptOf('refused and blocked', 'key');

/** The soak plays them all. */
const EVERY = 7;

describe('a film with remedies, inspection and blocks', () => {
  it.each([true, false])('is finished, and what is blocked is used nowhere: last frames %s', async (lastFrame) => {
    const { status, violations, log } = await simulated({ ...script, lastFrame });
    expect({ status, violations }).toEqual({ status: 'completed', violations: [] });
    for (const type of ['remedy.applied', 'artifact.inspected', '"by":"inspect"', '"by":"user"', '"flagged":['])
      expect(log).toContain(type);
    expect(log).toContain('"kind":"retake"');
  });

  it('keeps every promise where a process ends at any probe', async () => {
    const { probes } = await simulated(script);
    expect(probes.filter((probe) => probe.endsWith(' inspect')).length).toBeGreaterThanOrEqual(7);
    const points = probes.flatMap((_, index) => (index % EVERY === 0 ? [{ at: index + 1, thawMs: null }] : []));
    const { cases, violations } = await playAll(points.map((crash) => ({ ...script, crashes: [crash] })));
    expect(violations).toEqual([]);
    expect(cases).toBe(points.length);
  });

  it('keeps them with faults of all kinds', async () => {
    const scripts = Array.from({ length: 24 }, (_, nth): Script => {
      const random = randomScript(5000 + nth);
      const acts = [40, 90, 160].map((at) => ({ at: at + nth, what: 'block' as const }));
      return { ...random, inspects: nth % 2 === 0, acts: [...random.acts, ...acts] };
    });
    const { violations, happened } = await playAll(scripts);
    expect(violations).toEqual([]);
    expect(happened.get('block')).toBeGreaterThan(40);
    expect(happened.get('inspect refuses')).toBeGreaterThan(12);
  });
});
