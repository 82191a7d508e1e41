import { describe, expect, it } from 'vitest';
import { checkLedger, type PoolSums } from '../../src/money/verify-ledger.ts';
import { ledgerCsv } from '../../src/money/ledger-csv.ts';
import { type Ledger, ledgerOf } from '../../src/money/ledger.ts';
import { planSteps } from '../../src/project/graph.ts';
import type { EventBodies, EventDraft } from '../../src/project/events.ts';
import type { Step } from '../../src/project/steps.ts';
import type { MicroUsd } from '../../src/spec/index.ts';
import { created, intended, sceneNamed, started, success, TestLog } from '../project/build.ts';

const WORST = 100;

/** A project of one scene with one call, `p.1`, of its first step, and what is told of it. */
function called(facts: readonly EventDraft[], priced = true): { readonly ledger: Ledger; readonly log: TestLog } {
  const log = new TestLog();
  log.append(created([sceneNamed('a', 'cut')]), started('r'));
  const [first] = planSteps(log.state);
  const intent = intended(first as Step, 'r', 'p.1', WORST) as Extract<EventDraft, { type: 'call.intended' }>;
  log.append(priced ? intent : { ...intent, body: { ...intent.body, price: null } }, ...facts);
  return { ledger: ledgerOf(log.state), log };
}

function settled(charged: number | null): EventDraft {
  const failure = { kind: 'empty', message: 'nothing came' } as const;
  const outcome = { outcome: 'failed', usage: null, made: [], failure, blocked: null } as const;
  return { type: 'call.settled', body: { callId: 'p.1', charged: charged as MicroUsd | null, ...outcome } };
}

const submitted: EventDraft = { type: 'call.submitted', body: { callId: 'p.1', handle: {} } };
const unknown: EventDraft = { type: 'call.unknown', body: { callId: 'p.1', reason: 'reset' } };
const rejected: EventDraft = { type: 'call.rejected', body: { callId: 'p.1', reason: 'busy', kind: 'transient' } };
const answered = (outcome: EventBodies['call.resolved']['outcome']): EventDraft[] => [
  unknown,
  { type: 'call.resolved', body: { callId: 'p.1', outcome } },
];

describe('the money of a call', () => {
  it.each<[string, EventDraft[], object]>([
    ['intended', [], { state: 'held', held: WORST }],
    ['submitted', [submitted], { state: 'held', held: WORST }],
    ['rejected', [rejected], { state: 'released', released: WORST }],
    ['unknown', [submitted, unknown], { state: 'unknown', unknown: WORST }],
    ['unknown, and charged by your word', answered('charged'), { state: 'charged', charged: WORST, released: 0 }],
    ['unknown, and not charged by your word', answered('not-charged'), { state: 'released', released: WORST }],
    ['unknown, and sent again', answered('resubmit'), { state: 'unknown', unknown: WORST }],
    ['unknown, and given up', answered('abandon'), { state: 'unknown', unknown: WORST }],
    ['settled for less', [settled(30)], { state: 'charged', charged: 30, released: 70 }],
    ['settled for nothing', [settled(0)], { state: 'released', charged: 0, released: WORST }],
    ['settled above its worst', [settled(130)], { state: 'charged', charged: 130, released: 0 }],
    ['settled for nobody knows what', [settled(null)], { state: 'unknown', unknown: WORST }],
    ['settled after your word', [...answered('charged'), settled(30)], { state: 'charged', charged: 30 }],
  ])('%s stands where the sums of the project have it', (_, facts, expected) => {
    const { ledger, log } = called(facts);
    expect(ledger.entries).toMatchObject([{ callId: 'p.1', ...expected }]);
    const { charged, held, unknown: lost } = ledger.totals;
    expect({ charged, held, unknown: lost }).toEqual(log.state.ledger);
  });

  it('without a price is worth nothing, whatever you say of it', () => {
    expect(called(answered('charged'), false).ledger.entries).toMatchObject([{ state: 'unknown', unknown: 0 }]);
    const [header = '', line = ''] = ledgerCsv(called([unknown], false).ledger).split('\r\n');
    const cells = Object.fromEntries(header.split(',').map((name, at) => [name, line.split(',')[at]]));
    expect(cells).toMatchObject({ state: 'unknown', expected_micro_usd: '', worst_micro_usd: '', usage: '' });
  });

  it('of a clip is superseded when its words have changed, and not when they come back', () => {
    const log = new TestLog();
    log.append(created([sceneNamed('a', 'cut')]), started('r'));
    const complete = (): void => {
      for (let step: Step | undefined; (step = planSteps(log.state).find(({ status }) => status === 'ready'));)
        log.append(...success(step, 'r'));
    };
    const edit = (motionPrompt: string): void =>
      log.append({ type: 'scene.edited', body: { sceneId: 'a', words: { motionPrompt } } });
    complete();
    edit('other');
    complete();
    expect(ledgerOf(log.state).totals).toMatchObject({ charged: 40, superseded: 10 });
    expect(ledgerOf(log.state).byScene['a']).toMatchObject({ superseded: 10 });
    edit('m a');
    expect(ledgerOf(log.state).totals).toMatchObject({ charged: 40, superseded: 10 });
  });
});

describe('a comparison', () => {
  const pool = ({ totals }: Ledger, more: Partial<PoolSums> = {}): PoolSums => {
    return { name: 'project/p', held: totals.held + totals.unknown, charged: totals.charged, ...more };
  };
  const kinds = (facts: readonly EventDraft[], bill: readonly [string, number][] | null = null): string[] => {
    const { ledger } = called(facts);
    const lines = bill?.map(([call, microUsd]) => ({ call, microUsd: microUsd as MicroUsd })) ?? null;
    return checkLedger(ledger, pool(ledger), lines).findings.map(({ kind }) => kind);
  };

  it('tells of a charge above the worst price, and of one that is not the exact price', () => {
    expect(kinds([settled(130)])).toEqual(['above-worst']);
    expect(kinds([settled(30)])).toEqual(['not-as-estimated']);
    expect(kinds([settled(100)])).toEqual([]);
  });

  it('tells of what a bill knows and nobody could tell, and says nothing where it does not', () => {
    expect(kinds([unknown], [['p.1', 100]])).toEqual(['billed-unknown']);
    expect(kinds([unknown], [])).toEqual([]);
    expect(kinds([submitted], [])).toEqual([]);
  });

  it('misses no line for what costs nothing', () => {
    expect(kinds([settled(0)], [])).toEqual([]);
    expect(kinds([settled(100)], [])).toEqual(['not-billed']);
  });

  it('adds up the lines of a call, a credit among them', () => {
    expect(
      kinds(
        [settled(100)],
        [
          ['p.1', 130],
          ['p.1', -30],
        ],
      ),
    ).toEqual([]);
  });

  it('tells of a pool that holds something else', () => {
    const { ledger } = called([unknown]);
    const { findings, ok } = checkLedger(ledger, pool(ledger, { held: 0 }), null);
    expect([ok, findings]).toEqual([false, [{ kind: 'pool', subject: 'project/p', ledger: WORST, other: 0 }]]);
  });
});
