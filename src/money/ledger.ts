import { planSteps } from '../project/graph.ts';
import { supersededBy } from '../project/takes.ts';
import { type CallRecord, heldBy, type ProjectState } from '../project/state.ts';
import type { StepKind } from '../project/kinds.ts';
import type { MicroUsd, ModelId, Price, PriceRequest, Usage } from '../spec/index.ts';

/** Where the money of a call stands. `unknown`: nobody can say yet, so its worst price stays held. */
export type LedgerState = 'held' | 'charged' | 'released' | 'unknown';

/** Money by where it stands, micro-dollars. `released` was held and came back. `superseded` is the part of `charged` for frames and clips that no step wants any more. */
export interface LedgerTotals {
  readonly held: MicroUsd;
  readonly charged: MicroUsd;
  readonly released: MicroUsd;
  readonly unknown: MicroUsd;
  readonly superseded: MicroUsd;
}

/** One billable call. Its price and what it was priced by are those of the day it was made: entries are never priced anew. */
export interface LedgerEntry extends LedgerTotals {
  readonly callId: string;
  readonly stepId: string;
  readonly sceneId: string | null;
  readonly model: ModelId;
  readonly kind: 'text' | 'image' | 'video';
  readonly state: LedgerState;
  /** ISO 8601: when it was written down, before it was sent. */
  readonly at: string;
  /** ISO 8601: when its outcome became known; `null` before. */
  readonly endedAt: string | null;
  /** What was asked for, in units of prices. */
  readonly priced: PriceRequest;
  /** What it was to cost; `null` where nobody knew a price. */
  readonly price: Price | null;
  /** Units that the provider reported; `null` where it did not. */
  readonly usage: Usage | null;
}

/** All money of a project, call by call, and its sums. Plain data. */
export interface Ledger {
  readonly projectId: string;
  readonly account: string | null;
  /** `null`: no limit. */
  readonly budget: MicroUsd | null;
  readonly totals: LedgerTotals;
  readonly byStep: Readonly<Record<string, LedgerTotals>>;
  readonly byScene: Readonly<Record<string, LedgerTotals>>;
  readonly byModel: Readonly<Record<string, LedgerTotals>>;
  readonly byKind: Readonly<Record<string, LedgerTotals>>;
  /** In the order in which they were made. */
  readonly entries: readonly LedgerEntry[];
}

type Sums = { -readonly [K in keyof LedgerTotals]: number };

const ZERO = { held: 0, charged: 0, released: 0, unknown: 0, superseded: 0 } as LedgerTotals;
const NAMES = Object.keys(ZERO) as (keyof LedgerTotals)[];

function add(sums: Sums, entry: LedgerTotals): void {
  for (const name of NAMES) sums[name] += entry[name];
}

function sumOf(entries: readonly LedgerTotals[]): LedgerTotals {
  const sums: Sums = { ...ZERO };
  for (const entry of entries) add(sums, entry);
  return sums as LedgerTotals;
}

function sumsBy(
  entries: readonly LedgerEntry[],
  key: (entry: LedgerEntry) => string | null,
): Record<string, LedgerTotals> {
  const groups = new Map<string, LedgerEntry[]>();
  for (const entry of entries) {
    const name = key(entry);
    if (name === null) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [entry]);
    else group.push(entry);
  }
  return Object.fromEntries(Array.from(groups, ([name, group]) => [name, sumOf(group)]));
}

/** What a call has cost, or `null` where that is not known (yet). */
function costOf({ state, settled, resolved, intended }: CallRecord): MicroUsd | null {
  if (state === 'rejected') return 0 as MicroUsd;
  if (state === 'settled') return settled?.charged ?? null;
  if (state !== 'abandoned') return null;
  if (resolved === 'not-charged') return 0 as MicroUsd;
  return resolved === 'charged' ? (intended.body.price?.worst ?? null) : null;
}

/** Where the money of one call stands. */
function moneyOf(call: CallRecord, isSuperseded: boolean): { readonly state: LedgerState } & LedgerTotals {
  const worst = heldBy(call);
  const cost = costOf(call);
  if (call.state === 'intended' || call.state === 'submitted') return { ...ZERO, state: 'held', held: worst };
  if (cost === null) return { ...ZERO, state: 'unknown', unknown: worst };
  const released = Math.max(0, worst - cost) as MicroUsd;
  if (cost === 0) return { ...ZERO, state: 'released', released };
  return { ...ZERO, state: 'charged', charged: cost, released, superseded: isSuperseded ? cost : (0 as MicroUsd) };
}

function entryOf(call: CallRecord, isSuperseded: boolean): LedgerEntry {
  const { callId, stepId, model, kind, priced, price } = call.intended.body;
  const stepKind = stepId.split(':')[0] as StepKind;
  return {
    callId,
    stepId,
    sceneId: stepKind === 'storyboard' || stepKind === 'scenes' ? null : (stepId.split(':')[1] ?? null),
    model,
    kind,
    at: call.intended.at,
    endedAt: call.endedAt,
    priced,
    price,
    usage: call.settled?.usage ?? null,
    ...moneyOf(call, isSuperseded),
  };
}

/** The ledger of a project: a reading of its calls, nothing is summed elsewhere. Pure. */
export function ledgerOf(state: ProjectState): Ledger {
  const isSuperseded = supersededBy(planSteps(state));
  const entries = Array.from(state.calls.values(), (call) => entryOf(call, isSuperseded(call)));
  return {
    projectId: state.id,
    account: state.settings.account,
    budget: state.settings.budget,
    totals: sumOf(entries),
    byStep: sumsBy(entries, ({ stepId }) => stepId),
    byScene: sumsBy(entries, ({ sceneId }) => sceneId),
    byModel: sumsBy(entries, ({ model }) => model),
    byKind: sumsBy(entries, ({ kind }) => kind),
    entries,
  };
}
