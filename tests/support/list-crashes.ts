import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pipeline, type Project, type ProjectEvent, usd } from 'vidpipe';
import { memoryAssets, memoryEvents } from 'vidpipe/storage-adapters/memory';
import { checkProject, paperMedia, SeededRandom, SimulatedProcess, VirtualClock } from 'vidpipe/testing';
import { limited, Market, outage } from './model-lists.ts';
import { settingsFor } from './world.ts';

/** What goes wrong in a film of two scenes, when a part of it is made. */
export const TROUBLES = {
  'an outage of the clip model': (model: string, nth: number) => (model === 'm:v1' && nth > 1 ? outage() : null),
  'a quota of the model that draws': (model: string, nth: number) =>
    model === 'm:i1' && nth > 2 ? limited(86_400_000) : null,
} as const;

/** A film that was made. */
export interface Played {
  /** How many probes it passes. */
  readonly probes: number;
  readonly project: Project;
  readonly violations: readonly string[];
  readonly replaced: number;
}

/** What goes wrong, by its name. */
export type Trouble = keyof typeof TROUBLES;

/** Stores, a market and a clock that outlive processes. The process that passes the probe `crashAt` stops there for ever. */
class FailingFilm {
  readonly clock = new VirtualClock();
  readonly stores = { events: memoryEvents({ now: () => this.clock.now() }), assets: memoryAssets() };
  readonly market = new Market(() => this.clock.now());
  readonly workDir = join(tmpdir(), `vidpipe-lists-${randomUUID()}`);
  readonly #crashAt: number | null;
  readonly #random: SeededRandom;
  #serial = 0;
  probes = 0;
  /** No probe counts, and no process stops. */
  calm = true;

  constructor(trouble: Trouble, crashAt: number | null) {
    this.market.turnAway = TROUBLES[trouble];
    this.#crashAt = crashAt;
    this.#random = new SeededRandom(crashAt ?? 0);
  }

  spawn(): { readonly process: SimulatedProcess; readonly pipeline: Pipeline } {
    const stops = (): boolean => !this.calm && (this.probes += 1) === this.#crashAt;
    const process = new SimulatedProcess(`p${(this.#serial += 1)}`, this.clock, stops);
    const pipeline = new Pipeline({
      providers: [process.provider(this.market.provider())],
      events: process.events(this.stores.events),
      assets: process.assets(this.stores.assets),
      media: process.media(paperMedia()),
      clock: process.clock(),
      workDir: this.workDir,
      leaseMs: 3_000,
      retry: { tries: 2, failures: 2 },
      random: () => this.#random.next(),
      owner: process.name,
    });
    return { process, pipeline };
  }

  /** Drives to the end, in another process where the first one stops. */
  async make(id: string): Promise<void> {
    this.calm = false;
    const { pipeline, process } = this.spawn();
    const ended = pipeline.run(id).then(({ status }) => status, String);
    const first = await this.clock.run(Promise.race([ended, process.stopped]));
    this.calm = true;
    if (first !== 'stopped') return;
    await this.clock.advance(4_000);
    // What the dead process may have sent is asked again under its key; in an outage nobody answers, so that a later run has to.
    for (let runs = 0; runs < 4; runs += 1) {
      const { status } = await this.clock.run(this.spawn().pipeline.run(id));
      if (status === 'completed') return;
      this.market.turnAway = () => null;
    }
  }

  check(id: string): Promise<readonly string[]> {
    return checkProject({
      id,
      ...this.stores,
      open: () => this.spawn().pipeline,
      run: (work) => this.clock.run(work),
      requests: () => this.market.asked.length,
      ledgers: () => ({ bills: this.market.bills, exact: true }),
    });
  }
}

const SETTINGS = settingsFor(2, {
  models: { image: ['m:i1', 'm:i2'], video: ['m:v1', 'm:v2'] },
  budget: usd('3'),
});

/** Makes the film, and holds it against the invariants. */
export async function play(trouble: Trouble, crashAt: number | null): Promise<Played> {
  const film = new FailingFilm(trouble, crashAt);
  const { id } = await film.spawn().pipeline.create(SETTINGS);
  try {
    await film.make(id);
    const violations = await film.check(id);
    const events = (await Array.fromAsync(film.stores.events.read(id))) as ProjectEvent[];
    const replaced = events.filter(({ type }) => type === 'model.replaced').length;
    return { probes: film.probes, project: await film.spawn().pipeline.get(id), violations, replaced };
  } finally {
    rmSync(film.workDir, { recursive: true, force: true });
  }
}

/** What is wrong with a film whose process stops at a probe, against the same film without a crash. */
export async function crashed(trouble: Trouble, at: number, whole: Played): Promise<readonly string[]> {
  const { violations, project } = await play(trouble, at);
  const { charged } = project.money;
  const wrong = [...violations];
  if (project.status !== 'completed')
    wrong.push(`it is ${project.status} ${JSON.stringify(project.waiting ?? project.error)}`);
  if (charged !== whole.project.money.charged)
    wrong.push(`charged ${charged} in place of ${whole.project.money.charged}`);
  return wrong.map((each) => `${trouble}, crash at ${at}: ${each}`);
}
