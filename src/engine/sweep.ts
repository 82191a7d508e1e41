import { InvalidSettingsError } from '../errors/index.ts';
import type { Digest } from '../spec/index.ts';
import { bytesIn, type Held, takeCensus } from './census.ts';
import type { EngineContext } from './context.ts';

/** Options of `Pipeline.sweep`. */
export interface SweepOptions {
  /**
   * Bytes stay that were stored, or stored again, within this time, or within this time before the oldest run or call under way began; milliseconds. It
   * must be longer than the clocks of machines and stores differ, and than `create`, `fork` and `import` take. @default a day
   */
  readonly olderThanMs?: number;
  /** Deletes the oldest only, until the store holds at most so many bytes. @default 0: all that no project names */
  readonly maxBytes?: number;
}

/** What a sweep has done. */
export interface Swept {
  /** Assets that were deleted, and their bytes. */
  readonly assets: number;
  readonly bytes: number;
  /** Bytes that no project names and that were left: too young, or wanted by `maxBytes`. */
  readonly left: number;
  /** Bytes in the store afterwards. */
  readonly stored: number;
}

const DAY_MS = 24 * 3_600_000;

function assertOptions(options: SweepOptions): void {
  const { olderThanMs, maxBytes, ...others } = options;
  const wrong = Object.entries({ olderThanMs, maxBytes }).filter(
    ([, value]) => value !== undefined && !(Number.isFinite(value) && value >= 0),
  );
  const issues = [
    ...wrong.map(([name, value]) => `${name}: expected a number from 0, got ${String(value)}`),
    ...Object.keys(others).map((name) => `${name}: there is no such option`),
  ];
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
}

/** The oldest ones, until what is left of the store is small enough. */
function surplus(old: readonly (readonly [Digest, Held])[], stored: number, maxBytes: number): Digest[] {
  const digests: Digest[] = [];
  let left = stored;
  for (const [digest, { size }] of old.toSorted(([, a], [, b]) => a.storedAt - b.storedAt)) {
    if (left <= maxBytes) break;
    digests.push(digest);
    left -= size;
  }
  return digests;
}

/** What has become of them: the store may have kept some, and others may have stored more meanwhile. */
async function outcomeOf(
  { assets }: EngineContext,
  unnamed: ReadonlyMap<Digest, Held>,
  asked: readonly Digest[],
): Promise<Swept> {
  const there = new Set<Digest>();
  let stored = 0;
  for await (const { digest, size } of assets.list()) {
    there.add(digest);
    stored += size;
  }
  const gone = new Set(asked.filter((digest) => !there.has(digest)));
  const freed = bytesIn([...unnamed].flatMap(([digest, held]) => (gone.has(digest) ? [held] : [])));
  return { assets: gone.size, bytes: freed, left: bytesIn(unnamed.values()) - freed, stored };
}

/**
 * Deletes bytes that no log names. Safe beside everything else, however slow or frozen: the limit of age is fixed before anything is read, and the
 * store itself refuses to delete what was put or renewed since. What is going to be named is younger than the limit; see docs/storage.md.
 */
export async function sweepAssets(context: EngineContext, options: SweepOptions): Promise<Swept> {
  assertOptions(options);
  const { olderThanMs = DAY_MS, maxBytes = 0 } = options;
  const now = context.clock.now();
  const { stored, since } = await takeCensus(context);
  const limit = Math.min(now, since) - olderThanMs;
  const unnamed = new Map([...stored].filter(([, { names }]) => names === 0));
  const old = [...unnamed].filter(([, { storedAt }]) => storedAt < limit);
  const asked = surplus(old, bytesIn(stored.values()), maxBytes);
  const untouchedSince = new Date(limit).toISOString();
  for (const digest of asked) await context.assets.delete(digest, { untouchedSince });
  await context.spool.clean();
  return outcomeOf(context, unnamed, asked);
}
