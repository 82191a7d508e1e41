import { bytesIn, type ProjectUsage, takeCensus } from './census.ts';
import type { EngineContext } from './context.ts';

/** What is stored, in bytes. */
export interface StorageUsage {
  /** All in the asset store. */
  readonly stored: number;
  /** By project, newest first. */
  readonly projects: readonly ProjectUsage[];
  /** By account, what several of its projects share counted once. */
  readonly accounts: Readonly<Record<string, number>>;
  /** What more than one project names. */
  readonly shared: number;
  /** What no project names; a sweep takes it once it is old enough. */
  readonly unreferenced: number;
  /** In the work folder, of all processes. */
  readonly temp: number;
  /** What can still be written, `null` where a store can not say. */
  readonly free: { readonly assets: number | null; readonly events: number | null; readonly work: number | null };
}

/** What can still be written where the pipeline writes. */
export async function freeRoom({ assets, events, spool }: EngineContext): Promise<StorageUsage['free']> {
  return {
    assets: (await assets.free?.()) ?? null,
    events: (await events.free?.()) ?? null,
    work: await spool.free(),
  };
}

/** Measures it: a look at every asset and every event. */
export async function storageUsage(context: EngineContext): Promise<StorageUsage> {
  const { stored, projects, accounts } = await takeCensus(context);
  const all = [...stored.values()];
  return {
    stored: bytesIn(all),
    projects,
    accounts: Object.fromEntries(accounts),
    shared: bytesIn(all.filter(({ names }) => names > 1)),
    unreferenced: bytesIn(all.filter(({ names }) => names === 0)),
    temp: await context.spool.size(),
    free: await freeRoom(context),
  };
}
