import type { Pipeline, Project, ProjectEvent, ProjectSummary } from 'vidpipe';
import type { AssetStore, Digest, EventStore } from 'vidpipe/storage';
import { checkBytes, checkOrphans, checkScenes, checkTakes } from './check-assets.ts';
import { checkBlocked } from './check-blocks.ts';
import { checkOrder, checkRest, checkView } from './check-log.ts';
import { checkSecrets } from './check-secrets.ts';
import { checkBills, checkHandles, checkPool, checkReplay, type Ledgers, Replay } from './check-money.ts';

/** A project that has come to rest, and all that it is held against. */
export interface CheckSubject {
  readonly id: string;
  /** Opens a pipeline as a fresh process would. */
  readonly open: () => Pipeline;
  readonly events: EventStore;
  readonly assets: AssetStore;
  /** What the providers say that they bill. */
  readonly ledgers: () => Ledgers;
  /** Requests of any kind that the providers have got. */
  readonly requests: () => number;
  /** Calls whose jobs the providers were asked about by their handle. @default none */
  readonly looked?: () => Iterable<string>;
  /** A process has ended for ever, a store has failed or a change has come: what it kept before that may be named by its call alone, or by a film's clips. @default true */
  readonly mayBeLost?: boolean;
  /** Digests of bytes that a filter has blocked. @default none */
  readonly blocked?: readonly Digest[];
  /** What nobody may be shown: keys, tokens, signatures, parts of handles. @default none */
  readonly secrets?: readonly string[];
  /** What loggers were given and what was thrown, as text. @default none */
  readonly told?: () => Iterable<string>;
  /** Lets work that waits for a clock go on. @default waits */
  readonly run?: <T>(work: Promise<T>) => Promise<T>;
}

async function summaryOf(events: EventStore, id: string): Promise<ProjectSummary | undefined> {
  const { items } = await events.list({ limit: 200 });
  return items.find(({ projectId }) => projectId === id);
}

/** Whether the sums can be equal: nobody had to answer, and no charge is one that nobody can tell. */
function canBeExact(events: readonly ProjectEvent[], { status }: Project): boolean {
  const doubt = events.some(
    ({ type, body }) => type === 'call.resolved' || (type === 'call.settled' && body.charged === null),
  );
  return status === 'completed' && !doubt && !hasOpenCall(events);
}

/** Whether a job is still under way that the finished project needs no more: another run looks at it. */
function hasOpenCall(events: readonly ProjectEvent[]): boolean {
  const replay = new Replay();
  for (const event of events) replay.take(event);
  return [...replay.calls.values()].some(({ open }) => open);
}

/** I7: another run of a finished project asks nobody for anything. */
async function checkAgain(subject: CheckSubject, project: Project, events: readonly ProjectEvent[]): Promise<string[]> {
  if (project.status !== 'completed') return [];
  const before = subject.requests();
  const { run = (work) => work } = subject;
  const { status } = await run(subject.open().run(project.id));
  const asked = subject.requests() - before;
  return [
    ...(asked === 0 || hasOpenCall(events) ? [] : [`I7: another run of the finished project made ${asked} requests`]),
    ...(status === 'completed' ? [] : [`I7: another run of the finished project ended ${status}`]),
  ];
}

/**
 * Holds a project at rest against the invariants I1 to I10 of `docs/guarantees.md`, by public means alone; answers what is violated, in
 * words, each with its number. It runs a finished project once more.
 */
export async function checkProject(subject: CheckSubject): Promise<readonly string[]> {
  const { id, events: store, assets, open, ledgers, blocked = [], run = (work) => work } = subject;
  const project = await run(open().get(id));
  const events: ProjectEvent[] = [];
  for await (const event of store.read(id)) events.push(event as ProjectEvent);
  const { bills, exact } = ledgers();
  const summary = await summaryOf(store, id);
  return [
    ...checkReplay(events),
    ...checkHandles(events, subject.looked?.() ?? []),
    ...checkBills(events, { bills, exact: exact && canBeExact(events, project) }),
    ...checkPool(events, await store.pool(`project/${id}`)),
    ...checkScenes(events, project),
    ...checkTakes(events),
    ...(await checkBytes(events, assets)),
    ...(await checkOrphans(events, assets, subject.mayBeLost ?? true)),
    ...checkOrder(events),
    ...checkView(events, project, summary),
    ...(await checkAgain(subject, project, events)),
    ...(await checkBlocked(events, project, assets, blocked)),
    ...checkSecrets(events, [project, summary], subject.secrets ?? [], subject.told?.() ?? []),
    ...checkRest(project),
  ];
}
