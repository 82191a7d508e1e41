import type { Task } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { type DriveOptions, Driver } from './driver.ts';
import { ProjectLog } from './log.ts';

/** The logs and the runs of one process. */
export class Engine {
  readonly context: EngineContext;
  readonly #logs = new Map<string, ProjectLog>();
  readonly #drivers = new Map<string, { readonly driver: Driver; readonly done: Promise<void> }>();
  #working: Promise<void> | null = null;

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

  /** Opens a run, or joins the one that this process is driving. Resolves when `run.started` is durable; `done` when the project rests. */
  async start(projectId: string, options: DriveOptions): Promise<{ readonly done: Promise<void> }> {
    const running = this.#drivers.get(projectId);
    if (running !== undefined) return running;
    await (this.#working ??= this.#work());
    const driver = new Driver(this.context, this.log(projectId));
    await driver.start(options);
    const done = driver.drive().finally(() => this.#drivers.delete(projectId));
    const entry = { driver, done };
    this.#drivers.set(projectId, entry);
    return entry;
  }

  /** Stops driving without stopping: nothing is cancelled, the projects read `interrupted`. */
  async close(): Promise<void> {
    const all = [...this.#drivers.values()];
    for (const { driver } of all) driver.close();
    await Promise.all(all.map(({ done }) => done));
    await this.context.executor.stop();
  }

  #work(): Promise<void> {
    const queues = Object.fromEntries([...this.context.catalogue].map(([id, { limits }]) => [id, limits]));
    const handler = async (task: Task, signal: AbortSignal): Promise<void> =>
      this.#drivers.get(task.projectId)?.driver.handle(task, signal);
    return this.context.executor.work({ ...queues, media: { concurrency: 2 } }, handler);
  }
}
