import { InvalidSettingsError } from '../errors/index.ts';
import { FairQueue, type Load } from './fair-queue.ts';

/** How many projects may run at once. */
export interface ActiveLimits {
  readonly maxActive: number;
  readonly maxActivePerAccount: number;
}

/** A project that is to run. A lower `priority` comes first. */
export interface Ticket {
  readonly projectId: string;
  readonly account: string | null;
  readonly priority: number;
}

/** Projects of one account, `null` for those without one. */
export interface AccountLoad extends Load {
  readonly account: string | null;
}

/** Projects that run, and that wait for their turn, in this process; `accounts` names those that have any. */
export interface ProjectLoad extends Load {
  readonly limit: ActiveLimits;
  readonly accounts: readonly AccountLoad[];
}

/** The group of an account: none is called as projects without one are. */
const groupOf = (account: string | null): string => JSON.stringify(account);

/** Lets so many projects run at once, in turns that are fair between accounts. */
export class Admission {
  readonly #limits: ActiveLimits;
  readonly #queue: FairQueue<Ticket>;
  readonly #entries = new Map<Ticket, (isIn: boolean) => void>();

  constructor(limits: ActiveLimits) {
    this.#limits = limits;
    const turnOf = ({ account, priority }: Ticket) => ({ group: groupOf(account), priority });
    this.#queue = new FairQueue(turnOf, limits.maxActivePerAccount);
  }

  /** Whether a project waits for its turn. */
  isQueued(ticket: Ticket): boolean {
    return this.#entries.has(ticket);
  }

  /** Resolves when it is a project's turn, which lasts until `leave`; with false when it was taken out. */
  enter(ticket: Ticket): Promise<boolean> {
    return new Promise((resolve) => {
      this.#entries.set(ticket, resolve);
      this.#queue.add(ticket);
      this.#letIn();
    });
  }

  /** A project that was let in has come to rest. */
  leave(ticket: Ticket): void {
    this.#queue.end(ticket);
    this.#letIn();
  }

  /** Takes out one that waits; one that was let in stays. */
  remove(ticket: Ticket): void {
    if (this.#queue.remove(ticket)) this.#resolve(ticket, false);
  }

  /** How many run, and wait. */
  get load(): ProjectLoad {
    const accounts = [...this.#queue.loads].map(([name, load]) => ({
      account: JSON.parse(name) as string | null,
      ...load,
    }));
    return { ...this.#queue.load, limit: this.#limits, accounts };
  }

  #letIn(): void {
    while (this.#queue.load.running < this.#limits.maxActive) {
      const ticket = this.#queue.take();
      if (ticket === undefined) return;
      this.#resolve(ticket, true);
    }
  }

  #resolve(ticket: Ticket, isIn: boolean): void {
    this.#entries.get(ticket)?.(isIn);
    this.#entries.delete(ticket);
  }
}

/** The limits, complete. Throws `InvalidSettingsError` for limits that are none. */
export function activeLimits({
  maxActive = 100,
  maxActivePerAccount = maxActive,
}: Partial<ActiveLimits>): ActiveLimits {
  const limits = { maxActive, maxActivePerAccount };
  const issues = Object.entries(limits).flatMap(([name, most]) =>
    Number.isSafeInteger(most) && most >= 1 ? [] : [`${name}: expected a whole number from 1, got ${String(most)}`],
  );
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
  return limits;
}
