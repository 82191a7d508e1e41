import type { AccountLimit } from '../money/accounts.ts';
import type { Catalogue } from '../project/choose-models.ts';
import type { CustomRemedies } from '../project/custom-remedies.ts';
import type { ProjectEvent } from '../project/events.ts';
import type {
  AssetStore,
  Clock,
  CostModel,
  EventStore,
  Executor,
  Inspect,
  Logger,
  MediaTool,
  Model,
  ModelEntry,
  ModelId,
  ModelOptions,
  Score,
} from '../spec/index.ts';
import type { ActiveLimits } from './admission.ts';
import type { Breakers } from './breakers.ts';
import type { RetryOptions } from './policy.ts';
import type { PoolNews } from './pool-news.ts';
import type { Spool } from './spool.ts';

/** A model with all that the catalogue says of it. */
export interface UsableModel {
  readonly id: ModelId;
  readonly entry: ModelEntry;
  readonly model: Model;
  readonly downloads: readonly string[];
}

/** All that the engine is given. */
export interface EngineContext {
  readonly events: EventStore;
  readonly assets: AssetStore;
  /** What accounts may spend. */
  readonly accounts: Readonly<Record<string, AccountLimit>>;
  /** How many projects may run at once. */
  readonly active: ActiveLimits;
  readonly costs: CostModel;
  readonly media: MediaTool;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly catalogue: Catalogue;
  readonly spool: Spool;
  readonly fetch: typeof fetch;
  /** The user's own, if any: downloads otherwise connect in a guarded way. */
  readonly downloadFetch: typeof fetch | undefined;
  /** Names this process, for leases: boot, pid, start time. */
  readonly owner: string;
  readonly leaseMs: number;
  /** The user's own look at each take. */
  readonly inspect: Inspect | undefined;
  readonly inspectTimeoutMs: number;
  /** The user's own word on which of several takes is best. */
  readonly score: Score | undefined;
  readonly scoreTimeoutMs: number;
  /** The user's own remedies. */
  readonly remedies: CustomRemedies;
  readonly retry: Required<RetryOptions>;
  readonly breakers: Breakers;
  /** Pools that may have more room than before. */
  readonly freed: PoolNews;
  /** Aborted when the pipeline closes: what is not durable then is waited for no longer. */
  readonly closing: AbortController;
  newId(): string;
  /** Why nothing is to be bought for an account now; `null`: there is room. */
  lacksRoom(account: string | null): Promise<string | null>;
  /** From 0 to below 1. */
  readonly random: () => number;
  model(id: ModelId): UsableModel;
  /** What is wrong with options given for a provider. */
  optionIssues(provider: string, options: ModelOptions): readonly string[];
  /** Called after an event is durable. */
  emit(event: ProjectEvent): void;
  /** Called for what is not kept: poll ticks. */
  tick(projectId: string, stepId: string, progress: number | null): void;
}
