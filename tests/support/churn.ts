import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { Pipeline, type ProjectEvent, type Swept } from 'vidpipe';
import type { AssetStore, Digest } from 'vidpipe/storage';
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
import { withMembers } from './runs.ts';
import { settingsFor } from './world.ts';

/** Runs that go on all the while. */
export const LANES = 4;
/** A lane's project is deleted, and another one begun, once it has so many scenes. */
const MOST_SCENES = 6;
/** About so many projects live at once beside the lanes. */
const LIVING = 8;

/** What has become of it all. */
export interface Churned {
  readonly made: number;
  readonly forked: number;
  readonly deleted: number;
  readonly sweeps: number;
  /** Sweeps that stood still in their midst, and went on when the world had changed. */
  readonly frozen: number;
  /** Runs of the lanes. */
  readonly runs: number;
  /** Bytes that were freed while they went on. */
  readonly freedMeanwhile: number;
  readonly living: number;
  /** Bytes that the living name, and all that are stored, at the end. */
  readonly needed: number;
  readonly stored: number;
  readonly missing: readonly Digest[];
  readonly orphans: readonly Digest[];
  readonly violations: readonly string[];
}

type Assets = Map<Digest, number>;

/** The assets that an event brings, by its type: on purpose not as the library looks for them. */
function assetsOf(event: ProjectEvent): readonly { readonly digest: Digest; readonly size: number }[] {
  const made = (
    list: readonly { asset: { digest: Digest; size: number }; original?: { digest: Digest; size: number } }[],
  ) => list.flatMap(({ asset, original }) => [asset, ...(original === undefined ? [] : [original])]);
  if (event.type === 'work.inherited') return made(event.body.steps.flatMap(({ artifacts }) => artifacts));
  const brings = ['call.settled', 'step.completed', 'parent.reported'];
  return brings.includes(event.type) ? made((event.body as { made: Parameters<typeof made>[0] }).made) : [];
}

/** Many short projects, made and forked and deleted one after another and swept meanwhile, beside runs of others; on a virtual clock. */
export class Churn {
  readonly #clock = new VirtualClock();
  readonly #events = memoryEvents({ now: () => this.#clock.now() });
  readonly #assets: AssetStore = memoryAssets({ now: () => this.#clock.now() });
  readonly #random: SeededRandom;
  readonly #service: SimulatedService;
  readonly #workDir = join(tmpdir(), `vidpipe-churn-${process.pid}-${Math.random().toString(36).slice(2)}`);
  readonly #count: number;
  readonly #living = new Set<string>();
  readonly #lanes: string[] = [];
  readonly #violations: string[] = [];
  readonly #swept: Promise<Swept>[] = [];
  readonly #counts = { made: 0, forked: 0, deleted: 0, runs: 0, frozen: 0 };
  #over = false;

  constructor(count: number, seed: number) {
    this.#count = count;
    this.#random = new SeededRandom(seed);
    this.#service = new SimulatedService({ clock: this.#clock, random: new SeededRandom(seed + 1) });
  }

  /** Plays it all; answers what is left. */
  async play(): Promise<Churned> {
    try {
      return await this.#clock.run(this.#play());
    } finally {
      rmSync(this.#workDir, { recursive: true, force: true });
    }
  }

  #open(name: string, stores = { events: this.#events, assets: this.#assets }): Pipeline {
    return new Pipeline({
      providers: [worldProvider(this.#service, { askings: { text: 'key', image: 'key', video: 'key' } })],
      ...stores,
      media: paperMedia(),
      clock: this.#clock,
      workDir: this.#workDir,
      random: () => this.#random.next(),
      owner: name,
      minFreeBytes: 0,
    });
  }

  async #play(): Promise<Churned> {
    const lanes = Array.from({ length: LANES }, (_, lane) => this.#lane(lane));
    const pipeline = this.#open('maker');
    for (let nth = 1; nth <= this.#count; nth += 1) await this.#turn(pipeline, nth);
    const freedMeanwhile = (await Promise.all(this.#swept)).reduce((sum, { bytes }) => sum + bytes, 0);
    this.#over = true;
    await Promise.all(lanes);
    await this.#clock.sleep(1);
    this.#swept.push(pipeline.sweep({ olderThanMs: 0 }));
    await this.#swept.at(-1);
    return this.#outcome(freedMeanwhile);
  }

  /** Runs without end: a project that grows, and then another one. */
  async #lane(lane: number): Promise<void> {
    const pipeline = this.#open(`lane-${lane}`);
    for (let seed = 1000 * (lane + 1); !this.#over; seed += 1) {
      const { id } = await pipeline.create(settingsFor(2, { seed }));
      this.#lanes[lane] = id;
      this.#living.add(id);
      for (let scenes = 2; ; scenes += 1) {
        const { status } = await pipeline.run(id);
        this.#counts.runs += 1;
        if (status !== 'completed') this.#violations.push(`${id}: a run ended ${status}`);
        if (this.#over || scenes === MOST_SCENES) break;
        await pipeline.expand(id, 1);
      }
      if (!this.#over) await this.#delete(pipeline, id);
    }
  }

  async #turn(pipeline: Pipeline, nth: number): Promise<void> {
    const id = await this.#make(pipeline, nth);
    this.#living.add(id);
    const { status, project } = await pipeline.run(id);
    if (status !== 'completed' && project.waiting?.reason !== 'parent')
      this.#violations.push(`${id}: a run ended ${status} ${JSON.stringify(project.error)}`);
    const others = [...this.#living].filter((each) => !this.#lanes.includes(each));
    if (others.length > LIVING) await this.#delete(pipeline, this.#random.pick(others));
    if (nth % 4 === 0) this.#swept.push(this.#sweep(`sweeper-${nth}`));
  }

  /** A sweep in a process of its own; it freezes somewhere, as if the machine slept, or comes through. */
  #sweep(name: string): Promise<Swept> {
    let left = this.#random.whole(1, 60);
    const process = new SimulatedProcess(name, this.#clock, () => {
      left -= 1;
      if (left !== 0) return false;
      this.#counts.frozen += 1;
      void this.#clock.sleep(this.#random.whole(1_000, 20_000)).then(() => process.thaw());
      return true;
    });
    const stores = { events: process.events(this.#events), assets: process.assets(this.#assets) };
    return this.#open(name, stores).sweep({ olderThanMs: 1_000 });
  }

  /** A new project, or a fork of one that lives: of one at rest, or of one of the lanes in the midst of its run. */
  async #make(pipeline: Pipeline, nth: number): Promise<string> {
    if (nth > 2 && this.#random.chance(0.5)) {
      this.#counts.forked += 1;
      return (await pipeline.fork(this.#random.pick([...this.#living]))).id;
    }
    this.#counts.made += 1;
    return (await pipeline.create(settingsFor(1, { seed: nth }))).id;
  }

  async #delete(pipeline: Pipeline, id: string): Promise<void> {
    this.#living.delete(id);
    await pipeline.delete(id, { force: true });
    this.#counts.deleted += 1;
  }

  async #outcome(freedMeanwhile: number): Promise<Churned> {
    const named: Assets = new Map();
    for (const id of this.#living)
      for await (const event of this.#events.read(id))
        for (const { digest, size } of assetsOf(event as ProjectEvent)) named.set(digest, size);
    const stored: Assets = new Map();
    for await (const { digest, size } of this.#assets.list()) stored.set(digest, size);
    const sum = (assets: Assets): number => [...assets.values()].reduce((total, size) => total + size, 0);
    for (const id of this.#living) this.#violations.push(...(await this.#check(id)));
    return {
      ...this.#counts,
      sweeps: this.#swept.length,
      freedMeanwhile,
      living: this.#living.size,
      needed: sum(named),
      stored: sum(stored),
      missing: [...named.keys()].filter((digest) => !stored.has(digest)),
      orphans: [...stored.keys()].filter((digest) => !named.has(digest)),
      violations: this.#violations,
    };
  }

  /** The invariants of one that lives; that nothing is stored too much is looked at for all together. */
  async #check(id: string): Promise<string[]> {
    const isOwn = (callId: string): boolean => callId.startsWith(`${id}.`);
    const found = await checkProject({
      id,
      events: this.#events,
      assets: withMembers(this.#assets, { list: async function* () {} }),
      open: () => this.#open('checker'),
      requests: () => this.#service.requests,
      looked: () => [...this.#service.looked].filter(isOwn),
      ledgers: () => ({ bills: this.#service.bills.filter(({ callId }) => isOwn(callId)), exact: true }),
    });
    return found.map((violation) => `${id}: ${violation}`);
  }
}
