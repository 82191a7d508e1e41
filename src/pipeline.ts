import { allProjects } from './engine/all-projects.ts';
import { collectProject } from './engine/collect.ts';
import type { EngineContext } from './engine/context.ts';
import { approve } from './engine/approve.ts';
import { assetHandle, type AssetHandle } from './engine/asset-handle.ts';
import { blockAsset } from './engine/block.ts';
import { archiveProject } from './engine/archive.ts';
import { createProject, type CreateOptions, unrecorded } from './engine/create.ts';
import { type DeleteOptions, deleteProject } from './engine/delete.ts';
import { Engine } from './engine/engine.ts';
import { exportProject } from './engine/export.ts';
import { type ForkOptions, forkProject } from './engine/fork.ts';
import { importArchive, type ImportOptions } from './engine/import.ts';
import { type ErrorSource, type EventMap, Listeners } from './engine/listeners.ts';
import { contextOf, type PipelineOptions } from './engine/setup.ts';
import { isDriven } from './engine/interrupted.ts';
import { answerCall } from './engine/answer.ts';
import { type Limits, limitsOf } from './engine/limits.ts';
import { POLICY } from './engine/policy.ts';
import { type Plan, planOf } from './engine/plan.ts';
import { type Project, projectOf, resultOf, type RunResult } from './engine/project-result.ts';
import { verifyLedger, type VerifyOptions } from './engine/ledger.ts';
import { Learned, metricsFor } from './engine/metrics.ts';
import { assertRun, type CloseOptions, type RunOptions } from './engine/run-options.ts';
import { foresee, revise, type ReviseOptions } from './engine/revise.ts';
import { stopOn, type StopOptions, stopProject } from './engine/stop.ts';
import { projectOfCall } from './project/inherited.ts';
import { sweepAssets, type SweepOptions, type Swept } from './engine/sweep.ts';
import { type StorageUsage, storageUsage } from './engine/usage.ts';
import { watchLog } from './engine/watch.ts';
import { LeaseHeldError, PipelineClosedError, ProjectNotFoundError } from './errors/index.ts';
import { InProcessExecutor } from './executors/in-process.ts';
import { type Ledger, ledgerOf } from './money/ledger.ts';
import type { LedgerCheck } from './money/verify-ledger.ts';
import type { ArchiveManifest } from './project/archive.ts';
import type { Changes } from './project/changes/types.ts';
import type { EventBodies, ProjectEvent, StoppedOperation } from './project/events.ts';
import type { Metrics } from './project/metrics.ts';
import type { GateName } from './project/kinds.ts';
import type { ProjectSettings, Settings } from './project/settings.ts';
import type { Digest, ModelEntry, ModelId, Page, ProjectQuery, ProjectSummary, TallyQuery } from './spec/index.ts';
import { STATUS } from './project/status.ts';

/** The configured engine: providers, stores, limits. Inert until its first call. */
export class Pipeline implements AsyncDisposable {
  readonly #listeners: Listeners;
  readonly #context: EngineContext;
  readonly #engine: Engine;
  readonly #learned: Learned;
  readonly #results = new Set<Promise<void>>();
  #closed: Promise<void> | null = null;

  constructor(options: PipelineOptions) {
    this.#context = contextOf(options, (clock, logger) => new InProcessExecutor(clock, logger), {
      emit: (event) => this.#listeners.event(event),
      tick: (projectId, stepId, progress) => {
        const { state } = this.#engine.log(projectId);
        this.#listeners.tick(state, stepId, progress, this.#learned.eta(state));
      },
    });
    this.#listeners = new Listeners(this.#context.logger);
    this.#engine = new Engine(this.#context);
    this.#learned = new Learned(this.#context);
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

  /** The settings of a project, without all that `get` shows of it. Throws `ProjectNotFoundError`. */
  async settings(id: string): Promise<Settings> {
    this.#assertOpen();
    try {
      return (await this.#engine.log(id).refresh()).settings;
    } catch (error) {
      if (error instanceof ProjectNotFoundError) this.#engine.forget(id);
      throw error;
    }
  }

  /**
   * Bytes of a project: a take, the film, a reference. Throws `ProjectNotFoundError`, `AssetNotFoundError` for bytes that are not this project's,
   * `AssetBlockedError` for what is blocked and what may show it.
   */
  async asset(id: string, digest: Digest): Promise<AssetHandle> {
    this.#assertOpen();
    return assetHandle(this.#context, await this.#engine.log(id).refresh(), digest);
  }

  /** Every model of the providers by its full id, with what it can do and what it costs. */
  models(): ReadonlyMap<ModelId, ModelEntry> {
    return this.#context.catalogue;
  }

  /** Summaries, newest first. */
  list(query: ProjectQuery = {}): Promise<Page<ProjectSummary>> {
    this.#assertOpen();
    return this.#context.events.list(query);
  }

  /** Drives a project until it rests, from wherever it stands. Rejects for an unknown project, another driver or a store that can not be read; what goes wrong with models is in the result. */
  async run(id: string, options: RunOptions = {}): Promise<RunResult> {
    return (await this.start(id, options)).done;
  }

  /** The word people look for after a crash, a stop or a raised budget: `run`. */
  resume(id: string, options: RunOptions = {}): Promise<RunResult> {
    return this.run(id, options);
  }

  /**
   * Like `run`, but resolves as soon as the run is durable; `done` is its result. Nobody has to await it: what it rejects with is told by the event `error` too.
   * `queued`: `maxActive` projects run already. It then resolves at once, before anything is durable; the project stays as it is until its turn comes, and a
   * crash, `stop` or `close` before that is as if it had not been started: `done` is then `stopped`.
   */
  async start(
    id: string,
    options: RunOptions = {},
  ): Promise<{ readonly queued: boolean; readonly done: Promise<RunResult> }> {
    this.#assertOpen();
    const { retry, partial = false, priority = 0, signal, deadlineMs } = options;
    signal?.throwIfAborted();
    assertRun(options);
    await this.#context.media.preflight();
    void this.#learned.refresh();
    const { queued, done } = await this.#engine.start(id, {
      retryRefused: retry === 'refused',
      partial,
      priority,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    });
    const failed = (source: ErrorSource, error: unknown): void => this.#listeners.failed(source, id, error);
    const unhook = stopOn(signal, () => void this.stop(id).catch((error: unknown) => failed('stop', error)));
    const result = done.finally(unhook).then(async (end) => {
      if (end instanceof Error) failed('run', end);
      return resultOf(await projectOf(this.#context, this.#engine.log(id)), end);
    });
    const told = result.then(
      () => undefined,
      (error: unknown) => failed('run', error),
    );
    this.#results.add(told);
    void told.finally(() => this.#results.delete(told));
    return { queued, done: result };
  }

  /**
   * What a run is going to do and to cost, for a project as it stands or for settings alone, or as `changes` would make them: what is reused, made
   * again and no more used. Nothing is sent, stored or spent. Throws `ProjectNotFoundError`, what `create` throws for settings, and what `revise`
   * throws for changes.
   */
  async plan(target: string | ProjectSettings, changes: Changes = {}): Promise<Plan> {
    this.#assertOpen();
    const present =
      typeof target === 'string' ? await this.#engine.log(target).refresh() : unrecorded(this.#context, target);
    const foreseen = await foresee(this.#context, present, changes);
    await this.#learned.refresh();
    return planOf(this.#context, foreseen.state, this.#learned.eta(foreseen.state), foreseen).plan;
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

  /**
   * Ends the run, also one of another process: nothing new is bought, running operations are cancelled where the model can, else kept; with `drain` they
   * are let come to their end. Resolves when the project rests. At rest already it only ends what still runs (not with `drain`). One that waits for its turn in
   * this process is taken out.
   */
  async stop(id: string, options: StopOptions = {}): Promise<{ readonly operations: readonly StoppedOperation[] }> {
    this.#assertOpen();
    await this.#engine.takeOut(id);
    return { operations: await stopProject(this.#context, this.#engine.log(id), options) };
  }

  /**
   * Makes what `changes` ask for different, all or nothing, also while a run is on: only what they change is made anew, by that run or the next one.
   * What is supplied is stored first. Throws `InvalidChangeError`, `UnknownModelError`, `SeqConflictError` where `expectedSeq` is passed by.
   */
  async revise(id: string, changes: Changes, options: ReviseOptions = {}): Promise<Project> {
    this.#assertOpen();
    await revise(this.#context, this.#engine.log(id), changes, options);
    return this.get(id);
  }

  /** Asks for `scenes` more scenes at the end: `revise(id, { add: { scenes, direction } })`. */
  expand(id: string, scenes: number, { direction }: { readonly direction?: string } = {}): Promise<Project> {
    return this.revise(id, { add: { scenes, ...(direction === undefined ? {} : { direction }) } });
  }

  /**
   * A new project that goes on from another one as it stands now, in whatever status: its settings, words and artifacts (shared, not copied), changed as `revise`
   * would change them, with nothing spent and no gate approved. The parent is never touched. A step whose call is open in the parent is waited for (`waiting: parent`) until that says what became
   * of the call, or bought here with `openCalls: 'buy'`. An artifact whose bytes are gone is made anew, and is named in `warnings`.
   * Throws `ProjectNotFoundError`, `InvalidChangeError`, `UnknownModelError`.
   */
  async fork(id: string, changes: Changes = {}, options: ForkOptions = {}): Promise<Project> {
    this.#assertOpen();
    return this.get(await forkProject(this.#context, id, changes, options));
  }

  /**
   * Writes a project as it stands to a new folder: `manifest.json` with how everything was made, the log `events.jsonl` and all bytes in `assets`.
   * Throws `ProjectNotFoundError`, and `InvalidArchiveError` where something is at `path` already.
   */
  export(id: string, path: string): Promise<ArchiveManifest> {
    this.#assertOpen();
    return exportProject(this.#context, id, path);
  }

  /** A new project that goes on from the one in an archive of `export`, as a fork does; all of it is checked before anything is stored. Throws `InvalidArchiveError`. */
  async import(path: string, options: ImportOptions = {}): Promise<Project> {
    this.#assertOpen();
    return this.get(await importArchive(this.#context, path, options));
  }

  /**
   * Your answer for a call that a run waits for (`unknown-charge`): it was `charged` (its worst price counts as spent) or `not-charged`;
   * or `resubmit` (a new call is sent, the old one's price stays unknown) or `abandon` (its step is given up). Except for `abandon` the next `run`
   * buys the step anew. A later report of the provider overrules it. Throws `InvalidChangeError`.
   */
  async resolve(callId: string, outcome: EventBodies['call.resolved']['outcome']): Promise<Project> {
    this.#assertOpen();
    const id = projectOfCall(callId);
    await answerCall(this.#engine.log(id), callId, outcome);
    return this.get(id);
  }

  /** All money of a project, call by call: held, charged, released, unknown. Throws `ProjectNotFoundError`. */
  async ledger(id: string): Promise<Ledger> {
    this.#assertOpen();
    return ledgerOf(await this.#engine.log(id).refresh());
  }

  /** Compares a project's ledger with what its calls were to cost, with the store's sums and with a bill. Throws `ProjectNotFoundError`, `InvalidBillError`. */
  async verifyLedger(id: string, options: VerifyOptions = {}): Promise<LedgerCheck> {
    this.#assertOpen();
    return verifyLedger(this.#context, this.#engine.log(id), options);
  }

  /** Counts over the projects of the store, as of when each last came to rest or was begun. */
  metrics(query: TallyQuery = {}): Promise<Metrics> {
    this.#assertOpen();
    return metricsFor(this.#context, query);
  }

  /**
   * Takes bytes out of use, at any time: they are not shown, sent or stitched any more, at whatever step they stand, and the next `run` (or the one that
   * is on) makes what is missing. `artifact` is the digest of a still, clip or film, as `steps` and `scenes` show it. Throws `InvalidChangeError`.
   */
  async block(id: string, artifact: Digest, reason: string): Promise<Project> {
    this.#assertOpen();
    await blockAsset(this.#engine.log(id), artifact, reason);
    return this.get(id);
  }

  /**
   * Removes a project for good; one that is not there (any more) is no error. Its bytes stay until a `sweep`, what it has cost stays in the pools.
   * Throws `LeaseHeldError` while somebody drives it, `OpenCallsError` while calls are open, unless `force`d.
   */
  async delete(id: string, options: DeleteOptions = {}): Promise<void> {
    this.#assertOpen();
    await deleteProject(this.#context, this.#engine.log(id), options);
    this.#engine.forget(id);
  }

  /**
   * `export` to a new folder at `path`, a check of all that was written, then `delete`; `import` brings it back as a project. Throws as these, and nothing is
   * then deleted; repeated after a crash it goes on.
   */
  async archive(id: string, path: string, options: DeleteOptions = {}): Promise<ArchiveManifest> {
    this.#assertOpen();
    const manifest = await archiveProject(this.#context, this.#engine.log(id), path, options);
    this.#engine.forget(id);
    return manifest;
  }

  /**
   * Deletes bytes that no project names, and what dead processes left in the work folder; never a take that a project has, chosen or not. It is safe beside
   * runs and forks. The asset store must be used with this event store alone. Throws `InvalidSettingsError`.
   */
  sweep(options: SweepOptions = {}): Promise<Swept> {
    this.#assertOpen();
    return sweepAssets(this.#context, options);
  }

  /** What is stored, by project, account and kind: a look at every asset and every event. */
  usage(): Promise<StorageUsage> {
    this.#assertOpen();
    return storageUsage(this.#context);
  }

  /** Starts every `interrupted` project again, in the background; answers their ids. One that can not be started is told of by the event `error`, and the others go on. */
  async recover(): Promise<readonly string[]> {
    this.#assertOpen();
    const started: string[] = [];
    for await (const { projectId } of allProjects(this.#context, { status: STATUS.running })) {
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
    this.#assertOpen();
    const total = { settled: 0, open: 0 };
    for await (const { projectId } of allProjects(this.#context)) {
      const log = this.#engine.log(projectId);
      const { settled, open } = await collectProject(this.#context, log, AbortSignal.timeout(POLICY.collectDeadlineMs));
      total.settled += settled;
      total.open += open;
    }
    return total;
  }

  /** How close its models are to their limits, which are left alone for a while, and how many projects run or wait for their turn. */
  async limits(): Promise<Limits> {
    this.#assertOpen();
    return limitsOf(this.#context, this.#engine.load);
  }

  /** Calls `listener` for each event of that type, after it is durable. A listener that throws, or never comes back, changes nothing; after `close` none is called. */
  on<T extends keyof EventMap>(type: T, listener: (event: EventMap[T]) => void): this {
    this.#listeners.on(type, listener);
    return this;
  }

  /** Ends `on`. */
  off<T extends keyof EventMap>(type: T, listener: (event: EventMap[T]) => void): this {
    this.#listeners.off(type, listener);
    return this;
  }

  /**
   * Every event after `after` exactly once: replay, then live; ends when the project rests, or with `signal`. It is read from the store as you ask for it, so a
   * slow reader holds up nothing. Throws `ProjectNotFoundError`, `ProjectDeletedError` within 5 seconds of a deletion, `PipelineClosedError`.
   */
  watch(
    id: string,
    { after = 0, signal }: { readonly after?: number; readonly signal?: AbortSignal } = {},
  ): AsyncIterable<ProjectEvent> {
    this.#assertOpen();
    return watchLog(this.#context, id, after, signal ?? new AbortController().signal);
  }

  /**
   * Ends this process's part: nothing new begins, requests that are being sent are waited for until what came of them is recorded, runs go over to
   * `interrupted`, remote work goes on uncancelled. Closes the stores. Called again it answers as the first call does.
   */
  close({ graceMs = 0 }: CloseOptions = {}): Promise<void> {
    return (this.#closed ??= this.#close(graceMs));
  }

  async #close(graceMs: number): Promise<void> {
    await this.#engine.close(graceMs);
    await Promise.all(this.#results);
    this.#listeners.close();
    await this.#context.spool.close();
    await this.#context.events.close?.();
    await this.#context.assets.close?.();
  }

  /** `close`, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertOpen(): void {
    if (this.#closed !== null) throw new PipelineClosedError();
  }
}
