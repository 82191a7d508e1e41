import { type EventStoreError, PipelineClosedError } from '../errors/index.ts';
import type { Task } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { type DriveOptions, Driver } from './driver.ts';
import { ProjectLog } from './log.ts';

interface Driven {
  readonly driver: Driver;
  readonly done: Promise<EventStoreError | null>;
}

/** The logs and the runs of one process. */
export class Engine {
  readonly context: EngineContext;
  readonly #logs = new Map<string, ProjectLog>();
  readonly #drivers = new Map<string, Driven>();
  readonly #starting = new Map<string, Promise<Driven>>();
  #working: Promise<void> | null = null;
  #isClosing = false;

  constructor(context: EngineContext) {
    this.context = context;
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

  /** Opens a run, or joins the one that this process is driving. Resolves when `run.started` is durable; `done` when the project rests, with what kept its end from being written, if anything. Throws `PipelineClosedError`. */
  async start(projectId: string, options: DriveOptions): Promise<Pick<Driven, 'done'>> {
    if (this.#isClosing) throw new PipelineClosedError();
    const under = this.#drivers.get(projectId) ?? this.#starting.get(projectId);
    if (under !== undefined) return under;
    const starting = this.#open(projectId, options).finally(() => this.#starting.delete(projectId));
    this.#starting.set(projectId, starting);
    return starting;
  }

  async #open(projectId: string, options: DriveOptions): Promise<Driven> {
    await (this.#working ??= this.#work());
    const driver = new Driver(this.context, this.log(projectId));
    await driver.start(options);
    const done = driver.drive().finally(() => this.#drivers.delete(projectId));
    const driven = { driver, done };
    this.#drivers.set(projectId, driven);
    return driven;
  }

  /**
   * Stops driving without stopping: nothing is cancelled, the projects read `interrupted`. A run that is being opened is opened first; what is under way
   * has `graceMs` to come to its end.
   */
  async close(graceMs: number): Promise<void> {
    const { clock, closing, executor } = this.context;
    this.#isClosing = true;
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
