import type { ProjectEvent } from 'vidpipe';
import type { PoolState } from 'vidpipe/storage';

/** What a provider says itself that it bills: one line for each submission that it took and charges for. */
export interface Ledgers {
  readonly bills: readonly { readonly callId: string; readonly microUsd: number }[];
  /** Every model can be asked again (look-up or key), so that at rest the sums are equal. */
  readonly exact: boolean;
}

type Of<T extends ProjectEvent['type']> = Extract<ProjectEvent, { readonly type: T }>;

/** Where the money of one call stands. */
interface CallMoney {
  readonly intended: Of<'call.intended'>['body'];
  place: 'held' | 'unknown' | 'charged' | 'none';
  amount: number;
  /** No fact has ended it, and nobody has answered it. */
  open: boolean;
  settled: boolean;
  /** It was taken as never sent. */
  rejected: boolean;
}

/** The ledger, kept from the events alone, in another way than the library keeps it. */
export class Replay {
  readonly calls = new Map<string, CallMoney>();

  /** Sums by place. */
  sum(place: CallMoney['place']): number {
    return [...this.calls.values()].reduce((sum, call) => sum + (call.place === place ? call.amount : 0), 0);
  }

  /** Takes the next event. */
  take(event: ProjectEvent): void {
    if (event.type === 'call.intended') {
      const amount = event.body.price?.worst ?? 0;
      this.calls.set(event.body.callId, {
        intended: event.body,
        place: 'held',
        amount,
        open: true,
        settled: false,
        rejected: false,
      });
      return;
    }
    const call = 'callId' in event.body ? this.calls.get(event.body.callId) : undefined;
    if (call !== undefined && !call.settled) this.#move(call, event);
  }

  #move(call: CallMoney, event: ProjectEvent): void {
    const worst = call.intended.price?.worst ?? 0;
    const put = (place: CallMoney['place'], amount: number, open: boolean): void =>
      void Object.assign(call, { place, amount, open });
    if (event.type === 'call.submitted' || event.type === 'call.delivered') put('held', worst, true);
    if (event.type === 'call.unknown' && call.open) put('unknown', worst, true);
    if (event.type === 'call.rejected') put('none', 0, false);
    if (event.type === 'call.rejected') call.rejected = true;
    if (event.type === 'call.resolved') {
      const { outcome } = event.body;
      const place = outcome === 'charged' ? 'charged' : outcome === 'not-charged' ? 'none' : 'unknown';
      put(place, worst, false);
    }
    if (event.type !== 'call.settled') return;
    const { charged } = event.body;
    put(charged === null ? 'unknown' : 'charged', charged ?? worst, false);
    call.settled = true;
  }
}

/** I1: a call is not intended while another one of its step is open, nor taken by the provider after it was taken as never sent. */
function checkOnce({ calls }: Replay, { type, seq, body }: ProjectEvent): string[] {
  const known = 'callId' in body ? calls.get(body.callId) : undefined;
  if ((type === 'call.submitted' || type === 'call.settled') && known?.rejected === true)
    return [`I1: ${body.callId} was taken by the provider, seq ${seq}, after it was taken as never sent`];
  if (type !== 'call.intended') return [];
  const { stepId, fingerprint, ordinal, callId } = body;
  return [...calls].flatMap(([other, { intended, open }]) => {
    const same = intended.stepId === stepId && intended.fingerprint === fingerprint && intended.ordinal === ordinal;
    return same && open ? [`I1: ${callId} was intended at seq ${seq} while ${other} of the same step was open`] : [];
  });
}

/** I3: at no moment of the log is more spent, held or unknown than the budget allows that it has then. I1: see `checkOnce`. */
export function checkReplay(events: readonly ProjectEvent[]): string[] {
  const replay = new Replay();
  let budget: number | null = null;
  return events.flatMap((event) => {
    const wrong = checkOnce(replay, event);
    replay.take(event);
    if (event.type === 'project.created') budget = event.body.settings.budget;
    if (event.type === 'settings.changed') budget = event.body.settings.budget ?? budget;
    const spent = replay.sum('charged') + replay.sum('held') + replay.sum('unknown');
    const over = budget !== null && spent > budget;
    return over ? [...wrong, `I3: ${spent} spent or held at seq ${event.seq}, the budget is ${budget}`] : wrong;
  });
}

/** I1: no job is looked at by a handle that was not recorded. */
export function checkHandles(events: readonly ProjectEvent[], looked: Iterable<string>): string[] {
  const recorded = new Set(events.flatMap((event) => (event.type === 'call.submitted' ? [event.body.callId] : [])));
  return [...looked].flatMap((callId) =>
    recorded.has(callId) ? [] : [`I1: ${callId} was looked at by a handle that was never recorded`],
  );
}

/** I2: what the provider bills against what the log says, in all and call by call. */
export function checkBills(events: readonly ProjectEvent[], { bills, exact }: Ledgers): string[] {
  const replay = new Replay();
  for (const event of events) replay.take(event);
  const wrong: string[] = [];
  const billed = new Map<string, number>();
  for (const { callId, microUsd } of bills) {
    if (billed.has(callId)) wrong.push(`I1: ${callId} was submitted and billed twice`);
    if (!replay.calls.has(callId)) wrong.push(`I2: ${callId} is billed, and was never intended`);
    billed.set(callId, (billed.get(callId) ?? 0) + microUsd);
  }
  for (const [callId, { place, amount, settled }] of replay.calls) {
    const bill = billed.get(callId) ?? 0;
    if (place === 'none' && bill > 0) wrong.push(`I2: ${callId} costs nothing in the log, and is billed ${bill}`);
    if (place === 'charged' && settled && bill !== amount)
      wrong.push(`I2: ${callId} is charged ${amount}, and billed ${bill}`);
  }
  const total = [...billed.values()].reduce((sum, each) => sum + each, 0);
  const [charged, held, unknown] = [replay.sum('charged'), replay.sum('held'), replay.sum('unknown')];
  if (total > charged + held + unknown)
    wrong.push(`I2: ${total} is billed, charged ${charged}, held ${held}, unknown ${unknown}`);
  if (exact && (total !== charged || held + unknown > 0))
    wrong.push(`I2: charged ${charged}, held ${held} and unknown ${unknown} at rest, ${total} is billed`);
  return wrong;
}

/** What an event means for the pool: the amount of its call that counts as spent, `null`: its hold stays. */
function spends(event: ProjectEvent, worst: number): number | null {
  if (event.type === 'call.rejected') return 0;
  if (event.type === 'call.settled') return event.body.charged;
  if (event.type !== 'call.resolved') return null;
  return event.body.outcome === 'charged' ? worst : event.body.outcome === 'not-charged' ? 0 : null;
}

/** I2: the pool of the store has the holds and charges that the log means; a call that is open after all counts with its worst price. Of charges and releases of a call the last one counts, as stores promise. */
export function checkPool(events: readonly ProjectEvent[], pool: Pick<PoolState, 'held' | 'charged'>): string[] {
  const held = new Map<string, number>();
  const worst = new Map<string, number>();
  const charged = new Map<string, number>();
  /** Given back, though nobody has told its end. */
  const back = new Set<string>();
  for (const event of events) {
    const callId = 'callId' in event.body ? event.body.callId : null;
    if (callId === null) continue;
    if (event.type === 'call.intended') {
      worst.set(callId, event.body.price?.worst ?? 0);
      held.set(callId, worst.get(callId) ?? 0);
    }
    const amount = spends(event, worst.get(callId) ?? 0);
    if (amount !== null) held.delete(callId);
    if (amount !== null) charged.set(callId, amount);
    else if (event.type !== 'call.unknown' && back.has(callId)) charged.set(callId, worst.get(callId) ?? 0);
    if (amount === 0 && event.type !== 'call.settled') back.add(callId);
    else back.delete(callId);
  }
  const sum = (amounts: Iterable<number>): number => [...amounts].reduce((total, each) => total + each, 0);
  const [wantedHeld, wantedCharged] = [sum(held.values()), sum(charged.values())];
  if (pool.held === wantedHeld && pool.charged === wantedCharged) return [];
  return [`I2: the pool has ${pool.held} held and ${pool.charged} charged, the log ${wantedHeld} and ${wantedCharged}`];
}
