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
export class ForkWorld {
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
export async function drivenTo(
  world: ForkWorld,
  nth: number,
): Promise<{ readonly id: string; readonly probes: number }> {
  const { id } = await world.spawn('maker').create(SETTINGS);
  let probes = 0;
  const process = new SimulatedProcess('driver', world.clock, () => (probes += 1) === nth);
  const driving = world.spawn('driver', process).run(id);
  await world.clock.run(Promise.race([driving, process.stopped]));
  return { id, probes };
}
