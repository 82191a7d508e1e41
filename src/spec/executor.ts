/** A step to be run. `key` names it uniquely: project/step/fingerprint/ordinal. A lower `priority` runs first. */
export interface Task {
  readonly key: string;
  /** The quota that it draws on: a model id, or `media`. */
  readonly queue: string;
  readonly projectId: string;
  readonly run: string;
  readonly stepId: string;
  readonly fingerprint: string;
  readonly ordinal: number;
  readonly priority: number;
}

/** Runs one task to its end. `signal` aborts when the executor stops. Rejects only for a defect; its queue then goes on with the next. */
export type TaskHandler = (task: Task, signal: AbortSignal) => Promise<void>;

/** Limits of one queue. */
export interface QueueLimits {
  readonly concurrency: number;
  readonly perMinute?: number;
}

/** How a queue stands now, in this process. */
export interface QueueLoad {
  readonly running: number;
  readonly queued: number;
  /** Tasks begun within the last minute. */
  readonly usedThisMinute: number;
}

/** Where steps run. */
export interface Executor {
  readonly specVersion: 1;
  /** Takes tasks; a key that is queued or running already is taken once. Rejects, and takes none of them, for a queue that nobody works on. */
  enqueue(tasks: readonly Task[]): Promise<void>;
  /** Begins to hand tasks of these queues to `handler`. */
  work(queues: Readonly<Record<string, QueueLimits>>, handler: TaskHandler): Promise<void>;
  /** Drops a queued task; a running one is left alone. */
  cancel(key: string): Promise<void>;
  /** How its queues stand, by name. Without it `Pipeline.limits` has no numbers of them. */
  load?(): Promise<Readonly<Record<string, QueueLoad>>>;
  /** Takes no more tasks; waits up to `graceMs` for running ones, then aborts them. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}
