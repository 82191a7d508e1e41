import { describe, expect, it } from 'vitest';
import { effectOf, TRANSITIONS, type StatusBefore } from '../../src/project/transitions.ts';
import { LOG_STATUSES } from '../../src/project/status.ts';
import type { EventType } from '../../src/project/events.ts';

const statuses: readonly StatusBefore[] = ['none', ...LOG_STATUSES];
const facts: readonly EventType[] = [
  'call.submitted',
  'call.delivered',
  'call.unknown',
  'call.rejected',
  'call.settled',
  'artifact.inspected',
  'artifact.scored',
];
const users: readonly EventType[] = [
  'parent.reported',
  'settings.changed',
  'scene.edited',
  'scene.removed',
  'scene.moved',
  'scenes.supplied',
  'scenes.requested',
  'take.requested',
  'take.selected',
  'artifact.kept',
  'artifact.supplied',
  'artifact.released',
  'gate.approved',
  'stop.requested',
  'call.resolved',
  'artifact.blocked',
];

/** What the table must say, told by rule and not by copy. */
function expected(status: StatusBefore, event: EventType): string | null {
  if (event === 'project.created') return status === 'none' ? 'stay' : null;
  if (status === 'none') return null;
  if (event === 'work.inherited') return status === 'pending' ? 'stay' : null;
  if (facts.includes(event) || users.includes(event)) return 'stay';
  if (event === 'run.started') return 'run';
  if (status !== 'running') return null;
  return event === 'run.ended' ? 'end' : 'stay';
}

describe('the table of status and event', () => {
  for (const event of Object.keys(TRANSITIONS) as EventType[]) {
    it.each(statuses)(`${event} while %s`, (status) => {
      const wanted = expected(status, event);
      if (wanted === null) expect(() => effectOf(status, event)).toThrow(/not possible/);
      else expect(effectOf(status, event)).toBe(wanted);
    });
  }
});
