import { type EventStoreError, PipelineClosedError } from '../errors/index.ts';
import type { Task } from '../spec/index.ts';
import { Admission, type ProjectLoad, type Ticket } from './admission.ts';
import type { EngineContext } from './context.ts';
import { type DriveOptions, Driver } from './driver.ts';
import { ProjectLog } from './log.ts';

/** How a run has ended for this process: with what kept its end from being written, if anything, or before it had begun. */
export type DriveEnd = EventStoreError | null | 'not-begun';

interface Begun {
  /** The project waits for its turn. */
  readonly queued: boolean;
  readonly done: Promise<DriveEnd>;
}

interface Driven extends Begun {
  readonly driver: Driver;
}

interface Queued extends Begun {
  readonly ticket: Ticket;
  /** Resolves when it is opened, or taken out. */
  readonly over: Promise<unknown>;
}

interface StartOptions extends DriveOptions {
  readonly priority: number;
}

/** The logs and the runs of one process. */
export class Engine {
  readonly context: EngineContext;
  readonly #logs = new Map<string, ProjectLog>();
  readonly #drivers = new Map<string, Driven>();
  readonly #queued = new Map<string, Queued>();
  readonly #starting = new Map<string, Promise<Begun>>();
  readonly #admission: Admission;
  #working: Promise<void> | null = null;
  #isClosing = false;

  constructor(context: EngineContext) {
    this.context = context;
    this.#admission = new Admission(context.active);
  }

  /** The one log of a project in this process. */
  log(projectId: string): ProjectLog {
    let log = this.#logs.get(projectId);
    if (log === undefined) this.#logs.set(projectId, (log = new ProjectLog(projectId, this.context)));
    return log;
  }

  /** Forgets a project that is gone. */
  forget(projectId: string): void {
    this.#logs.delete(projectId);
  }

  /** How many projects run, and wait for their turn. */
  get load(): ProjectLoad {
    return this.#admission.load;
  }

  /**
   * Opens a run, or joins the one that this process is driving or has queued. Resolves when `run.started` is durable, or at once where the project has to wait
   * for its turn; `done` when the project rests. Throws `PipelineClosedError`.
   */
  async start(projectId: string, options: StartOptions): Promise<Begun> {
    if (this.#isClosing) throw new PipelineClosedError();
    const under = this.#queued.get(projectId) ?? this.#drivers.get(projectId) ?? this.#starting.get(projectId);
    return under ?? this.#track(projectId, this.#enter(projectId, options));
  }

  /** Takes a project out that waits for its turn. One that is being opened is opened first. */
  async takeOut(projectId: string): Promise<void> {
    await this.#starting.get(projectId)?.catch(() => undefined);
    const queued = this.#queued.get(projectId);
    if (queued === undefined) return;
    this.#admission.remove(queued.ticket);
    await queued.over.catch(() => undefined);
  }

  #track(projectId: string, work: Promise<Begun>): Promise<Begun> {
    const starting = work.finally(() => {
      if (this.#starting.get(projectId) === starting) this.#starting.delete(projectId);
    });
    this.#starting.set(projectId, starting);
    return starting;
  }

  /** The lease is taken when it is the project's turn: until then another process may have it. */
  async #enter(projectId: string, { priority, ...options }: StartOptions): Promise<Begun> {
    const { settings } = await this.log(projectId).refresh();
    if (this.#isClosing) throw new PipelineClosedError();
    const ticket = { projectId, account: settings.account, priority };
    const entered = this.#admission.enter(ticket);
    if (!this.#admission.isQueued(ticket)) return this.#open(ticket, options);
    const over = entered.then((isIn) => {
      this.#queued.delete(projectId);
      return isIn ? this.#track(projectId, this.#open(ticket, options)) : null;
    });
    const done = over.then((begun) => begun?.done ?? 'not-begun');
    const queued = { queued: true, done, ticket, over };
    this.#queued.set(projectId, queued);
    return queued;
  }

  async #open(ticket: Ticket, options: DriveOptions): Promise<Driven> {
    const { projectId } = ticket;
    try {
      await (this.#working ??= this.#work());
      const driver = new Driver(this.context, this.log(projectId));
      await driver.start(options);
      const done = driver.drive().finally(() => {
        this.#drivers.delete(projectId);
        this.#admission.leave(ticket);
      });
      const driven = { queued: false, driver, done };
      this.#drivers.set(projectId, driven);
      return driven;
    } catch (error) {
      this.#admission.leave(ticket);
      throw error;
    }
  }

  /**
   * Stops driving without stopping: nothing is cancelled, the projects read `interrupted`. What waits for its turn is taken out; a run that is being opened is opened first; what is under way
   * has `graceMs` to come to its end.
   */
  async close(graceMs: number): Promise<void> {
    const { clock, closing, executor } = this.context;
    this.#isClosing = true;
    for (const { ticket } of this.#queued.values()) this.#admission.remove(ticket);
    const over = new AbortController();
    if (graceMs > 0) await Promise.race([this.#windDown(), clock.sleep(graceMs, over.signal).catch(() => undefined)]);
    over.abort();
    closing.abort(new PipelineClosedError());
    await Promise.allSettled(this.#starting.values());
    for (const { driver } of this.#drivers.values()) driver.detach();
    await this.#windDown();
    await executor.stop();
  }

  /** Lets every run come to its end that is on or is being opened; nothing new begins in it. */
  async #windDown(): Promise<void> {
    await Promise.allSettled(this.#starting.values());
    const all = [...this.#drivers.values()];
    for (const { driver } of all) driver.close();
    await Promise.allSettled(all.map(({ done }) => done));
  }

  #work(): Promise<void> {
    const queues = Object.fromEntries([...this.context.catalogue].map(([id, { limits }]) => [id, limits]));
    const handler = async (task: Task, signal: AbortSignal): Promise<void> =>
      this.#drivers.get(task.projectId)?.driver.handle(task, signal);
    return this.context.executor.work({ ...queues, media: { concurrency: 2 } }, handler);
  }
}
