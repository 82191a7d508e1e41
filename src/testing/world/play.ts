import {
  type EventBodies,
  type GateName,
  LeaseHeldError,
  type Project,
  type ProjectSettings,
  type RunResult,
  usd,
} from 'vidpipe';
import { ACTS } from './acts.ts';
import { type Act, LONGEST_THAW_MS } from './faults.ts';
import { writing } from './replies.ts';
import type { SimulatedProcess } from './process.ts';
import type { Script } from './script.ts';
import type { Running, SimulatedWorld } from './world.ts';

/** How a played script has ended. */
export interface Played {
  readonly id: string;
  readonly project: Project;
  /** What went wrong in the playing itself: nothing came to rest. */
  readonly violations: readonly string[];
}

/** A process that is not at rest after this long is ended by its operator, milliseconds. */
const PATIENCE_MS = 240_000;
/** Given as the reason, it spares the making of an exception. */
const OVER = 'over';
const FAULTY_ROUNDS = 12;
const CALM_ROUNDS = 12;
/** A lease that lasts longer is one from before the clock was set back: it is waited out at once. */
const LONG_LEASE_MS = 10_000;

function settingsOf({ script }: SimulatedWorld): ProjectSettings {
  const { scenes, writer, budget, onUnknown, gates, seed } = script;
  const prompt = `Scenes: ${scenes}`;
  const written = writing({ prompt } as Parameters<typeof writing>[0], 'own', null).bytes;
  return {
    prompt,
    duration: scenes * 4,
    clipDuration: 4,
    seed,
    maxCalls: 1000,
    gates,
    ...(writer ? {} : { storyboard: JSON.parse(new TextDecoder().decode(written)) as never }),
    ...(budget === null ? {} : { budget: usd((budget / 1e6).toFixed(6)) }),
    ...(onUnknown === 'default' ? {} : { onUnknown: { text: onUnknown, image: onUnknown, video: onUnknown } }),
  };
}

/** Plays one script in one world. */
export class Player {
  readonly #world: SimulatedWorld;
  /** What goes on beside the driver: acts from elsewhere, drivers that may thaw. */
  readonly #beside = new Map<Promise<unknown>, SimulatedProcess>();
  #id = '';

  constructor(world: SimulatedWorld) {
    this.#world = world;
    world.onProbe = (nth) => {
      for (const act of world.script.acts) if (act.at === nth) this.#act(act);
    };
  }

  /** Creates the project, drives it through all faults, and then in calm until it rests for good. */
  async play(): Promise<Played> {
    const { clock } = this.#world;
    const violations: string[] = [];
    try {
      await clock.run(this.#create());
      await clock.run(this.#faulty());
      this.#world.calm();
      await clock.run(this.#settleBeside());
      await clock.run(this.#calm());
    } catch (error) {
      violations.push(`I10: it never came to rest: ${String(error)}`);
    }
    const { pipeline } = this.#world.spawn();
    return { id: this.#id, project: await pipeline.get(this.#id), violations };
  }

  /** Waits until all that may thaw has thawed and has ended. */
  async #settleBeside(): Promise<void> {
    const { clock } = this.#world;
    await clock.sleep(LONGEST_THAW_MS);
    const living = [...this.#beside].filter(([, process]) => !process.isFrozen).map(([result]) => result);
    const ended = Promise.all(living).then(() => 'ended' as const);
    const first = await Promise.race([ended, clock.sleep(PATIENCE_MS)]);
    if (first !== 'ended') throw new Error('what went on beside the driver hangs in calm');
  }

  async #create(): Promise<void> {
    for (let round = 1; ; round += 1) {
      if (round > FAULTY_ROUNDS) this.#world.calm();
      const running = this.#world.spawn();
      const options = { idempotencyKey: `seed ${this.#world.script.seed}` };
      const made = await this.#attempt(running, running.pipeline.create(settingsOf(this.#world), options));
      if (made === null || made instanceof Error) continue;
      this.#id = made.id;
      return;
    }
  }

  /** What came of a piece of work of a process: its result, its error, or `null` when the process has stopped or hangs. */
  async #attempt<T>({ process }: Running, work: Promise<T>): Promise<T | Error | null> {
    const result = work.catch((error: unknown) => {
      this.#world.tells(error);
      return error instanceof Error ? error : new Error(String(error));
    });
    this.#beside.set(result, process);
    void result.then(() => this.#beside.delete(result));
    const over = new AbortController();
    const patience = this.#world.clock.sleep(PATIENCE_MS, over.signal).then(
      () => 'hangs' as const,
      () => 'hangs' as const,
    );
    const first = await Promise.race([result, process.stopped, patience]);
    over.abort(OVER);
    if (first !== 'stopped' && first !== 'hangs') return first;
    if (first === 'hangs') process.freeze();
    return null;
  }

  /** Drives to the next rest; waits for the lease where another process has it (still), but not for ever: it may wait for a store that takes nothing. */
  async #drive(retryRefused = false): Promise<RunResult | Error | null> {
    const { clock } = this.#world;
    const patient = clock.monotonic() + PATIENCE_MS;
    for (;;) {
      const running = this.#world.spawn();
      const partial = this.#world.script.seed % 2 === 1;
      const work = running.pipeline.run(this.#id, { partial, ...(retryRefused ? { retry: 'refused' } : {}) });
      const result = await this.#attempt(running, work);
      if (!(result instanceof LeaseHeldError)) return result;
      if (clock.monotonic() > patient) return null;
      const left = Date.parse(String(result.details['expiresAt'])) - clock.now();
      await clock.sleep(left > LONG_LEASE_MS ? left : 500);
    }
  }

  async #faulty(): Promise<void> {
    for (let round = 0; round < FAULTY_ROUNDS; round += 1) {
      const result = await this.#drive();
      if (result === null || result instanceof Error) continue;
      if (result.status === 'completed') return;
      await this.#answer(result.project, this.#world.script.answers);
    }
  }

  /** Drives until nothing can change any more. Throws when that never happens. */
  async #calm(): Promise<void> {
    let last = '';
    for (let round = 0; round < CALM_ROUNDS; round += 1) {
      const result = await this.#drive(true);
      if (result === null) throw new Error('a run hangs in calm');
      if (result instanceof Error) throw result;
      const { status, project } = result;
      if (status === 'completed' || project.waiting?.reason === 'budget') return;
      // What is blocked, and has no remedy left, stays refused.
      if (project.error?.code === 'refused' && project.blocked.length > 0) return;
      await this.#answer(project, 'truth');
      last = `${status} ${JSON.stringify(project.waiting ?? project.error)}`;
    }
    const isEndless = this.#world.script.modelFaults.some(({ fault }) => fault === 'endless');
    if (!isEndless || !last.includes('overdue')) throw new Error(`in calm it is ${last}, however often it is run`);
  }

  /** The user's part: answers what the run waits for, and what was given up; approves what is to be approved. */
  async #answer({ waiting, error }: Project, answers: Script['answers']): Promise<void> {
    if (waiting?.reason === 'overdue') await this.#world.clock.sleep(5_000);
    if (waiting?.reason === 'gate') await this.#approve(waiting.gate);
    if (waiting?.reason === 'unknown-charge') for (const callId of waiting.calls) await this.#resolve(callId, answers);
    if (error?.code === 'unknown-outcome')
      for (const callId of await this.#givenUp()) await this.#resolve(callId, 'truth');
  }

  async #approve(gate: GateName): Promise<void> {
    const running = this.#world.spawn();
    const { pipeline } = running;
    this.#world.happens('approve');
    await this.#attempt(
      running,
      pipeline.plan(this.#id).then(({ digest }) => pipeline.approve(this.#id, gate, digest)),
    );
  }

  /** Calls that were given up, by the policy of the project. */
  async #givenUp(): Promise<string[]> {
    const calls: string[] = [];
    for await (const { type, body } of this.#world.stores.events.read(this.#id)) {
      const { callId, outcome } = body as EventBodies['call.resolved'];
      if (type === 'call.resolved' && outcome === 'abandon') calls.push(callId);
    }
    return calls;
  }

  async #resolve(callId: string, answers: Script['answers']): Promise<void> {
    const running = this.#world.spawn();
    const billed = this.#world.bills.some((bill) => bill.callId === callId);
    const answer = answers === 'truth' ? (billed ? 'charged' : 'not-charged') : answers;
    this.#world.happens(`answer ${answer}`);
    await this.#attempt(running, running.pipeline.resolve(callId, answer));
  }

  #act({ what, at }: Act): void {
    if (this.#id === '') return;
    this.#world.happens(what);
    const running = this.#world.spawn();
    const { pipeline } = running;
    void this.#attempt(running, ACTS[what]({ pipeline, id: this.#id, clock: this.#world.clock, at }));
  }
}
