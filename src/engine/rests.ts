import type { Waiting } from '../project/events.ts';
import { planSteps, wantedStep } from '../project/graph.ts';
import { isFree } from '../project/recipes.ts';
import type { ProjectState } from '../project/state.ts';
import { canGoOn } from '../project/status.ts';
import type { Task } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import type { ProjectLog } from './log.ts';
import { persist } from './persist.ts';
import { nextCheck } from './poll.ts';
import { roomsOf } from './pools.ts';
import { quoteOf } from './step-cost.ts';
import { shortfall } from './shortfall.ts';
import { standOf } from './tasks.ts';

/** A step that a full pool keeps from being bought. */
interface Short {
  readonly task: Task;
  readonly waiting: Extract<Waiting, { readonly reason: 'budget' }>;
}

/** What has come to rest in a run, and what it waits for. */
export class Rests {
  readonly #context: EngineContext;
  readonly #log: ProjectLog;
  readonly #stands = new Map<string, string>();
  readonly #waits: Waiting[] = [];
  readonly #short = new Map<string, Short>();
  /** With how much room the tasks were tried again last: the same room is not worth another try. */
  readonly #tried = new Map<string, number>();

  constructor(context: EngineContext, log: ProjectLog) {
    this.#context = context;
    this.#log = log;
  }

  /** What is waited for by a task, or by the run. */
  wait(waiting: Waiting, task?: Task): void {
    if (waiting.reason === 'budget' && task !== undefined) this.#short.set(task.key, { task, waiting });
    else this.#waits.push(waiting);
  }

  /** A task has come to rest in the state as it is. */
  rest(task: Task): void {
    this.#stands.set(task.key, standOf(this.#log.state, task));
  }

  /** Whether a task has come to rest, and nothing has changed for it since. */
  isAtRest(state: ProjectState, task: Task): boolean {
    const stand = this.#stands.get(task.key);
    return stand !== undefined && stand === standOf(state, task);
  }

  /** All that is waited for, the deadline of a run first that has cut it short. */
  reasons(state: ProjectState, isLate: boolean): readonly Waiting[] {
    const isCutShort = isLate && planSteps(state).some(({ status }) => canGoOn(status));
    const late = (): Waiting => ({ reason: 'deadline', nextCheckAt: nextCheck(this.#context, state) });
    const short = [...this.#short.values()].filter(({ task }) => wantedStep(state, task.stepId, task.fingerprint));
    return [...(isCutShort ? [late()] : []), ...this.#waits, ...short.map(({ waiting }) => waiting)];
  }

  /** Whether what is left is enough for all that the run is expected to buy; what it lacks is waited for otherwise. */
  async canAffordAll(): Promise<boolean> {
    const lack = await persist(this.#context, () => shortfall(this.#context, this.#log.state));
    if (lack !== null) this.#waits.push(lack);
    return lack === null;
  }

  /** Calls `wake` when this process has freed money that steps wait for, until what is returned is called. */
  listen(wake: () => void): () => void {
    return this.#context.freed.listen((pools) => {
      const isAwaited = [...this.#short.values()].some(({ waiting }) => pools.has(waiting.pool));
      if (isAwaited) void this.lookAtPools().then((isAwake) => isAwake && wake());
    });
  }

  /** Looks whether pools that steps wait for have room now; answers whether any step can be tried again. One that can not be read has none. */
  async lookAtPools(): Promise<boolean> {
    try {
      return this.#short.size > 0 && (await this.#look());
    } catch (error) {
      this.#context.logger.warn({ projectId: this.#log.projectId, error: String(error) }, 'a pool could not be read');
      return false;
    }
  }

  async #look(): Promise<boolean> {
    const { state } = this.#log;
    const rooms = await roomsOf(this.#context, state);
    // A pool that is not drawn on any more keeps nothing waiting: a day has ended, or the account is another one.
    const awake = [...this.#short.values()].filter((short) => this.#fits(state, short, rooms));
    for (const { task } of awake) {
      this.#short.delete(task.key);
      this.#stands.delete(task.key);
    }
    return awake.length > 0;
  }

  #fits(
    state: ProjectState,
    { task: { key, stepId, fingerprint }, waiting }: Short,
    rooms: ReadonlyMap<string, number>,
  ): boolean {
    const room = rooms.get(waiting.pool) ?? Infinity;
    const tried = this.#tried.get(key) ?? -Infinity;
    const step = wantedStep(state, stepId, fingerprint);
    const recipe = step?.recipe();
    const worst =
      step === undefined || recipe === undefined || isFree(recipe)
        ? 0
        : quoteOf(this.#context, state, { ...step, owed: 1 }, recipe)?.worst;
    const fits = room > tried && room >= (worst ?? 0);
    if (fits || room < tried) this.#tried.set(key, room);
    return fits;
  }
}
