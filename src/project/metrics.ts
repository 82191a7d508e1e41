import type { Counters, MicroUsd, ModelId } from '../spec/index.ts';
import { bucketMs, type CallFate, type CounterName } from './counters.ts';

/** What one model did in one day (UTC) of calls that were intended then. Micro-dollars, seconds of video. */
export interface ModelDay {
  readonly model: ModelId;
  /** `2026-11-25`. */
  readonly day: string;
  readonly calls: Readonly<Record<CallFate, number>>;
  readonly charged: MicroUsd;
  /** Worst prices of calls that nobody can tell of. */
  readonly unknown: MicroUsd;
  readonly seconds: number;
}

/** How long calls of a model have taken from being written down to their outcome, seconds; within 10 %. */
export interface Duration {
  readonly p50: number;
  readonly p90: number;
  /** Calls that it was learned from. */
  readonly samples: number;
}

/** Counts over projects, as of when each last came to rest or was begun. */
export interface Metrics {
  readonly projects: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byStyle: Readonly<Record<string, number>>;
  readonly byRatio: Readonly<Record<string, number>>;
  readonly byAudio: Readonly<Record<string, number>>;
  /** Projects by their number of scenes. */
  readonly byScenes: Readonly<Record<string, number>>;
  /** Scenes by their length in seconds. */
  readonly byClipSeconds: Readonly<Record<string, number>>;
  /** Projects by the models that they name first. */
  readonly byModel: Readonly<Record<string, number>>;
  readonly charged: MicroUsd;
  readonly unknown: MicroUsd;
  /** By model and day, in that order. */
  readonly days: readonly ModelDay[];
  /** Seconds of finished films, and of all clips that were bought. */
  readonly filmSeconds: number;
  readonly clipSeconds: number;
  /** Share of calls with an outcome that succeeded, or that a content filter took; `null` before the first. */
  readonly successRate: number | null;
  readonly blockRate: number | null;
  readonly durations: Readonly<Record<ModelId, Duration>>;
}

type Entry = readonly [name: CounterName, value: number];

const NO_CALLS: ModelDay['calls'] = { succeeded: 0, blocked: 0, failed: 0, rejected: 0, unknown: 0, open: 0 };

function entriesOf(counters: Counters): Entry[] {
  return Object.entries(counters).map(([name, value]) => [JSON.parse(name) as CounterName, value]);
}

function countsOf(entries: readonly Entry[], what: CounterName[0]): Record<string, number> {
  return Object.fromEntries(entries.flatMap(([name, value]) => (name[0] === what ? [[String(name[1]), value]] : [])));
}

function daysOf(entries: readonly Entry[]): ModelDay[] {
  const days = new Map<string, ModelDay>();
  for (const [name, value] of entries) {
    const [what, model, day] = name as readonly [CounterName[0], ModelId, string];
    if (what !== 'calls' && what !== 'charged' && what !== 'unknown' && what !== 'seconds') continue;
    const key = `${model} ${day}`;
    const known = days.get(key) ?? { model, day, calls: NO_CALLS, charged: 0, unknown: 0, seconds: 0 };
    const more = name[0] === 'calls' ? { calls: { ...known.calls, [name[3]]: value } } : { [what]: value };
    days.set(key, { ...known, ...more } as ModelDay);
  }
  return [...days.values()].sort((a, b) => a.model.localeCompare(b.model) || a.day.localeCompare(b.day));
}

/** The time that a share of the calls took at most, seconds. */
function quantile(buckets: readonly (readonly [bucket: number, count: number])[], share: number): number {
  const all = buckets.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [bucket, count] of buckets) if ((seen += count) >= all * share) return bucketMs(bucket) / 1000;
  return 0;
}

/** How long models have taken, by full model id. */
export function durationsOf(counters: Counters): Readonly<Record<ModelId, Duration>> {
  const buckets = new Map<ModelId, [number, number][]>();
  for (const [name, value] of entriesOf(counters)) {
    if (name[0] !== 'took') continue;
    buckets.set(name[1], [...(buckets.get(name[1]) ?? []), [Number(name[2]), value]]);
  }
  const learned = Array.from(buckets, ([model, counted]): [ModelId, Duration] => {
    const sorted = counted.sort(([a], [b]) => a - b);
    const samples = counted.reduce((sum, [, count]) => sum + count, 0);
    return [model, { p50: quantile(sorted, 0.5), p90: quantile(sorted, 0.9), samples }];
  });
  return Object.fromEntries(learned);
}

function sum(days: readonly ModelDay[], of: (day: ModelDay) => number): number {
  return days.reduce((total, day) => total + of(day), 0);
}

/** Metrics of summed counters. Pure. */
export function metricsOf(counters: Counters): Metrics {
  const entries = entriesOf(counters);
  const days = daysOf(entries);
  const single = (what: 'projects' | 'film-seconds'): number => counters[JSON.stringify([what])] ?? 0;
  const ended = sum(days, ({ calls }) => calls.succeeded + calls.blocked + calls.failed);
  const share = (part: number): number | null => (ended === 0 ? null : part / ended);
  return {
    projects: single('projects'),
    byStatus: countsOf(entries, 'status'),
    byStyle: countsOf(entries, 'style'),
    byRatio: countsOf(entries, 'ratio'),
    byAudio: countsOf(entries, 'audio'),
    byScenes: countsOf(entries, 'scenes'),
    byClipSeconds: countsOf(entries, 'clip-seconds'),
    byModel: countsOf(entries, 'models'),
    charged: sum(days, ({ charged }) => charged) as MicroUsd,
    unknown: sum(days, ({ unknown }) => unknown) as MicroUsd,
    days,
    filmSeconds: single('film-seconds'),
    clipSeconds: sum(days, ({ seconds }) => seconds),
    successRate: share(sum(days, ({ calls }) => calls.succeeded)),
    blockRate: share(sum(days, ({ calls }) => calls.blocked)),
    durations: durationsOf(counters),
  };
}
