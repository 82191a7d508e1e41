import type { Waiting } from '../project/events.ts';
import type { Task } from '../spec/index.ts';
import type { Moment } from './submit.ts';

/** One run of one step. `firstRead` tells when this process first saw an open call. */
export interface StepRun {
  readonly task: Task;
  /** Ends the waiting for what is under way. */
  readonly signal: AbortSignal;
  /** Nothing new begins any more; aborted with `signal` at the latest. */
  readonly ending: AbortSignal;
  firstRead(callId: string): Moment;
  readonly waits: (waiting: Waiting) => void;
}
