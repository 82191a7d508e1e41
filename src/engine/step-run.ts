import type { Waiting } from '../project/events.ts';
import type { Task } from '../spec/index.ts';
import type { Moment } from './submit.ts';

/** One run of one step. */
export interface StepRun {
  readonly task: Task;
  readonly signal: AbortSignal;
  /** When this process first saw an open call. */
  firstRead(callId: string): Moment;
  waits(waiting: Waiting): void;
}
