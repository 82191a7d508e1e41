import { bytesIn, takeCensus } from './census.ts';
import type { EngineContext } from './context.ts';
import { freeRoom } from './usage.ts';

/** Most bytes that may be stored. Over it runs wait before their next paid call (`storage`); what is under way is still stored. */
export interface QuotaOptions {
  /** In the whole asset store. @default no limit */
  readonly total?: number;
  /** By account: all that its projects name, shared bytes once. @default no limit */
  readonly accounts?: Readonly<Record<string, number>>;
}

/** How much must be there before anything is bought. */
export interface RoomLimits {
  readonly minFreeBytes: number;
  readonly quota: QuotaOptions;
}

/** How long a measurement of what is stored is good for, while that fits. */
const MEASURED_MS = 60_000;

interface Measured {
  readonly at: number;
  /** What this process had spooled by then. */
  readonly spooled: number;
  readonly total: number;
  readonly accounts: ReadonlyMap<string, number>;
}

const PLACES = { assets: 'asset store', events: 'event store', work: 'work folder' } as const;

/** Whether there is room for what a paid call brings. */
export class Room {
  readonly #limits: RoomLimits;
  #measured: Measured | null = null;
  #measuring: Promise<Measured> | null = null;

  constructor(limits: RoomLimits) {
    this.#limits = limits;
  }

  /** Why nothing is to be bought for an account now; `null`: there is room. */
  async fault(context: EngineContext, account: string | null): Promise<string | null> {
    return (await this.#free(context)) ?? (await this.#quotas(context, account));
  }

  async #free(context: EngineContext): Promise<string | null> {
    const { minFreeBytes } = this.#limits;
    if (minFreeBytes === 0) return null;
    const free = await freeRoom(context);
    for (const place of ['assets', 'work', 'events'] as const) {
      const left = free[place];
      if (left !== null && left < minFreeBytes)
        return `${left} bytes are free for the ${PLACES[place]}, ${minFreeBytes} are wanted before anything is bought (minFreeBytes). Make room${left === 0 ? ', or let this user write there' : ''}, then run again.`;
    }
    return null;
  }

  async #quotas(context: EngineContext, account: string | null): Promise<string | null> {
    const { total, accounts = {} } = this.#limits.quota;
    const own = account === null ? undefined : accounts[account];
    if (total === undefined && own === undefined) return null;
    const over = ({ total: all, accounts: each }: Measured, since: number): string | null =>
      exceeded('The asset store', all + since, total) ??
      exceeded(`The account ${account}`, (each.get(account ?? '') ?? 0) + since, own);
    const known = this.#measured;
    const isLate = known === null || context.clock.monotonic() - known.at > MEASURED_MS;
    // That it fits is believed for a while; that it does not is looked at anew.
    if (!isLate && over(known, context.spool.written - known.spooled) === null) return null;
    return over(await this.#measure(context), 0);
  }

  #measure(context: EngineContext): Promise<Measured> {
    const measuring = async (): Promise<Measured> => (this.#measured = await measure(context));
    return (this.#measuring ??= measuring().finally(() => (this.#measuring = null)));
  }
}

function exceeded(what: string, bytes: number, quota: number | undefined): string | null {
  if (quota === undefined || bytes < quota) return null;
  return `${what} holds ${bytes} bytes; its quota is ${quota}. Delete projects and sweep, or raise the quota, then run again.`;
}

async function measure(context: EngineContext): Promise<Measured> {
  const [at, spooled] = [context.clock.monotonic(), context.spool.written];
  const { stored, accounts } = await takeCensus(context);
  return { at, spooled, total: bytesIn(stored.values()), accounts };
}
