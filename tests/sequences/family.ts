import { existsSync } from 'node:fs';
import {
  type Changes,
  isVidpipeError,
  LeaseHeldError,
  type Pipeline,
  type Project,
  type ProjectEvent,
  type ProjectSettings,
  type RunOptions,
  type RunResult,
  usd,
} from 'vidpipe';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { checkProject, type Crash, quietScript, type Running, SimulatedWorld } from 'vidpipe/testing';
import { withMembers } from '../support/runs.ts';
import { storyboardOf } from '../support/world.ts';
import { checkFamilyFilm } from './check-film.ts';
import { checkPurchases, checkWaits, openPlaces } from './check-purchases.ts';
import type { Program } from './program.ts';

/** The account that all projects of a family draw on. */
export const ACCOUNT = 'family';
/** What a process does that never rests is ended, virtual milliseconds. */
const PATIENCE_MS = 240_000;
/** A folder in memory where there is one. */
export const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : '/tmp';

/** What came of a piece of work in a process of its own. */
export type Tried<T> =
  | { readonly how: 'done'; readonly value: T }
  | { readonly how: 'failed'; readonly error: unknown }
  | { readonly how: 'crashed' };

/** A project, its forks and their imports in one world. */
export class Family {
  readonly world: SimulatedWorld;
  readonly program: Program;
  /** What is wrong, in words. */
  readonly wrong: string[] = [];
  /** What was met, by name. */
  readonly met = new Map<string, number>();
  /** Those that are there, oldest first. */
  living: string[] = [];
  readonly #crashes: Crash[] = [];
  /** What the parents of forks that wait had under way, by fork. */
  readonly #awaited = new Map<string, ReadonlyMap<string, string>>();
  /** The log of each as it was last seen. */
  readonly #seen = new Map<string, string>();

  constructor(program: Program) {
    this.program = program;
    const { seed, lastFrame, cancels, asking, modelFaults } = program;
    const askings = { text: asking, image: asking, video: asking };
    const script = quietScript({ seed, lastFrame, cancels, askings, modelFaults, crashes: this.#crashes });
    this.world = new SimulatedWorld(
      script,
      (now) => ({ events: memoryEvents({ now }), assets: memoryAssets({ now }) }),
      { folder: FOLDER },
    );
  }

  /** Counts something that was met. */
  meets(name: string): void {
    this.met.set(name, (this.met.get(name) ?? 0) + 1);
  }

  /** Does something in a process, one of its own by default, which stops for ever at the probe `crashAt` from now. */
  async attempt<T>(
    work: (pipeline: Pipeline) => Promise<T>,
    crashAt: number | null = null,
    { process, pipeline }: Running = this.world.spawn(),
  ): Promise<Tried<T>> {
    const { clock, probes } = this.world;
    // Time passes between two pieces of work, as it does for people.
    await clock.sleep(1);
    if (crashAt !== null) this.#crashes.push({ at: probes.length + crashAt, thawMs: null });
    const result = work(pipeline).then(
      (value) => ({ how: 'done' as const, value }),
      (error: unknown) => ({ how: 'failed' as const, error }),
    );
    const over = new AbortController();
    const hangs = clock.sleep(PATIENCE_MS, over.signal).then(
      () => 'hangs' as const,
      () => 'hangs' as const,
    );
    const first = await Promise.race([result, process.stopped, hangs]);
    over.abort('over');
    if (crashAt !== null) this.#crashes.length = 0;
    if (first === 'hangs') {
      process.freeze();
      this.wrong.push('a process hangs');
    }
    if (first === 'stopped') this.meets('crash');
    return first === 'stopped' || first === 'hangs' ? { how: 'crashed' } : first;
  }

  /** Forks a project; a fork that waits is held to it later. */
  async fork(pipeline: Pipeline, id: string, changes: Changes, openCalls: 'wait' | 'buy'): Promise<Project> {
    const fork = await pipeline.fork(id, changes, { openCalls });
    const events = await this.log(id);
    if (openCalls === 'wait') this.#awaited.set(fork.id, openPlaces(events.slice(0, fork.parent?.seq)));
    return fork;
  }

  /** Drives a project to its rest; where another process still has its lease, that is waited for. */
  async drive(id: string, options: RunOptions = {}, crashAt: number | null = null): Promise<Tried<RunResult>> {
    for (;;) {
      const tried = await this.attempt((pipeline) => pipeline.run(id, options), crashAt);
      if (tried.how !== 'failed' || !(tried.error instanceof LeaseHeldError)) return tried;
      await this.world.clock.sleep(500);
    }
  }

  /** A project as a fresh process sees it. */
  get(id: string): Promise<Project> {
    return this.world.spawn().pipeline.get(id);
  }

  /** What the service bills for the calls of a project, whoever drives others meanwhile. */
  billsOf(id: string): SimulatedWorld['bills'] {
    return this.world.bills.filter(({ callId }) => callId.startsWith(`${id}.`));
  }

  /** The log of a project; empty where there is none. */
  async log(id: string): Promise<ProjectEvent[]> {
    return (await Array.fromAsync(this.world.stores.events.read(id))) as ProjectEvent[];
  }

  /**
   * Looks at all logs after something was done: no log but those of the projects that it was done to has changed, byte for byte. Takes note of projects
   * that are there without anybody having been told.
   */
  async see(what: string, touched: readonly string[]): Promise<void> {
    const { items } = await this.world.stores.events.list({ limit: 200 });
    const there = items.map(({ projectId }) => projectId).toReversed();
    const unknown = there.filter((id) => !this.living.includes(id));
    this.living = [...this.living.filter((id) => there.includes(id)), ...unknown];
    for (const id of this.living) {
      const log = JSON.stringify(await this.log(id));
      const before = this.#seen.get(id) ?? log;
      if (before !== log && !touched.includes(id)) this.wrong.push(`${what} has changed the log of another project`);
      this.#seen.set(id, log);
    }
  }

  /** Something must not touch anything: logs, bills, requests, bytes. */
  async untouched<T>(what: string, work: () => Promise<T>): Promise<T> {
    // What processes that have crashed had sent has come by then.
    await this.world.clock.sleep(100);
    const before = await this.#footprint();
    const value = await work();
    if ((await this.#footprint()) !== before) this.wrong.push(`${what} has touched something`);
    return value;
  }

  async #footprint(): Promise<string> {
    const {
      stores: { events, assets },
      bills,
      requests,
    } = this.world;
    const logs = await Promise.all(this.living.map((id) => this.log(id)));
    const stored = (await Array.fromAsync(assets.list())).map(({ digest }) => digest);
    return JSON.stringify([logs, bills.length, requests, stored, await events.pool(`account/${ACCOUNT}`)]);
  }

  /** An error that users are told of, by its code, where that is one of `codes`; anything else is a violation. */
  expects(what: string, error: unknown, ...codes: readonly string[]): void {
    if (isVidpipeError(error) && codes.includes(error.code)) this.meets(`refused: ${error.code}`);
    else this.wrong.push(`${what} rejects with ${String(error)}`);
  }

  /** Holds a project at rest against all that is promised. */
  async check(id: string, isLast: boolean): Promise<void> {
    const { world, program } = this;
    await world.clock.sleep(1);
    const isOwn = (callId: string): boolean => callId.startsWith(`${id}.`);
    const found = await checkProject({
      id,
      events: world.stores.events,
      // What is stored too much is a matter of all projects together.
      assets: withMembers(world.stores.assets, { list: async function* () {} }),
      open: () => world.spawn().pipeline,
      requests: () => world.requests,
      looked: () => [...world.service.looked].filter(isOwn),
      ledgers: () => ({
        bills: this.billsOf(id),
        exact: program.asking !== 'neither',
      }),
    });
    const project = await this.get(id);
    const events = await this.log(id);
    const awaited = this.#awaited.get(id) ?? new Map<string, string>();
    const more = [
      ...checkPurchases(events),
      ...checkWaits(events, awaited),
      ...(await checkFamilyFilm(project, events, world.stores.assets)),
    ];
    const rests = (each: string): boolean => isLast || !each.startsWith('I10');
    this.wrong.push(...[...found, ...more].filter(rests).map((each) => `${each} (project ${this.living.indexOf(id)})`));
  }

  /** What the first project is made of. */
  settings(): ProjectSettings {
    const { scenes, writer, cutEvery, gates, budget, seed } = this.program;
    return {
      prompt: `Scenes: ${scenes}`,
      ...(writer ? { duration: scenes * 4 } : { storyboard: storyboardOf(scenes, cutEvery) }),
      clipDuration: 4,
      seed: seed % 1000,
      maxCalls: 1000,
      maxScenes: 12,
      account: ACCOUNT,
      gates,
      ...(budget === null ? {} : { budget: usd((budget / 1e6).toFixed(6)) }),
    };
  }
}
