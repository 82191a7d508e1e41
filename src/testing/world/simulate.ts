import { checkProject } from './check.ts';
import { Player } from './play.ts';
import type { Script } from './script.ts';
import { SECRETS } from './secrets.ts';
import type { Ledgers } from './check-money.ts';
import { type MakeStores, SimulatedWorld, type WorldOptions } from './world.ts';

/** How one simulated project went. */
export interface Simulated {
  readonly violations: readonly string[];
  /** Status at the end, and why it waits or has failed. */
  readonly status: string;
  readonly reason: string | null;
  /** Probes that were passed, by name and in order: the points where a process can crash. */
  readonly probes: readonly string[];
  /** Faults that happened, by name. */
  readonly happened: ReadonlyMap<string, number>;
  /** The log, a line per event. */
  readonly log: string;
  /** What all services bill. */
  readonly bills: Ledgers['bills'];
}

async function logOf({ stores: { events } }: SimulatedWorld, id: string): Promise<string> {
  const lines: string[] = [];
  for await (const event of events.read(id)) lines.push(JSON.stringify(event));
  return lines.join('\n');
}

/** How the engine logs a fact that the store does not take: whole, since nothing else may know it; for a job with its handle. */
const LAST_RESORT = 'a fact is not durable yet';

/** All that was logged and thrown, the last resort without handles. */
function toldBy({ told }: SimulatedWorld): string[] {
  return told.map((line) => (line.includes(LAST_RESORT) ? line.replaceAll(SECRETS.handle, '') : line));
}

/** Whether bytes may be left over: a process has ended for ever, a store has failed, or a change has come while a film was being joined. */
function mayBeLost({ storeFaults, crashes, acts }: Script): boolean {
  return storeFaults.length > 0 || acts.length > 0 || crashes.some(({ thawMs }) => thawMs === null);
}

/** Plays a script from `create` to its last rest in a world of its own and checks what has become of the project. */
export async function simulate(script: Script, stores: MakeStores, options: WorldOptions = {}): Promise<Simulated> {
  const world = new SimulatedWorld(script, stores, options);
  const { service, probes, happened } = world;
  try {
    const { id, project, violations } = await new Player(world).play();
    const found = await checkProject({
      id,
      ...world.stores,
      open: () => world.spawn().pipeline,
      run: (work) => world.clock.run(work),
      requests: () => world.requests,
      looked: () => service.looked,
      secrets: Object.values(SECRETS),
      told: () => toldBy(world),
      mayBeLost: mayBeLost(script),
      ledgers: () => ({ bills: world.bills, exact: !Object.values(script.askings).includes('neither') }),
    });
    const log = await logOf(world, id);
    return {
      violations: [...violations, ...found],
      status: project.status,
      reason: project.waiting?.reason ?? project.error?.code ?? null,
      probes,
      happened,
      log,
      bills: world.bills,
    };
  } finally {
    await world.end();
  }
}
