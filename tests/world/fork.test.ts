import { expect, it } from 'vitest';
import { Pipeline, type ProjectEvent } from 'vidpipe';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import {
  checkProject,
  paperMedia,
  SeededRandom,
  SimulatedProcess,
  SimulatedService,
  VirtualClock,
  worldProvider,
} from 'vidpipe/testing';

const SETTINGS = { prompt: 'Scenes: 2', duration: 8, clipDuration: 4, seed: 1, maxCalls: 1000 };

/** A service, stores and any number of processes over them. */
class ForkWorld {
  readonly clock = new VirtualClock();
  readonly events = memoryEvents({ now: () => this.clock.now() });
  readonly assets = memoryAssets();
  readonly service = new SimulatedService({ clock: this.clock, random: new SeededRandom(1) });

  spawn(owner: string, process?: SimulatedProcess): Pipeline {
    const provider = worldProvider(this.service, { askings: { text: 'key', image: 'key', video: 'key' } });
    return new Pipeline({
      providers: [process?.provider(provider) ?? provider],
      events: process?.events(this.events) ?? this.events,
      assets: process?.assets(this.assets) ?? this.assets,
      media: process?.media(paperMedia()) ?? paperMedia(),
      clock: process?.clock() ?? this.clock,
      leaseMs: 3_000,
      owner,
    });
  }

  async log(id: string): Promise<ProjectEvent[]> {
    return (await Array.fromAsync(this.events.read(id))) as ProjectEvent[];
  }

  /** What checks find wrong with a project, held against its own part of the service's bills. */
  check(id: string): Promise<readonly string[]> {
    const bills = (): { callId: string; microUsd: number }[] =>
      this.service.bills.filter(({ callId }) => callId.startsWith(`${id}.`));
    const { events, assets, service } = this;
    const looked = (): string[] => [...service.looked].filter((callId) => callId.startsWith(`${id}.`));
    const open = (): Pipeline => this.spawn('checker');
    const run = <T>(work: Promise<T>): Promise<T> => this.clock.run(work);
    const requests = (): number => service.requests;
    return checkProject({
      id,
      events,
      assets,
      open,
      run,
      requests,
      looked,
      ledgers: () => ({ bills: bills(), exact: true }),
    });
  }
}

/** Drives a film in a process that stops at the nth probe, or to its end; answers the number of probes. */
async function drivenTo(world: ForkWorld, nth: number): Promise<{ readonly id: string; readonly probes: number }> {
  const { id } = await world.spawn('maker').create(SETTINGS);
  let probes = 0;
  const process = new SimulatedProcess('driver', world.clock, () => (probes += 1) === nth);
  const driving = world.spawn('driver', process).run(id);
  await world.clock.run(Promise.race([driving, process.stopped]));
  return { id, probes };
}

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
