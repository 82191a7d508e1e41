import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pipeline } from 'vidpipe';
import type { Provider } from 'vidpipe/provider';
import type { AssetStore, EventStore } from 'vidpipe/storage';
import { VirtualClock } from '../virtual-clock.ts';
import { instantFiles } from './files.ts';
import { worldProvider } from './models.ts';
import { paperMedia } from './paper.ts';
import { SimulatedProcess } from './process.ts';
import { SeededRandom } from './random.ts';
import type { Script } from './script.ts';
import { SimulatedService } from './service.ts';
import { StoreFaults } from './stores.ts';

/** The durable stores of a world, made anew for each. */
export interface WorldStores {
  readonly events: EventStore;
  readonly assets: AssetStore;
}

/** Makes the stores of a world; `now` is its wall clock. */
export type MakeStores = (now: () => number) => WorldStores;

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
  readonly #provider: Provider;
  readonly #processes: Running[] = [];
  /** Names of the probes that were passed, in order. */
  readonly probes: string[] = [];
  /** Faults that really happened, by name. */
  readonly happened = new Map<string, number>();
  /** Called at each probe with its number, from 1. */
  onProbe: (nth: number) => void = () => undefined;
  #calm = false;

  constructor(script: Script, makeStores: MakeStores, folder = tmpdir()) {
    this.script = script;
    this.stores = makeStores(() => this.clock.now());
    this.#random = new SeededRandom(script.seed ^ 0x5eed);
    const happens = (name: string): void => this.happens(name);
    this.service = new SimulatedService(this.clock, new SeededRandom(script.seed), script.modelFaults, happens);
    this.#faults = new StoreFaults(script.storeFaults, happens);
    this.#provider = worldProvider(this.service, script.askings, script.lastFrame);
    this.#workDir = join(folder, `vidpipe-world-${randomUUID()}`);
  }

  /** Counts something that went wrong. */
  happens(name: string): void {
    this.happened.set(name, (this.happened.get(name) ?? 0) + 1);
  }

  /** A new process with a pipeline over the durable stores. */
  spawn(): Running {
    const name = `process-${this.#processes.length + 1}`;
    const process = new SimulatedProcess(name, this.clock, (probe, passing) => this.#passes(probe, passing));
    const { stores } = this;
    const pipeline = new Pipeline({
      providers: [process.provider(this.#provider)],
      events: process.events(this.#faults.events(stores.events)),
      assets: process.assets(this.#faults.assets(stores.assets)),
      media: process.media(paperMedia()),
      clock: process.clock(),
      workDir: this.#workDir,
      files: instantFiles,
      leaseMs: 3_000,
      random: () => this.#random.next(),
      owner: name,
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

  /** Removes what it has on disk. */
  remove(): void {
    rmSync(this.#workDir, { recursive: true, force: true });
  }

  #passes(probe: string, process: SimulatedProcess): boolean {
    if (this.#calm) return false;
    const nth = this.probes.push(`${process.name} ${probe}`);
    this.onProbe(nth);
    const crash = this.script.crashes.find(({ at }) => at === nth);
    if (crash === undefined) return false;
    this.happens(crash.thawMs === null ? 'crash' : 'freeze');
    if (crash.thawMs !== null) void this.clock.sleep(crash.thawMs).then(() => process.thaw());
    return true;
  }
}
