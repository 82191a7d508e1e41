/** Whose turn something is, and how soon within its group: lower numbers first. */
export interface Turn {
  readonly group: string;
  readonly priority: number;
}

/** How much is under way, and how much waits. */
export interface Load {
  readonly running: number;
  readonly queued: number;
}

interface Group<T> {
  readonly waiting: Set<T>;
  running: number;
  /** When it was served last, or else has come. */
  since: number;
}

interface Candidate<T> {
  readonly group: Group<T>;
  readonly item: T;
  readonly priority: number;
}

function isBefore<T>(one: Candidate<T>, other: Candidate<T>): boolean {
  const { running, since } = one.group;
  return (running - other.group.running || since - other.group.since || one.priority - other.priority) < 0;
}

/**
 * What waits for a free slot. The slot goes to the group that has the least under way, then to the one that was served or has come longest ago; within a
 * group to the lowest priority number, then to what has waited longest.
 */
export class FairQueue<T> {
  readonly #turnOf: (item: T) => Turn;
  readonly #mostOfGroup: number;
  readonly #groups = new Map<string, Group<T>>();
  /** Goes up by two with each turn, so that a group that comes is behind those that waited before the last turn, and before the one that had it. */
  #now = 0;

  constructor(turnOf: (item: T) => Turn, mostOfGroup = Infinity) {
    this.#turnOf = turnOf;
    this.#mostOfGroup = mostOfGroup;
  }

  /** All that waits, group by group. */
  get waiting(): readonly T[] {
    return [...this.#groups.values()].flatMap(({ waiting }) => [...waiting]);
  }

  /** Of the groups that have something waiting or under way. */
  get loads(): ReadonlyMap<string, Load> {
    return new Map([...this.#groups].map(([name, { running, waiting }]) => [name, { running, queued: waiting.size }]));
  }

  /** Of all groups. */
  get load(): Load {
    const sum = (one: Load, other: Load): Load => ({
      running: one.running + other.running,
      queued: one.queued + other.queued,
    });
    return [...this.loads.values()].reduce(sum, { running: 0, queued: 0 });
  }

  add(item: T): void {
    const { group: name } = this.#turnOf(item);
    const group = this.#groups.get(name) ?? { waiting: new Set(), running: 0, since: this.#now - 1 };
    this.#groups.set(name, group);
    group.waiting.add(item);
  }

  /** Takes out what waits no longer; answers whether it was waiting. */
  remove(item: T): boolean {
    const { group: name } = this.#turnOf(item);
    const removed = this.#groups.get(name)?.waiting.delete(item) ?? false;
    this.#tidy(name);
    return removed;
  }

  /** Takes what is to begin now, `undefined` where nothing may; its turn lasts until `end`. */
  take(): T | undefined {
    let best: Candidate<T> | undefined;
    for (const group of this.#groups.values()) {
      const item = group.running < this.#mostOfGroup ? this.#firstOf(group) : undefined;
      if (item === undefined) continue;
      const candidate = { group, item, priority: this.#turnOf(item).priority };
      if (best === undefined || isBefore(candidate, best)) best = candidate;
    }
    if (best === undefined) return undefined;
    const { group, item } = best;
    group.waiting.delete(item);
    group.running += 1;
    group.since = this.#now += 2;
    return item;
  }

  /** What was taken is over. */
  end(item: T): void {
    const { group: name } = this.#turnOf(item);
    const group = this.#groups.get(name);
    if (group !== undefined) group.running -= 1;
    this.#tidy(name);
  }

  #firstOf({ waiting }: Group<T>): T | undefined {
    let first: T | undefined;
    for (const item of waiting)
      if (first === undefined || this.#turnOf(item).priority < this.#turnOf(first).priority) first = item;
    return first;
  }

  #tidy(name: string): void {
    const group = this.#groups.get(name);
    if (group?.running === 0 && group.waiting.size === 0) this.#groups.delete(name);
  }
}
