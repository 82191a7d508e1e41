import type { ModelId, QueueLoad } from '../spec/index.ts';
import type { ProjectLoad } from './admission.ts';
import type { BreakerState } from './breakers.ts';
import type { EngineContext } from './context.ts';

/** How a model is used by this pipeline now, and what it may take. */
export interface ModelLoad extends QueueLoad {
  readonly model: ModelId;
  /** `perMinute` is `null` where there is no limit. */
  readonly limit: { readonly concurrency: number; readonly perMinute: number | null };
  /** When its provider last answered 429, ISO 8601. */
  readonly lastRateLimitedAt: string | null;
  readonly breaker: BreakerState;
}

/** How close a pipeline is to its limits. In memory: it tells of this process alone. */
export interface Limits {
  /** In the order of the providers. */
  readonly models: readonly ModelLoad[];
  readonly projects: ProjectLoad;
}

const IDLE: QueueLoad = { running: 0, queued: 0, usedThisMinute: 0 };

/** How all models of the catalogue stand, and the projects. */
export async function limitsOf(
  { catalogue, executor, breakers }: EngineContext,
  projects: ProjectLoad,
): Promise<Limits> {
  const loads = (await executor.load?.()) ?? {};
  const models = [...catalogue].map(
    ([
      model,
      {
        limits: { concurrency, perMinute = null },
      },
    ]): ModelLoad => {
      const { lastRateLimitedAt, ...breaker } = breakers.state(model);
      return { model, ...(loads[model] ?? IDLE), limit: { concurrency, perMinute }, lastRateLimitedAt, breaker };
    },
  );
  return { models, projects };
}
