import { collectProject } from './engine/collect.ts';
import type { EngineContext } from './engine/context.ts';
import { approve } from './engine/approve.ts';
import { createProject, type CreateOptions, unrecorded } from './engine/create.ts';
import { Engine } from './engine/engine.ts';
import { type EventMap, Listeners } from './engine/listeners.ts';
import { contextOf, type PipelineOptions } from './engine/setup.ts';
import { isDriven } from './engine/interrupted.ts';
import { answerCall } from './engine/answer.ts';
import { type Limits, limitsOf } from './engine/limits.ts';
import { POLICY } from './engine/policy.ts';
import { type Plan, planOf } from './engine/plan.ts';
import { type Project, projectOf, resultOf, type RunResult } from './engine/project-result.ts';
import { stopProject } from './engine/stop.ts';
import { watchLog } from './engine/watch.ts';
import { LeaseHeldError, PipelineClosedError } from './errors/index.ts';
import { InProcessExecutor } from './executors/in-process.ts';
import { expand, joinBy } from './project/changes.ts';
import type { EventBodies, ProjectEvent, StoppedOperation } from './project/events.ts';
import type { GateName } from './project/kinds.ts';
import { parseTransition } from './project/settings-schema.ts';
import type { ProjectSettings } from './project/settings.ts';
import type { Transition, Page, ProjectQuery, ProjectSummary } from './spec/index.ts';
import { STATUS } from './project/status.ts';

/** Options of a run. */
export interface RunOptions {
  /** Takes up steps again that a content filter refused. */
  readonly retry?: 'refused';
}

/** The configured engine: providers, stores, limits. Inert until its first call. */
export class Pipeline implements AsyncDisposable {
  readonly #listeners: Listeners;
  readonly #context: EngineContext;
  readonly #engine: Engine;
  readonly #results = new Set<Promise<void>>();
  #closed = false;

  constructor(options: PipelineOptions) {
    this.#context = contextOf(options, (clock, logger) => new InProcessExecutor(clock, logger), {
      emit: (event) => this.#listeners.event(event),
      tick: (projectId, stepId, progress) => this.#listeners.tick(this.#engine.log(projectId).state, stepId, progress),
    });
    this.#listeners = new Listeners(this.#context.logger);
    this.#engine = new Engine(this.#context);
  }

  /** Records a new project; nothing is sent or spent. Throws `InvalidSettingsError`, `UnknownModelError`, `FfmpegMissingError`. */
  async create(settings: ProjectSettings, options: CreateOptions = {}): Promise<Project> {
    this.#assertOpen();
    return this.get(await createProject(this.#context, settings, options));
  }

  /** A project as it stands. Throws `ProjectNotFoundError`. */
  async get(id: string): Promise<Project> {
    this.#assertOpen();
    return projectOf(this.#context, this.#engine.log(id));
  }

  /** Summaries, newest first. */
  list(query: ProjectQuery = {}): Promise<Page<ProjectSummary>> {
    this.#assertOpen();
    return this.#context.events.list(query);
  }

  /** Drives a project until it rests, from wherever it stands. Rejects for an unknown project, another driver or a defect of a store; what goes wrong with models is in the result. */
  async run(id: string, options: RunOptions = {}): Promise<RunResult> {
    return (await this.start(id, options)).done;
  }

  /** The word people look for after a crash, a stop or a raised budget: `run`. */
  resume(id: string, options: RunOptions = {}): Promise<RunResult> {
    return this.run(id, options);
  }

  /** Like `run`, but resolves as soon as the run is durable; `done` is its result. Nobody has to await it: what it rejects with is told by the event `error` too. */
  async start(id: string, options: RunOptions = {}): Promise<{ readonly done: Promise<RunResult> }> {
    this.#assertOpen();
    await this.#context.media.preflight();
    const { done } = await this.#engine.start(id, { retryRefused: options.retry === 'refused' });
    const result = done.then(async () => resultOf(await projectOf(this.#context, this.#engine.log(id))));
    const told = result.then(
      () => undefined,
      (error: unknown) => this.#listeners.failed('run', id, error),
    );
    this.#results.add(told);
    void told.finally(() => this.#results.delete(told));
    return { done: result };
  }

  /**
   * What a run is going to do and to cost, for a project as it stands or for settings alone; nothing is sent, stored or spent.
   * Throws `ProjectNotFoundError`, and for settings what `create` throws for them.
   */
  async plan(target: string | ProjectSettings): Promise<Plan> {
    this.#assertOpen();
    const state =
      typeof target === 'string' ? await this.#engine.log(target).refresh() : unrecorded(this.#context, target);
    return planOf(this.#context, state).plan;
  }

  /**
   * Opens a gate and the ones before it for the plan that `digest` names; the next `run` goes on, and spends no more than that plan costs at most.
   * Throws `StalePlanError` when settings, words or prices have changed since, `InvalidChangeError` for a gate that is not reached or not there.
   */
  async approve(id: string, gate: GateName, digest: string): Promise<Project> {
    this.#assertOpen();
    await approve(this.#context, this.#engine.log(id), gate, digest);
    return this.get(id);
  }

  /** Ends the run, also one of another process: nothing new is bought, running operations are cancelled where the model can, else kept. Resolves when the project rests. */
  async stop(id: string): Promise<{ readonly operations: readonly StoppedOperation[] }> {
    this.#assertOpen();
    return { operations: await stopProject(this.#context, this.#engine.log(id)) };
  }

  /** Stitches the film again with another transition at the next `run`; no clip is bought anew. Throws `InvalidSettingsError`, and `InvalidChangeError` for a fade that is too long for the scenes. */
  async setTransition(id: string, transition: Transition): Promise<Project> {
    this.#assertOpen();
    const log = this.#engine.log(id);
    await log.refresh();
    await log.decide((state) => ({ events: [joinBy(state, parseTransition(transition))] }));
    return this.get(id);
  }

  /** Asks for `scenes` more scenes at the end, written at the next `run` (or by the one that is on); what is made stays. Throws `InvalidChangeError`. */
  async expand(id: string, scenes: number, { direction }: { readonly direction?: string } = {}): Promise<Project> {
    this.#assertOpen();
    const requestId = this.#context.newId();
    const log = this.#engine.log(id);
    await log.refresh();
    await log.decide((state) => ({ events: [expand(state, { requestId, scenes, direction: direction ?? null })] }));
    return this.get(id);
  }

  /**
   * Your answer for a call that a run waits for (`unknown-charge`): it was `charged` (its worst price counts as spent) or `not-charged`;
   * or `resubmit` (a new call is sent, the old one's price stays unknown) or `abandon` (its step is given up). Except for `abandon` the next `run`
   * buys the step anew. A later report of the provider overrules it. Throws `InvalidChangeError`.
   */
  async resolve(callId: string, outcome: EventBodies['call.resolved']['outcome']): Promise<Project> {
    this.#assertOpen();
    const id = callId.slice(0, Math.max(0, callId.lastIndexOf('.')));
    await answerCall(this.#engine.log(id), callId, outcome);
    return this.get(id);
  }

  /** Starts every `interrupted` project again, in the background; answers their ids. One that can not be started is told of by the event `error`, and the others go on. */
  async recover(): Promise<readonly string[]> {
    const started: string[] = [];
    for await (const { projectId } of this.#all({ status: STATUS.running })) {
      try {
        if (await isDriven(this.#context, projectId)) continue;
        await this.start(projectId);
        started.push(projectId);
      } catch (error) {
        if (!(error instanceof LeaseHeldError)) this.#listeners.failed('recover', projectId, error);
      }
    }
    return started;
  }

  /** Looks at the open calls of projects that nobody drives, and keeps what they delivered. */
  async collect(): Promise<{ readonly settled: number; readonly open: number }> {
    const total = { settled: 0, open: 0 };
    for await (const { projectId } of this.#all({})) {
      const log = this.#engine.log(projectId);
      const { settled, open } = await collectProject(this.#context, log, AbortSignal.timeout(POLICY.collectDeadlineMs));
      total.settled += settled;
      total.open += open;
    }
    return total;
  }

  /** How close its models are to their limits, and which are left alone for a while. */
  async limits(): Promise<Limits> {
    this.#assertOpen();
    return limitsOf(this.#context);
  }

  /** Calls `listener` for each event of that type, after it is durable. A listener that throws changes nothing. */
  on<T extends keyof EventMap>(type: T, listener: (event: EventMap[T]) => void): this {
    this.#listeners.on(type, listener);
    return this;
  }

  /** Ends `on`. */
  off<T extends keyof EventMap>(type: T, listener: (event: EventMap[T]) => void): this {
    this.#listeners.off(type, listener);
    return this;
  }

  /** Every event after `after` exactly once: replay, then live; ends when the project rests, or with `signal`. */
  watch(
    id: string,
    { after = 0, signal }: { readonly after?: number; readonly signal?: AbortSignal } = {},
  ): AsyncIterable<ProjectEvent> {
    this.#assertOpen();
    return watchLog(this.#context, id, after, signal ?? new AbortController().signal);
  }

  /** Ends this process's part: runs go over to `interrupted`, remote work goes on. Closes the stores. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#engine.close();
    await Promise.all(this.#results);
    await this.#context.spool.close();
    await this.#context.events.close?.();
    await this.#context.assets.close?.();
  }

  /** `close`, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#all(query: ProjectQuery): AsyncGenerator<ProjectSummary> {
    let cursor: string | null = null;
    do {
      const page: Page<ProjectSummary> = await this.list({
        ...query,
        limit: 200,
        ...(cursor === null ? {} : { cursor }),
      });
      yield* page.items;
      cursor = page.next;
    } while (cursor !== null);
  }

  #assertOpen(): void {
    if (this.#closed) throw new PipelineClosedError();
  }
}
