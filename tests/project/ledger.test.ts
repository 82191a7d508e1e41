import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EventDraft } from '../../src/project/events.ts';
import { planSteps } from '../../src/project/graph.ts';
import { viewOf } from '../../src/project/project.ts';
import type { Step } from '../../src/project/steps.ts';
import type { MicroUsd } from '../../src/spec/index.ts';
import { created, intended, sceneNamed, started, TestLog } from './build.ts';

const WORST = 100;
const fates = [
  'submitted',
  'unknown',
  'rejected',
  'settled',
  'free',
  'charge-unknown',
  'resolve-charged',
  'resolve-not',
  'abandon',
  'run-end',
] as const;

function eventOf(fate: (typeof fates)[number], callId: string): EventDraft {
  const settled = (charged: number | null): EventDraft => ({
    type: 'call.settled',
    body: {
      callId,
      outcome: 'failed',
      charged: charged as MicroUsd | null,
      usage: null,
      made: [],
      failure: { kind: 'transient', message: '' },
      blocked: null,
    },
  });
  if (fate === 'submitted') return { type: 'call.submitted', body: { callId, handle: {} } };
  if (fate === 'unknown') return { type: 'call.unknown', body: { callId, reason: '' } };
  if (fate === 'rejected') return { type: 'call.rejected', body: { callId, reason: '', kind: 'transient' } };
  if (fate === 'settled') return settled(40);
  if (fate === 'free') return settled(0);
  if (fate === 'charge-unknown') return settled(null);
  if (fate === 'run-end') return { type: 'run.ended', body: { run: 'r', status: 'stopped' } };
  return {
    type: 'call.resolved',
    body: {
      callId,
      outcome: fate === 'resolve-charged' ? 'charged' : fate === 'resolve-not' ? 'not-charged' : 'abandon',
    },
  };
}

it('counts the money of a call once, in one place, whatever facts come in whatever order', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...fates), { maxLength: 12 }), (course) => {
      const log = new TestLog();
      log.append(created([sceneNamed('s0', 'cut')]), started('r'));
      const step = planSteps(log.state).find(({ status }) => status === 'ready') as Step;
      log.append(intended(step, 'r', 'p.c', WORST));
      let ended = false;
      for (const fate of course) {
        if (fate === 'run-end' && ended) continue;
        ended ||= fate === 'run-end';
        log.append(eventOf(fate, 'p.c'));
        const { charged, held, unknown } = log.state.ledger;
        const call = log.state.calls.get('p.c');
        for (const amount of [charged, held, unknown]) expect(amount).toBeGreaterThanOrEqual(0);
        expect([charged, held, unknown].filter((amount) => amount > 0).length).toBeLessThanOrEqual(1);
        expect(held > 0).toBe(call?.state === 'intended' || call?.state === 'submitted');
        if (typeof call?.settled?.charged === 'number')
          expect({ charged, held, unknown }).toEqual({ charged: call.settled.charged, held: 0, unknown: 0 });
        expect(log.state.open.has('p.c')).toBe(['intended', 'submitted', 'unknown'].includes(call?.state ?? ''));
      }
    }),
    { seed: 7, numRuns: 2000 },
  );
});

it('is told of a moment: the money of a view that was given out never changes', () => {
  const log = new TestLog();
  log.append(created([sceneNamed('s0', 'cut')]), started('r'));
  const before = viewOf(log.state, true);
  const step = planSteps(log.state).find(({ status }) => status === 'ready') as Step;
  log.append(intended(step, 'r', 'p.c', WORST));
  expect([before, viewOf(log.state, true)].map(({ money }) => money.held)).toEqual([0, WORST]);
});
