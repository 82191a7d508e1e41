import type { Counters, ModelId } from '../spec/index.ts';
import { filmArtifact } from './graph.ts';
import type { CallRecord, ProjectState } from './state.ts';

/** What became of a call, as metrics count it. */
export type CallFate = 'succeeded' | 'blocked' | 'failed' | 'rejected' | 'unknown' | 'open';

/** Milliseconds are counted in buckets that are a quarter of a doubling wide: some 19 %. */
const PER_DOUBLING = 4;

/** The bucket of a time. */
function bucketOf(ms: number): number {
  return Math.round(Math.log2(Math.max(1, ms)) * PER_DOUBLING);
}

/** The middle of a bucket, milliseconds. */
export function bucketMs(bucket: number): number {
  return 2 ** (bucket / PER_DOUBLING);
}

/** Names and values of counters; each name is told what it counts by its first text. */
export type CounterName =
  | readonly ['projects' | 'film-seconds']
  | readonly ['status' | 'style' | 'ratio' | 'audio' | 'scenes' | 'clip-seconds', string]
  | readonly ['models', ModelId]
  | readonly ['calls', ModelId, day: string, fate: CallFate]
  | readonly ['charged' | 'unknown' | 'seconds', ModelId, day: string]
  | readonly ['took', ModelId, bucket: string];

function fateOf({ state, settled, resolved }: CallRecord): CallFate {
  if (settled !== null) return settled.outcome;
  if (state === 'rejected' || resolved === 'not-charged') return 'rejected';
  return state === 'unknown' || state === 'abandoned' ? 'unknown' : 'open';
}

class Sums {
  readonly #sums = new Map<string, number>();

  add(name: CounterName, value = 1): void {
    if (value === 0) return;
    const key = JSON.stringify(name);
    this.#sums.set(key, (this.#sums.get(key) ?? 0) + value);
  }

  all(): Counters {
    return Object.fromEntries(this.#sums);
  }
}

function countCall(sums: Sums, call: CallRecord): void {
  const { model, priced, price } = call.intended.body;
  const day = call.intended.at.slice(0, 10);
  const fate = fateOf(call);
  const { charged } = call.settled ?? {};
  const answered = call.state === 'abandoned' && call.resolved === 'charged' ? (price?.worst ?? 0) : 0;
  sums.add(['calls', model, day, fate]);
  sums.add(['charged', model, day], charged ?? answered);
  if (fate === 'unknown' || charged === null) sums.add(['unknown', model, day], answered > 0 ? 0 : (price?.worst ?? 0));
  if (fate !== 'succeeded') return;
  sums.add(['seconds', model, day], priced.seconds ?? 0);
  if (call.endedAt === null) return;
  const ms = Date.parse(call.endedAt) - Date.parse(call.intended.at);
  sums.add(['took', model, String(bucketOf(ms))]);
}

/** What metrics count of a project. Pure. */
export function countersOf(state: ProjectState): Counters {
  const sums = new Sums();
  const { style, ratio, audio, models } = state.settings;
  sums.add(['projects']);
  sums.add(['status', state.status]);
  sums.add(['style', style]);
  sums.add(['ratio', ratio]);
  sums.add(['audio', String(audio)]);
  sums.add(['scenes', String(state.scenes.length)]);
  for (const { scene } of state.scenes) sums.add(['clip-seconds', String(scene.seconds)]);
  for (const [first] of Object.values(models)) if (first !== undefined) sums.add(['models', first]);
  const film = filmArtifact(state);
  sums.add(['film-seconds'], Math.round(film?.asset.seconds ?? 0));
  for (const call of state.calls.values()) countCall(sums, call);
  return sums.all();
}
