import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Inspect, type Logger, Pipeline } from 'vidpipe';
import type { Provider } from 'vidpipe/provider';
import type { AssetStore, EventStore } from 'vidpipe/storage';
import { VirtualClock } from '../virtual-clock.ts';
import type { Ledgers } from './check-money.ts';
import { instantFiles } from './files.ts';
import { worldInspector } from './inspector.ts';
import { worldProvider } from './models.ts';
import { paperMedia } from './paper.ts';
import { SimulatedProcess } from './process.ts';
import { SeededRandom } from './random.ts';
import type { Script } from './script.ts';
import { SimulatedService } from './service.ts';
import { StoreFaults } from './stores.ts';

/** The durable stores of a world, made anew for each, and closed with it. */
export interface WorldStores {
  readonly events: EventStore;
  readonly assets: AssetStore;
}

/** Makes the stores of a world; `now` is its wall clock. */
export type MakeStores = (now: () => number) => WorldStores;

/** A provider of your own in a world, and what its service says itself. */
export interface OwnService {
  readonly provider: Provider;
  /** A line for each submission that it took and charges for. */
  bills(): Ledgers['bills'];
  /** Requests of any kind that it has got. */
  requests(): number;
}

/** What a world can be made with. */
export interface WorldOptions {
  /** For bytes under way, in memory if there is such a folder. @default the system's temporary one */
  readonly folder?: string;
  /** Its models go before the world's, which stay for the kinds that it has none of; faults of scripts are of the world's own. */
  readonly service?: (clock: Clock) => OwnService;
}

/** One process and the pipeline in it. */
export interface Running {
  readonly process: SimulatedProcess;
  readonly pipeline: Pipeline;
}

/** Durable stores, a service and a clock that outlive any number of processes; each process has a pipeline of its own over them. */
export class SimulatedWorld {
  readonly script: Script;
  readonly clock = new VirtualClock();
  readonly stores: WorldStores;
  readonly service: SimulatedService;
  readonly #faults: StoreFaults;
  readonly #random: SeededRandom;
  readonly #workDir: string;
  readonly #inspect: Inspect;
  readonly #own: OwnService | undefined;
  readonly #providers: readonly Provider[];
  readonly #processes: Running[] = [];
  /** Names of the probes that were passed, in order. */
  readonly probes: string[] = [];
  /** Faults that really happened, by name. */
  readonly happened = new Map<string, number>();
  /** All that was logged, and every error that was thrown, with its causes. */
  readonly told: string[] = [];
  /** Called at each probe with its number, from 1. */
  onProbe: (nth: number) => void = () => undefined;
  #calm = false;
  readonly #logger: Logger = {
    debug: (...said) => this.tells(said),
    info: (...said) => this.tells(said),
    warn: (...said) => this.tells(said),
    error: (...said) => this.tells(said),
  };

  constructor(script: Script, makeStores: MakeStores, { folder = tmpdir(), service }: WorldOptions = {}) {
    this.script = script;
    this.stores = makeStores(() => this.clock.now());
    this.#random = new SeededRandom(script.seed ^ 0x5eed);
    const happens = (name: string): void => this.happens(name);
    this.service = new SimulatedService({
      clock: this.clock,
      random: new SeededRandom(script.seed),
      faults: script.modelFaults,
      links: script.links,
      onFault: happens,
    });
    this.#inspect = worldInspector(() => this.#calm, happens);
    this.#faults = new StoreFaults(script.storeFaults, happens);
    this.#own = service?.(this.clock);
    this.#providers = [...(this.#own === undefined ? [] : [this.#own.provider]), worldProvider(this.service, script)];
    this.#workDir = join(folder, `vidpipe-world-${randomUUID()}`);
  }

  /** Keeps what somebody was told. */
  tells(what: unknown): void {
    this.told.push(inspect(what, { depth: 20 }));
  }

  /** Counts something that went wrong. */
  happens(name: string): void {
    this.happened.set(name, (this.happened.get(name) ?? 0) + 1);
  }

  /** What is billed by all services. */
  get bills(): Ledgers['bills'] {
    return [...(this.#own?.bills() ?? []), ...this.service.bills];
  }

  /** Requests that all services have got. */
  get requests(): number {
    return (this.#own?.requests() ?? 0) + this.service.requests;
  }

  /** A new process with a pipeline over the durable stores. */
  spawn(): Running {
    const name = `process-${this.#processes.length + 1}`;
    const process = new SimulatedProcess(name, this.clock, (probe, passing) => this.#passes(probe, passing));
    const { stores } = this;
    const pipeline = new Pipeline({
      providers: this.#providers.map((provider) => process.provider(provider)),
      events: process.events(this.#faults.events(stores.events)),
      assets: process.assets(this.#faults.assets(stores.assets)),
      media: process.media(paperMedia()),
      ...(this.script.inspects ? { inspect: process.inspect(this.#inspect) } : {}),
      clock: process.clock(),
      workDir: this.#workDir,
      files: this.#faults.files(instantFiles),
      fetch: process.fetch(this.service.fetch),
      logger: this.#logger,
      leaseMs: 3_000,
      random: () => this.#random.next(),
      owner: name,
      minFreeBytes: 0,
    });
    const running = { process, pipeline };
    this.#processes.push(running);
    return running;
  }

  /** Ends all faults, those of jobs that run already excepted. */
  calm(): void {
    this.#calm = true;
    this.#faults.calm = true;
    this.service.calm = true;
  }

  /** Lets go of all that it has: sleeps, stores, files. */
  async end(): Promise<void> {
    this.clock.end();
    await this.stores.events.close?.();
    await this.stores.assets.close?.();
    rmSync(this.#workDir, { recursive: true, force: true });
  }

  #passes(probe: string, process: SimulatedProcess): boolean {
    if (this.#calm) return false;
    const nth = this.probes.push(`${process.name} ${probe}`);
    this.onProbe(nth);
    const crash = this.script.crashes.find(({ at }) => at === nth);
    if (crash === undefined) return false;
    const before = this.happened.has('crash');
    this.happens(crash.thawMs !== null ? 'freeze' : before ? 'crash in recovery' : 'crash');
    if (crash.thawMs !== null) void this.clock.sleep(crash.thawMs).then(() => process.thaw());
    return true;
  }
}
