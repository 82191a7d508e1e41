import type { AccountLimit } from '../money/accounts.ts';
import type { EventDraft } from '../project/events.ts';
import { callOf, heldBy, type ProjectState } from '../project/state.ts';
import type { HoldChange, MicroUsd, PoolState } from '../spec/index.ts';
import type { EngineContext } from './context.ts';

type CapChange = Extract<HoldChange, { readonly kind: 'cap' }>;

/** Shares of a cap at which `budget.warned` is told, each once for a project and cap. */
const BUDGET_SHARES = [0.5, 0.8, 0.95] as const;

/** The pool of an account now, or in one of its periods: `account/ada`, `account/ada/2026-11`, `account/ada/2026-11-25`. */
function accountPool(context: EngineContext, account: string, per: AccountLimit['per']): string {
  const now = new Date(context.clock.now()).toISOString();
  return per === undefined ? `account/${account}` : `account/${account}/${now.slice(0, per === 'day' ? 10 : 7)}`;
}

function limitOf({ accounts }: EngineContext, { settings }: ProjectState): AccountLimit | undefined {
  return settings.account === null ? undefined : accounts[settings.account];
}

/** The pools that a call draws on that is intended now. */
export function poolsFor(context: EngineContext, state: ProjectState): readonly string[] {
  const { account } = state.settings;
  if (account === null) return [`project/${state.id}`];
  const { per } = limitOf(context, state) ?? {};
  return [...new Set([`project/${state.id}`, `account/${account}`, accountPool(context, account, per)])];
}

/** Caps that the pipeline's options set, as they are now: they go into the batch of each intent, so that no process has to have set them before. */
export function capsFor(context: EngineContext, state: ProjectState): readonly CapChange[] {
  const limit = limitOf(context, state);
  const { account } = state.settings;
  if (limit === undefined || account === null) return [];
  return [{ kind: 'cap', pool: accountPool(context, account, limit.per), amount: limit.cap }];
}

/** The pools of a call: those that its intent names, or for one of an older log its project's and account's. */
function poolsOf(state: ProjectState, callId: string): readonly string[] {
  const { account } = state.settings;
  const named = state.calls.get(callId)?.intended.body.pools;
  return named ?? [`project/${state.id}`, ...(account === null ? [] : [`account/${account}`])];
}

/** The holds of a call that is intended on `pools`. */
export function holdsOn(pools: readonly string[], callId: string, amount: MicroUsd | null): HoldChange[] {
  return amount === null ? [] : pools.map((pool) => ({ kind: 'hold', pool, callId, amount }));
}

/** Ends the holds of a call with what it has cost. */
export function charges(state: ProjectState, callId: string, amount: MicroUsd): HoldChange[] {
  return poolsOf(state, callId).map((pool) => ({ kind: 'charge', pool, callId, amount }));
}

/** Ends the holds of a call at no cost. */
export function releases(state: ProjectState, callId: string): HoldChange[] {
  return poolsOf(state, callId).map((pool) => ({ kind: 'release', pool, callId }));
}

/** What a call counts for that turns out to be open after its hold was given back: its worst price, charged until more is known. No cap refuses it. */
export function chargesAgain(state: ProjectState, callId: string): HoldChange[] {
  const call = callOf(state, callId);
  const isGivenBack = call.state === 'rejected' || (call.state === 'abandoned' && call.resolved === 'not-charged');
  return isGivenBack ? charges(state, callId, heldBy(call)) : [];
}

/** Pools of a project that have a cap, as the store has them now. */
export async function cappedPools(context: EngineContext, state: ProjectState): Promise<readonly PoolState[]> {
  const { budget, account } = state.settings;
  if (budget === null && account === null) return [];
  const pools = await Promise.all(poolsFor(context, state).map((name) => context.events.pool(name)));
  const caps = new Map(capsFor(context, state).map((change) => [change.pool, change.amount]));
  return pools.map((pool) => ({ ...pool, cap: caps.get(pool.name) ?? pool.cap })).filter(({ cap }) => cap !== null);
}

/** What is left of each pool that has a cap; less than nothing where a cap was lowered. */
export async function roomsOf(context: EngineContext, state: ProjectState): Promise<ReadonlyMap<string, number>> {
  const pools = await cappedPools(context, state);
  return new Map(pools.map(({ name, cap, held, charged }) => [name, Number(cap) - held - charged]));
}

/** Warnings of a pool that is spent to one of the shares, and has not been warned of at this cap. */
export function budgetWarnings(state: ProjectState, { name, held, charged, cap }: PoolState): EventDraft[] {
  if (cap === null) return [];
  const spent = held + charged;
  const share = BUDGET_SHARES.findLast((each) => spent >= cap * each);
  const known = state.warned.get(name);
  if (share === undefined || (known?.cap === cap && known.share >= share)) return [];
  return [{ type: 'budget.warned', body: { pool: name, spent: spent as MicroUsd, cap: cap as MicroUsd, share } }];
}
