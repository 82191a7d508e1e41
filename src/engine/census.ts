import { digestsIn, UnderWay } from '../project/named.ts';
import type { Digest } from '../spec/index.ts';
import { allProjects } from './all-projects.ts';
import type { EngineContext } from './context.ts';

/** What the bytes of one project come to. */
export interface ProjectUsage {
  readonly projectId: string;
  readonly account: string | null;
  /** All that its log names. */
  readonly bytes: number;
  /** What no other project names: so much a sweep frees once it is deleted. */
  readonly own: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Count = Mutable<ProjectUsage>;

/** Stored bytes and who names them. */
export interface Held {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly storedAt: number;
  /** How many projects name it. */
  names: number;
}

interface Counted extends Held {
  first: Count | null;
  last: Count | null;
  readonly accounts: (string | null)[];
}

/** All that is stored, and what the logs say of it. */
export interface Census {
  readonly stored: ReadonlyMap<Digest, Held>;
  readonly projects: readonly ProjectUsage[];
  /** Bytes that projects of an account name, each once. */
  readonly accounts: ReadonlyMap<string, number>;
  /** When the oldest work under way began, milliseconds since 1970: what was stored since may be named by an event that is still to come. */
  readonly since: number;
}

/** Counts bytes for a project that names them. */
function count(held: Counted | undefined, mine: Count, accounts: Map<string, number>): void {
  if (held === undefined || held.last === mine) return;
  const { size, first } = held;
  const { account } = mine;
  mine.bytes += size;
  if (first === null) {
    mine.own += size;
    held.first = mine;
  } else if (held.names === 1) first.own -= size;
  if (account !== null && !held.accounts.includes(account)) {
    held.accounts.push(account);
    accounts.set(account, (accounts.get(account) ?? 0) + size);
  }
  held.last = mine;
  held.names += 1;
}

async function listed({ assets }: EngineContext): Promise<Map<Digest, Counted>> {
  const stored = new Map<Digest, Counted>();
  for await (const { digest, size, storedAt } of assets.list())
    stored.set(digest, { size, storedAt: Date.parse(storedAt), names: 0, first: null, last: null, accounts: [] });
  return stored;
}

/** Lists what is stored, then reads every log event by event, and keeps of it only what it says of these bytes. */
export async function takeCensus(context: EngineContext): Promise<Census> {
  const stored = await listed(context);
  const projects: ProjectUsage[] = [];
  const accounts = new Map<string, number>();
  let since = Infinity;
  for await (const { projectId, account } of allProjects(context)) {
    const mine: Count = { projectId, account, bytes: 0, own: 0 };
    const underWay = new UnderWay();
    for await (const event of context.events.read(projectId)) {
      underWay.see(event);
      for (const digest of digestsIn(event.body)) count(stored.get(digest), mine, accounts);
    }
    projects.push(mine);
    since = Math.min(since, underWay.since(context.clock.now()));
  }
  return { stored, projects, accounts, since };
}

/** The sum of sizes. */
export function bytesIn(held: Iterable<Held>): number {
  let bytes = 0;
  for (const { size } of held) bytes += size;
  return bytes;
}
