import { EventStoreError, LeaseHeldError, ProjectDeletedError } from '../errors/index.ts';
import type { StoppedOperation } from '../project/events.ts';
import type { ProjectState } from '../project/state.ts';
import type { Lease, Task } from '../spec/index.ts';
import { assertRemedies } from '../stages/custom-remedies.ts';
import { asError } from './as-error.ts';
import { lookAtOverdue } from './collect.ts';
import type { EngineContext } from './context.ts';
import type { ProjectLog } from './log.ts';
import { FirstReads } from './first-reads.ts';
import { endOperations } from './operations.ts';
import { Parents } from './parents.ts';
import { POLICY } from './policy.ts';
import { endOf, restOf } from './rest.ts';
import { Rests } from './rests.ts';
import { runStep } from './run-step.ts';
import { wasBuying } from './shortfall.ts';
import { tasksOf } from './tasks.ts';
import { takeLease } from './take-lease.ts';

/** How a project is driven. */
export interface DriveOptions {
  /** Takes up steps again that a content filter refused. */
  readonly retryRefused: boolean;
  /** Buys as much as what is left allows, also where that is not all. */
  readonly partial: boolean;
  /** The run rests after this long, milliseconds; what runs remotely goes on. @default no limit */
  readonly deadlineMs?: number;
}

/** Drives one project in this process from `run.started` to `run.ended`. */
export class Driver {
  readonly projectId: string;
  readonly run: string;
  readonly #context: EngineContext;
  readonly #log: ProjectLog;
  readonly #attended = new Set<string>();
  readonly #rests: Rests;
  readonly #parents: Parents;
  readonly #firstReads: FirstReads;
  /** Nothing new begins any more. */
  readonly #ending = new AbortController();
  /** What is under way is waited for no longer. */
  readonly #abort = new AbortController();
  readonly #begun = new Set<string>();
  #lease: Lease | null = null;
  #operations: readonly StoppedOperation[] = [];
  #defect: Error | null = null;
  #wake: () => void = () => undefined;
  #closing = false;
  #isLate = false;
  #dropped = 0;
  #isPartial = false;

  constructor(context: EngineContext, log: ProjectLog) {
    this.#context = context;
    this.#log = log;
    this.projectId = log.projectId;
    this.run = context.newId();
    this.#rests = new Rests(context, log);
    this.#parents = new Parents(context, log);
    this.#firstReads = new FirstReads(context);
  }

  /** Takes the lease and opens the run; durable when it resolves. Throws `LeaseHeldError`, `ProjectNotFoundError`, `UnknownRemedyError`. */
  async start({ retryRefused, partial, deadlineMs }: DriveOptions): Promise<void> {
    this.#isPartial = partial || wasBuying(await this.#log.refresh());
    const { owner, inspect, score, remedies } = this.#context;
    assertRemedies(this.#log.state.settings.safety.remedies, remedies);
    this.#lease = await takeLease(this.#context, this.projectId);
    for (const callId of this.#log.state.open) this.#firstReads.of(callId);
    const hooks = { ...(inspect && { inspects: true }), ...(score && { scores: true }) };
    await this.#log.decide(() => ({
      events: [{ type: 'run.started', body: { run: this.run, owner, retryRefused, ...hooks } }],
    }));
    if (deadlineMs !== undefined) void this.#restAfter(deadlineMs);
  }

  /**
   * Runs until the project rests; defects become `run.crashed`. Answers what kept the log from taking the end of the run, the project then reads
   * `interrupted`. Rejects where the log can not be gone on with: a deleted project, damage.
   */
  async drive(): Promise<EventStoreError | null> {
    const watching = this.#watch();
    const deafen = this.#rests.listen(() => this.#wake());
    try {
      await this.#toEnd();
      return null;
    } catch (error) {
      if (error instanceof EventStoreError) return error;
      throw error;
    } finally {
      deafen();
      this.#letGo();
      await watching;
      await this.#lease?.release().catch((error: unknown) => this.#warn(error, 'a lease could not be given back'));
    }
  }

  /** Begins nothing new any more, and writes no end: the project then reads `interrupted`. */
  close(): void {
    this.#closing = true;
    this.#ending.abort();
    this.#wake();
  }

  /** Ends this process's part at once: what runs remotely goes on. What is being sent or stored is still waited for. */
  detach(): void {
    this.close();
    this.#letGo();
  }

  async #restAfter(ms: number): Promise<void> {
    await this.#context.clock.sleep(ms, this.#abort.signal).then(
      () => (this.#isLate = true),
      () => undefined,
    );
    this.#letGo();
    this.#wake();
  }

  async #toEnd(): Promise<void> {
    try {
      if (!this.#isPartial && !(await this.#rests.canAffordAll())) this.#ending.abort();
      do await this.#loop();
      while ((await this.#parents.look()) || (await this.#rests.lookAtPools()) || !(await this.#end()));
    } catch (error) {
      if (error instanceof EventStoreError) throw error;
      this.#crash(error);
      await this.#end();
    }
  }

  #letGo(): void {
    this.#ending.abort();
    this.#abort.abort();
  }

  #warn(error: unknown, message: string): void {
    this.#context.logger.warn({ projectId: this.projectId, error: String(error) }, message);
  }

  /** Runs a queued task of this project. */
  async handle(task: Task, signal: AbortSignal): Promise<void> {
    this.#begun.add(task.key);
    try {
      await runStep(this.#context, this.#log, {
        task,
        signal: AbortSignal.any([signal, this.#abort.signal]),
        ending: AbortSignal.any([signal, this.#ending.signal]),
        firstRead: (callId) => this.#firstReads.of(callId),
        waits: (waiting) => this.#rests.wait(waiting, task),
      });
    } catch (error) {
      if (error instanceof EventStoreError) this.#rests.wait({ reason: 'storage', message: error.message });
      else this.#crash(error);
    } finally {
      this.#begun.delete(task.key);
      this.#attended.delete(task.key);
      this.#rests.rest(task);
      this.#wake();
    }
  }

  #crash(error: unknown): void {
    this.#defect ??= asError(error);
    this.#letGo();
  }

  async #loop(): Promise<void> {
    for (;;) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      const { state } = this.#log;
      if (state.stopRequested) this.#ending.abort();
      if (state.stopRequested && !state.draining) this.#letGo();
      await this.#dropQueued();
      const tasks = this.#tasks(state);
      for (const { key } of tasks) this.#attended.add(key);
      await this.#context.executor.enqueue(tasks);
      if (this.#attended.size === 0) break;
      await woken;
    }
    const { stopRequested, draining } = this.#log.state;
    if (stopRequested) this.#operations = await endOperations(this.#context, this.#log, draining);
    else if (!this.#abort.signal.aborted)
      await lookAtOverdue(this.#context, this.#log, this.#rests.reasons(this.#log.state, false), this.#abort.signal);
  }

  /** Tasks that wait for their turn wait no longer once nothing new begins. */
  async #dropQueued(): Promise<void> {
    const stage = Number(this.#ending.signal.aborted) + Number(this.#abort.signal.aborted);
    if (stage === this.#dropped) return;
    this.#dropped = stage;
    for (const key of this.#attended) {
      if (this.#begun.has(key)) continue;
      this.#attended.delete(key);
      await this.#context.executor.cancel(key);
    }
  }

  /** What can be done now and has not come to rest in this state already; nothing once the run is over, and nothing new once it is ending. */
  #tasks(state: ProjectState): Task[] {
    if (this.#abort.signal.aborted || state.run?.run !== this.run) return [];
    return tasksOf(this.#context, this, state, this.#ending.signal.aborted).filter(
      (task) => !this.#attended.has(task.key) && !this.#rests.isAtRest(state, task),
    );
  }

  /** Keeps the lease and follows the log, so that a stop or a change from elsewhere is seen. */
  async #watch(): Promise<void> {
    const { clock, leaseMs, events } = this.#context;
    let renewed = clock.monotonic();
    while (!this.#abort.signal.aborted) {
      const seq = this.#log.state.seq;
      try {
        await clock.sleep(POLICY.driverLookMs, this.#abort.signal);
        if (clock.monotonic() - renewed > leaseMs / 3) {
          await this.#lease?.renew();
          renewed = clock.monotonic();
        }
        await this.#log.refresh();
        await this.#parents.look();
        if (await this.#rests.lookAtPools()) this.#wake();
      } catch (error) {
        if (error instanceof LeaseHeldError || error instanceof ProjectDeletedError) this.detach();
        else if (!this.#abort.signal.aborted) this.#warn(error, 'the log could not be followed');
      }
      if (this.#log.state.seq !== seq || events.follow === undefined) this.#wake();
    }
  }

  /** Closes the run; answers false when a fact from elsewhere gave it something to do at the last moment. */
  async #end(): Promise<boolean> {
    if (this.#closing) return true;
    const defect = this.#defect;
    let done = true;
    await this.#log.decide((state) => {
      if (state.run?.run !== this.run || state.run.ended !== null) return null;
      done = defect !== null || this.#tasks(state).length === 0;
      if (!done) return null;
      const how = defect ?? restOf(state, this.run, this.#rests.reasons(state, this.#isLate), this.#operations);
      return { events: endOf(this.run, how) };
    });
    if (defect !== null)
      this.#context.logger.error({ projectId: this.projectId, error: defect.stack }, 'a run crashed');
    return done;
  }
}
