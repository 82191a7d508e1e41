import { expect, it } from 'vitest';
import type { ProjectEvent } from 'vidpipe';
import { drivenTo, ForkWorld } from '../support/fork-world.ts';

const places = (events: readonly ProjectEvent[]): string[] =>
  events.flatMap(({ type, body }) =>
    type === 'call.intended' ? [`${body.stepId} ${body.fingerprint} ${body.ordinal}`] : [],
  );

/** Forks a film whose driver stopped at the nth probe, runs the fork, then the parent, then the fork again; answers what is wrong. */
async function forkedAt(nth: number, openCalls: 'wait' | 'buy'): Promise<string[]> {
  const world = new ForkWorld();
  const { id } = await drivenTo(world, nth);
  const pipeline = world.spawn('forker');
  const before = await world.log(id);
  const fork = await pipeline.fork(id, {}, { openCalls });
  const first = await world.clock.run(pipeline.run(fork.id));
  const wrong: string[] = [];
  if (JSON.stringify(await world.log(id)) !== JSON.stringify(before)) wrong.push('the log of the parent has changed');
  const waits = first.status === 'waiting' && first.waiting.reason === 'parent';
  if (first.status !== 'completed' && !(waits && openCalls === 'wait')) wrong.push(`the fork ends ${first.status}`);
  // The lease of a driver that stopped ends.
  await world.clock.advance(3_001);
  const parent = await world.clock.run(pipeline.run(id));
  const last = await world.clock.run(pipeline.run(fork.id));
  if (parent.status !== 'completed' || last.status !== 'completed')
    wrong.push(`they end ${parent.status}, ${last.status}`);
  const known = places(before);
  const twice = openCalls === 'wait' ? places(await world.log(fork.id)).filter((place) => known.includes(place)) : [];
  wrong.push(...twice.map((place) => `${place} is bought by the parent and the fork`));
  wrong.push(...(await world.check(id)), ...(await world.check(fork.id)));
  return wrong.filter((each) => !each.startsWith('I5: nothing names')).map((each) => `${openCalls} at ${nth}: ${each}`);
}

it(
  'a fork of a film that stopped anywhere pays nothing that its parent pays, and both are whole',
  { timeout: 60_000 },
  async () => {
    const { probes } = await drivenTo(new ForkWorld(), 0);
    expect(probes).toBeGreaterThan(100);
    const wrong: string[] = [];
    for (let nth = 1; nth <= probes; nth += 3) wrong.push(...(await forkedAt(nth, nth % 2 === 0 ? 'wait' : 'buy')));
    expect(wrong).toEqual([]);
  },
);
