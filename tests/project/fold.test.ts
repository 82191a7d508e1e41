import { describe, expect, it } from 'vitest';
import type { EventDraft } from '../../src/project/events.ts';
import { applyEvent } from '../../src/project/fold.ts';
import { storable, upcast } from '../../src/project/formats.ts';
import { planSteps } from '../../src/project/graph.ts';
import { created, sceneNamed, started, success, TestLog } from './build.ts';

const requested = (requestId: string, before: string | null): EventDraft => ({
  type: 'scenes.requested',
  body: { requestId, lengths: [4], before, direction: null },
});
const added = (requestId: string, id: string): EventDraft => ({
  type: 'scenes.added',
  body: { run: 'r', requestId, callId: 'c', attempt: 1, scenes: [sceneNamed(id)] },
});

function project(ids: readonly string[]): TestLog {
  const log = new TestLog();
  log.append(created(ids.map((id) => sceneNamed(id))), started('r'));
  return log;
}

describe('added scenes', () => {
  it.each([
    [null, ['a', 'b', 'n']],
    ['b', ['a', 'n', 'b']],
    ['a', ['n', 'a', 'b']],
    ['gone', ['a', 'b', 'n']],
  ])('before %s', (before, order) => {
    const log = project(['a', 'b']);
    log.append(requested('q', before), added('q', 'n'));
    expect(log.state.scenes.map(({ scene }) => scene.id)).toEqual(order);
    expect(planSteps(log.state).find(({ id }) => id === 'scenes:q')?.status).toBe('completed');
  });

  it('that nobody asked for are a corrupt log', () => {
    expect(() => project(['a']).append(added('q', 'n'))).toThrow('nobody asked for');
  });

  it('wait for the storyboard, and hold back the film', () => {
    const log = new TestLog();
    log.append(created(null), requested('q', null), started('r'));
    const status = (id: string): string | undefined => planSteps(log.state).find((step) => step.id === id)?.status;
    expect([status('storyboard'), status('scenes:q'), status('film')]).toEqual(['ready', 'pending', 'pending']);
  });
});

describe('a log that is not whole', () => {
  const stored = { seq: 1, at: '2026-01-01T00:00:00.000Z', projectId: 'p', format: 1, body: {} };

  it.each([
    ['a gap', { seq: 3, ...started('r') }, 'event 3 follows 1'],
    ['a second birth', { seq: 2, ...created([]) }, 'project.created'],
    [
      'a call that was never intended',
      { seq: 2, type: 'call.submitted', body: { callId: 'p.x', handle: {} } },
      'never intended',
    ],
  ] as const)('%s', (_, event, message) => {
    const log = new TestLog();
    log.append(created([]));
    expect(() => applyEvent(log.state, { ...stored, ...event })).toThrow(message);
  });

  it('begins with something else', () => {
    expect(() => applyEvent(null, { ...stored, ...started('r') })).toThrow('run.started');
  });

  it.each([
    ['an unknown type', { type: 'film.polished' }, 'film.polished'],
    ['a newer format', { type: 'run.started', format: 99 }, '99'],
    ['a body that is none', { type: 'run.started', body: 'text' }, 'not an object'],
  ])('%s is refused, typed', (_, event, message) => {
    expect(() => upcast({ ...stored, ...event })).toThrow(message);
  });

  it('an event goes into the store and comes back as it was', () => {
    const draft = started('r');
    const { body, ...event } = upcast({ ...stored, ...storable(draft) });
    expect({ type: event.type, body }).toEqual(draft);
  });
});

describe('facts that come late', () => {
  it('a second settlement of a call changes nothing', () => {
    const log = project(['a']);
    const [step] = planSteps(log.state);
    if (step === undefined) throw new Error('a project without steps');
    const drafts = success(step, 'r');
    log.append(...drafts, ...drafts.slice(1));
    expect(log.state.ledger).toEqual({ charged: 10, held: 0, unknown: 0 });
    expect(planSteps(log.state)[0]?.artifact?.ordinal).toBe(0);
  });

  it('a rejection after a submission changes nothing', () => {
    const log = project(['a']);
    const [step] = planSteps(log.state);
    if (step === undefined) throw new Error('a project without steps');
    const [intent] = success(step, 'r');
    if (intent?.type !== 'call.intended') throw new Error('no intent');
    const { callId } = intent.body;
    log.append(
      intent,
      { type: 'call.submitted', body: { callId, handle: {} } },
      { type: 'call.rejected', body: { callId, reason: '', kind: 'never-sent' } },
    );
    expect(log.state.ledger.held).toBe(20);
    expect(log.state.open.has(callId)).toBe(true);
  });
});
