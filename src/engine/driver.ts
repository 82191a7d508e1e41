import { LeaseHeldError } from '../errors/index.ts';
import type { StoppedOperation, Waiting } from '../project/events.ts';
import { planSteps } from '../project/graph.ts';
import { knownStepAt, type ProjectState } from '../project/state.ts';
import type { Step } from '../project/steps.ts';
import type { Lease, Task } from '../spec/index.ts';
import { asError } from './as-error.ts';
import type { EngineContext } from './context.ts';
import type { ProjectLog } from './log.ts';
import { POLICY } from './policy.ts';
import { restOf } from './rest.ts';
import { runStep } from './run-step.ts';
import { endOperations } from './stop.ts';
import { moment, type Moment } from './submit.ts';
import { takeLease } from './take-lease.ts';
import { canGoOn, STATUS } from '../project/status.ts';

/** How a project is driven. */
export interface DriveOptions {
  /** Takes up steps again that a content filter refused. */
  readonly retryRefused: boolean;
}

/** Drives one project in this process from `run.started` to `run.ended`. */
export class Driver {
  readonly projectId: string;
  readonly run: string;
  readonly #context: EngineContext;
  readonly #log: ProjectLog;
  readonly #attended = new Set<string>();
  readonly #rested = new Map<string, string>();
  readonly #waits: Waiting[] = [];
  readonly #firstReads = new Map<string, Moment>();
  readonly #abort = new AbortController();
  #lease: Lease | null = null;
  #operations: readonly StoppedOperation[] = [];
  #defect: Error | null = null;
  #wake: () => void = () => undefined;
  #closing = false;

  constructor(context: EngineContext, log: ProjectLog) {
    this.#context = context;
    this.#log = log;
    this.projectId = log.projectId;
    this.run = context.newId();
  }

  /** Takes the lease and opens the run; durable when it resolves. Throws `LeaseHeldError`, `ProjectNotFoundError`. */
  async start({ retryRefused }: DriveOptions): Promise<void> {
    await this.#log.refresh();
    const { owner } = this.#context;
    this.#lease = await takeLease(this.#context, this.projectId);
    for (const callId of this.#log.state.open) this.#firstReads.set(callId, moment(this.#context));
    await this.#log.decide(() => ({ events: [{ type: 'run.started', body: { run: this.run, owner, retryRefused } }] }));
  }

  /** Runs until the project rests. Rejects for nothing: defects become `run.crashed`. */
  async drive(): Promise<void> {
    const watching = this.#watch();
    try {
      do await this.#loop();
      while (!(await this.#end()));
    } catch (error) {
      this.#crash(error);
      await this.#end();
    }
    this.#abort.abort();
    await watching;
    await this.#lease?.release();
  }

  /** Ends this process's part without a stop: remote work goes on, the project reads `interrupted`. */
  close(): void {
    this.#closing = true;
    this.#abort.abort();
    this.#wake();
  }

  /** Runs a queued task of this project. */
  async handle(task: Task, signal: AbortSignal): Promise<void> {
    try {
      await runStep(this.#context, this.#log, {
        task,
        signal: AbortSignal.any([signal, this.#abort.signal]),
        firstRead: (callId) => this.#firstReads.get(callId) ?? moment(this.#context),
        waits: (waiting) => this.#waits.push(waiting),
      });
    } catch (error) {
      this.#crash(error);
    } finally {
      this.#attended.delete(task.key);
      this.#rested.set(task.key, this.#standOf(task));
      this.#wake();
    }
  }

  #crash(error: unknown): void {
    this.#defect ??= asError(error);
    this.#abort.abort();
  }

  async #loop(): Promise<void> {
    for (;;) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      const { state } = this.#log;
      if (state.stopRequested) this.#abort.abort();
      const tasks = this.#tasks(state);
      for (const { key } of tasks) this.#attended.add(key);
      await this.#context.executor.enqueue(tasks);
      if (this.#attended.size === 0) break;
      await woken;
    }
    if (this.#log.state.stopRequested) this.#operations = await endOperations(this.#context, this.#log);
  }

  /** What can be done now; nothing once the run is over. */
  #tasks(state: ProjectState): Task[] {
    const over = this.#abort.signal.aborted || state.run?.run !== this.run;
    return over ? [] : planSteps(state).flatMap((step, index) => this.#taskFor(step, index));
  }

  /** What a step has come to rest on: how its last call stands. A fact from elsewhere changes that. */
  #standOf({ stepId, fingerprint }: Pick<Task, 'stepId' | 'fingerprint'>): string {
    const last = knownStepAt(this.#log.state, stepId, fingerprint)?.calls.at(-1);
    return last === undefined ? '' : `${last.intended.body.callId} ${last.state}`;
  }

  /** A step becomes a task when it can go on and has not come to rest in this state already. */
  #taskFor(step: Step, index: number): Task[] {
    if (!canGoOn(step.status) || step.fingerprint === null) return [];
    const { id, fingerprint, ordinal } = step;
    const key = `${this.projectId}/${id}/${fingerprint}/${ordinal}`;
    if (this.#attended.has(key) || this.#rested.get(key) === this.#standOf({ stepId: id, fingerprint })) return [];
    return [
      {
        key,
        queue: this.#queueOf(step),
        projectId: this.projectId,
        run: this.run,
        stepId: id,
        fingerprint,
        ordinal,
        priority: index,
      },
    ];
  }

  /** A step whose model nobody offers (any more) fails as soon as it runs, wherever that is. */
  #queueOf({ model }: Step): string {
    return model !== null && this.#context.catalogue.has(model) ? model : 'media';
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
      } catch (error) {
        if (error instanceof LeaseHeldError) this.close();
        else if (!this.#abort.signal.aborted)
          this.#context.logger.warn(
            { projectId: this.projectId, error: String(error) },
            'the log could not be followed',
          );
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
      if (defect === null)
        return { events: [{ type: 'run.ended', body: restOf(state, this.run, this.#waits, this.#operations) }] };
      const error = { code: 'defect', message: defect.message.slice(0, 500) };
      const crashed = { type: 'run.crashed' as const, body: { run: this.run, ...error } };
      return { events: [crashed, { type: 'run.ended', body: { run: this.run, status: STATUS.failed, error } }] };
    });
    if (defect !== null)
      this.#context.logger.error({ projectId: this.projectId, error: defect.stack }, 'a run crashed');
    return done;
  }
}
