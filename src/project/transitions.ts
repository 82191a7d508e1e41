import { IllegalTransitionError } from '../errors/index.ts';
import type { EventType } from './events.ts';
import type { LogStatus } from './status.ts';

/** What an event does to the status: nothing, `running`, or what its body says. `null`: not allowed. */
export type Effect = 'stay' | 'run' | 'end' | null;

/** A status, or `none` before the first event. */
export type StatusBefore = LogStatus | 'none';

type Row = Readonly<Record<StatusBefore, Effect>>;

const created: Row = {
  none: 'stay',
  pending: null,
  running: null,
  waiting: null,
  stopped: null,
  failed: null,
  completed: null,
};
/** Only what a fork begins with. */
const inherits: Row = {
  none: null,
  pending: 'stay',
  running: null,
  waiting: null,
  stopped: null,
  failed: null,
  completed: null,
};
/** What a user decides, and what a provider reported, is true in every status. */
const always: Row = {
  none: null,
  pending: 'stay',
  running: 'stay',
  waiting: 'stay',
  stopped: 'stay',
  failed: 'stay',
  completed: 'stay',
};
const starts: Row = {
  none: null,
  pending: 'run',
  running: 'run',
  waiting: 'run',
  stopped: 'run',
  failed: 'run',
  completed: 'run',
};
const ends: Row = {
  none: null,
  pending: null,
  running: 'end',
  waiting: null,
  stopped: null,
  failed: null,
  completed: null,
};
/** What the engine decides holds only inside a run. */
const inRun: Row = {
  none: null,
  pending: null,
  running: 'stay',
  waiting: null,
  stopped: null,
  failed: null,
  completed: null,
};

/** The table: every event in every status. */
export const TRANSITIONS: Readonly<Record<EventType, Row>> = {
  'project.created': created,
  'work.inherited': inherits,
  'parent.reported': always,
  'settings.changed': always,
  'scene.edited': always,
  'scene.removed': always,
  'scene.moved': always,
  'scenes.supplied': always,
  'scenes.requested': always,
  'take.requested': always,
  'take.selected': always,
  'artifact.kept': always,
  'artifact.supplied': always,
  'artifact.released': always,
  'gate.approved': always,
  'artifact.blocked': always,
  'artifact.inspected': always,
  'artifact.scored': always,
  'stop.requested': always,
  'run.started': starts,
  'run.ended': ends,
  'run.crashed': inRun,
  'storyboard.written': inRun,
  'storyboard.faulted': inRun,
  'scenes.added': inRun,
  'scenes.rewritten': inRun,
  'step.completed': inRun,
  'step.failed': inRun,
  'step.refused': inRun,
  'remedy.applied': inRun,
  'remedy.rewritten': inRun,
  'remedy.ineffective': inRun,
  'budget.warned': inRun,
  'model.replaced': inRun,
  'call.intended': inRun,
  'call.submitted': always,
  'call.delivered': always,
  'call.unknown': always,
  'call.rejected': always,
  'call.settled': always,
  'call.resolved': always,
};

/** Looks a cell up. Throws `IllegalTransitionError` for one that is not allowed. */
export function effectOf(status: StatusBefore, event: EventType): Exclude<Effect, null> {
  const effect = TRANSITIONS[event][status];
  if (effect === null) throw new IllegalTransitionError({ status, event });
  return effect;
}
