import { InvalidChangeError, SeqConflictError } from '../errors/index.ts';
import { applyDrafts } from '../project/apply-drafts.ts';
import { change } from '../project/changes.ts';
import { parseChanges } from '../project/changes/parse.ts';
import type { ChangeGiven, Changes } from '../project/changes/types.ts';
import { changeWarnings, supersededSteps } from '../project/changes/warnings.ts';
import type { EventDraft, MadeAsset } from '../project/events.ts';
import type { Reference, StoredReference, Warning } from '../project/settings.ts';
import type { ProjectState } from '../project/state.ts';
import type { HoldChange } from '../spec/index.ts';
import { assertRemedies } from '../stages/custom-remedies.ts';
import type { EngineContext } from './context.ts';
import type { ProjectLog } from './log.ts';
import { imaginedReferences, storeReferences } from './references.ts';
import { discard, openSupplied, storeSupplied } from './supply.ts';

/** What changes are made with. */
function givenBy(
  context: EngineContext,
  supplied: ReadonlyMap<string, MadeAsset>,
  references: readonly StoredReference[],
): ChangeGiven {
  const at = new Date(context.clock.now()).toISOString();
  return { catalogue: context.catalogue, at, supplied, references, newId: () => context.newId() };
}

/** Options and models that no provider has, remedies that the pipeline was not given. Throws `InvalidChangeError`, `UnknownModelError`, `UnknownRemedyError`. */
function checkProviders(context: EngineContext, { settings }: Changes): void {
  const issues = Object.entries(settings?.options ?? {}).flatMap(([provider, options]) =>
    context.optionIssues(provider, options).map((issue) => `settings.options.${provider}: ${issue}`),
  );
  if (issues.length > 0) throw new InvalidChangeError({ issues });
  for (const id of Object.values(settings?.models ?? {}).flat()) context.model(id);
  assertRemedies(settings?.safety?.remedies ?? [], context.remedies);
}

/** A budget is the cap of the project's pool, and is set in the batch of its event. */
function capsOf({ id }: ProjectState, events: readonly EventDraft[]): HoldChange[] {
  const budgets = events.flatMap(({ type, body }) => (type === 'settings.changed' ? (body.settings.budget ?? []) : []));
  return budgets.map((amount) => ({ kind: 'cap', pool: `project/${id}`, amount }));
}

/**
 * Stores what `changes` bring along, and answers the events that they make of a project, on whatever state it has then. Nothing is stored where the
 * changes are not possible on `state`. Throws `InvalidChangeError`, `UnknownModelError`, `AssetStoreError`.
 */
export async function prepare(
  context: EngineContext,
  state: ProjectState,
  changes: Changes,
): Promise<(now: ProjectState) => EventDraft[]> {
  const asked = parseChanges(changes);
  checkProviders(context, asked);
  const references: readonly Reference[] = asked.settings?.references ?? [];
  const opened = await openSupplied(context, asked);
  const looks = new Map(opened.map(({ stepId, made }) => [stepId, made]));
  try {
    change(state, asked, givenBy(context, looks, imaginedReferences(references)));
  } catch (error) {
    await discard(context, opened);
    throw error;
  }
  const supplied = await storeSupplied(context, opened, state);
  const given = givenBy(context, supplied, await storeReferences(context, references));
  return (now) => change(now, asked, given);
}

/** Options of `Pipeline.revise`. */
export interface ReviseOptions {
  /** The `seq` of the project that the changes were made for: where anything has happened since, nothing is changed. @default whatever has happened */
  readonly expectedSeq?: number;
}

/** Appends what `changes` make of a project, all or nothing. Throws as `prepare`, and `SeqConflictError`. */
export async function revise(
  context: EngineContext,
  log: ProjectLog,
  changes: Changes,
  { expectedSeq: expected }: ReviseOptions = {},
): Promise<void> {
  const { projectId } = log;
  const assertSeq = ({ seq: actual }: ProjectState): void => {
    if (expected !== undefined && actual !== expected) throw new SeqConflictError({ projectId, expected, actual });
  };
  const present = await log.refresh();
  assertSeq(present);
  const changed = await prepare(context, present, changes);
  await log.decide((now) => {
    assertSeq(now);
    const events = changed(now);
    return { events, holds: capsOf(now, events) };
  });
}

/** A project as changes would make it, and what is to be told of them. */
export interface Foreseen {
  readonly state: ProjectState;
  readonly warnings: readonly Warning[];
  /** Steps whose artifact is used no more. */
  readonly superseded: readonly string[];
}

/** The same on a copy: nothing is stored or appended. Streams are read. Throws as `revise`. */
export async function foresee(context: EngineContext, state: ProjectState, changes: Changes): Promise<Foreseen> {
  const asked = parseChanges(changes);
  if (Object.keys(asked).length === 0) return { state, warnings: [], superseded: [] };
  checkProviders(context, asked);
  const opened = await openSupplied(context, asked);
  await discard(context, opened);
  const looks = new Map(opened.map(({ stepId, made }) => [stepId, made]));
  const given = givenBy(context, looks, imaginedReferences(asked.settings?.references ?? []));
  const after = structuredClone(state);
  applyDrafts(after, change(state, asked, given), given.at);
  return { state: after, warnings: changeWarnings(state, after, asked), superseded: supersededSteps(state, after) };
}
