import { block } from './bars.ts';
import { takesAsked } from './candidates.ts';
import type { ProjectEvent } from './events.ts';
import { artifactOf } from './fold-changes.ts';
import { type CallRecord, callOf, type EventOf, heldBy, type ProjectState, stepAt } from './state.ts';

type CallEvent = Extract<ProjectEvent, { readonly type: `call.${string}` }>;

/** Whether an event belongs to a call. */
export function isCallEvent(event: ProjectEvent): event is CallEvent {
  return event.type.startsWith('call.');
}

function intend(state: ProjectState, event: EventOf<'call.intended'>): void {
  const { callId, stepId, fingerprint } = event.body;
  const call: CallRecord = {
    intended: event,
    state: 'intended',
    handle: null,
    delivered: null,
    unknownReason: null,
    rejected: null,
    settled: null,
    resolved: null,
    endedAt: null,
  };
  state.calls.set(callId, call);
  state.open.add(callId);
  stepAt(state, stepId, fingerprint).calls.push(call);
  state.ledger.held += heldBy(call);
}

/** Takes a call's money out of where it stands, before it is put where it belongs now. */
function lift(state: ProjectState, call: CallRecord): void {
  const { ledger } = state;
  if (call.state === 'intended' || call.state === 'submitted') ledger.held -= heldBy(call);
  if (call.state === 'unknown') ledger.unknown -= heldBy(call);
  if (call.state === 'settled') settledMoney(state, call, -1);
  if (call.state === 'abandoned' && call.resolved === 'charged') ledger.charged -= heldBy(call);
  if (call.state === 'abandoned' && call.resolved !== 'charged' && call.resolved !== 'not-charged')
    ledger.unknown -= heldBy(call);
}

/** A settled call whose charge nobody can say stays in `unknown` with its worst price. */
function settledMoney(state: ProjectState, call: CallRecord, sign: 1 | -1): void {
  const charged = call.settled?.charged;
  if (charged === null || charged === undefined) state.ledger.unknown += sign * heldBy(call);
  else state.ledger.charged += sign * charged;
}

function settle(state: ProjectState, call: CallRecord, event: EventOf<'call.settled'>): void {
  if (call.settled !== null) return;
  lift(state, call);
  call.settled = event.body;
  call.rejected = null;
  call.state = 'settled';
  settledMoney(state, call, 1);
  state.open.delete(event.body.callId);
  const { stepId, fingerprint, ordinal, callId } = call.intended.body;
  const { flagged = [], blocked } = event.body;
  const { reasons = [], codes = [] } = blocked ?? {};
  for (const digest of flagged) block(state, { digest, by: 'provider', stepId, reasons, codes });
  const at = stepAt(state, stepId, fingerprint);
  // What comes late, and what nobody has asked for, takes no place of its own.
  const places = at.artifacts.some((take) => take.ordinal === ordinal) ? 1 : takesAsked(call);
  for (const [nth, made] of event.body.made.entries()) {
    const place = ordinal + Math.min(nth, places - 1);
    at.artifacts.push(artifactOf(made, { stepId, fingerprint, ordinal: place, callId }));
  }
}

function reject(state: ProjectState, call: CallRecord, event: EventOf<'call.rejected'>): void {
  if (call.state === 'settled' || call.state === 'submitted') return;
  lift(state, call);
  call.state = 'rejected';
  call.rejected = event.body;
  state.open.delete(event.body.callId);
}

/** The provider has taken it. */
function take(state: ProjectState, call: CallRecord, event: EventOf<'call.submitted' | 'call.delivered'>): void {
  if (event.type === 'call.submitted') call.handle = event.body.handle;
  else call.delivered = event.body;
  if (call.state === 'settled') return;
  lift(state, call);
  call.rejected = null;
  call.state = 'submitted';
  state.ledger.held += heldBy(call);
  state.open.add(event.body.callId);
}

function lose(state: ProjectState, call: CallRecord, event: EventOf<'call.unknown'>): void {
  if (call.state !== 'intended' && call.state !== 'submitted') return;
  lift(state, call);
  call.state = 'unknown';
  call.unknownReason = event.body.reason;
  state.ledger.unknown += heldBy(call);
}

/** The user's answer; a later fact of the provider overrules it. */
function resolve(state: ProjectState, call: CallRecord, event: EventOf<'call.resolved'>): void {
  if (call.state !== 'unknown' && call.state !== 'abandoned') return;
  lift(state, call);
  call.resolved = event.body.outcome;
  call.state = 'abandoned';
  state.open.delete(event.body.callId);
  if (call.resolved === 'charged') state.ledger.charged += heldBy(call);
  if (call.resolved === 'resubmit' || call.resolved === 'abandon') state.ledger.unknown += heldBy(call);
}

/** Folds one event of a call. */
export function foldCall(state: ProjectState, event: CallEvent): void {
  if (event.type === 'call.intended') return intend(state, event);
  const call = callOf(state, event.body.callId);
  const before = call.state;
  if (event.type === 'call.submitted' || event.type === 'call.delivered') take(state, call, event);
  else if (event.type === 'call.unknown') lose(state, call, event);
  else if (event.type === 'call.rejected') reject(state, call, event);
  else if (event.type === 'call.settled') settle(state, call, event);
  else resolve(state, call, event);
  if (call.state !== before) call.endedAt = state.open.has(event.body.callId) ? null : event.at;
}
