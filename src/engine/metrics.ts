import { type Eta, etaOf } from '../project/eta.ts';
import type { ProjectState } from '../project/state.ts';
import { countersOf } from '../project/counters.ts';
import { type Duration, durationsOf, type Metrics, metricsOf } from '../project/metrics.ts';
import type { Counters, ModelId, Page, ProjectSummary, TallyQuery } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { ProjectLog } from './log.ts';
import { callsOf } from './step-cost.ts';

/** What a store without `tally` is asked instead: every log. */
async function countedLogs(context: EngineContext, { account, from, to }: TallyQuery): Promise<Counters> {
  const sums: Record<string, number> = {};
  let cursor: string | null | undefined;
  do {
    const query = { limit: 200, ...(account === undefined ? {} : { account }) };
    const page: Page<ProjectSummary> = await context.events.list({ ...query, ...(cursor ? { cursor } : {}) });
    for (const { projectId, createdAt } of page.items) {
      if ((from !== undefined && createdAt < from) || (to !== undefined && createdAt >= to)) continue;
      const counters = countersOf(await new ProjectLog(projectId, context).refresh());
      for (const [name, value] of Object.entries(counters)) sums[name] = (sums[name] ?? 0) + value;
    }
    cursor = page.next;
  } while (cursor !== null);
  return sums;
}

function counted(context: EngineContext, query: TallyQuery): Promise<Counters> {
  return context.events.tally?.(query) ?? countedLogs(context, query);
}

/** Counts over projects, in one query where the store has `tally`. */
export async function metricsFor(context: EngineContext, query: TallyQuery): Promise<Metrics> {
  return metricsOf(await counted(context, query));
}

type Durations = Readonly<Record<ModelId, Duration>>;

/** Projects that durations are learned from. */
const LEARNED_FROM_DAYS = 7;
/** How long what was learned is used, so that a store is not asked for every look. */
const LEARNED_FOR_MS = 600_000;
const DAY_MS = 86_400_000;

/** How long models take, as far as the projects of the last days tell: learned on first use, and anew when that is some minutes ago. */
export class Learned {
  readonly #context: EngineContext;
  #durations: Durations = {};
  #at: number | null = null;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Asks the store unless that was done lately; a store that can not tell at once leaves it at what is known. */
  async refresh(): Promise<void> {
    const { clock, events, logger } = this.#context;
    if (this.#at !== null && clock.monotonic() - this.#at < LEARNED_FOR_MS) return;
    this.#at = clock.monotonic();
    const from = new Date(clock.now() - LEARNED_FROM_DAYS * DAY_MS).toISOString();
    try {
      this.#durations = durationsOf((await events.tally?.({ from })) ?? {});
    } catch (error) {
      logger.warn({ error: String(error) }, 'durations could not be read');
    }
  }

  /** How long a project is still going to take, by what is known now. */
  eta(state: ProjectState): Eta | null {
    const { catalogue, clock } = this.#context;
    const atOnce = (model: ModelId): number => catalogue.get(model)?.limits.concurrency ?? 1;
    const calls = (model: ModelId, takes: number): number => callsOf(this.#context, model, takes);
    return etaOf(state, { durations: this.#durations, atOnce, callsFor: calls, now: clock.now() });
  }
}
