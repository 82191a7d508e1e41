/** Status of a project: the one place where these words are spelled. */
export const STATUS = {
  pending: 'pending',
  running: 'running',
  waiting: 'waiting',
  stopped: 'stopped',
  failed: 'failed',
  completed: 'completed',
  interrupted: 'interrupted',
} as const;

/** Status of a step: the one place where these words are spelled. */
export const STEP = {
  pending: 'pending',
  ready: 'ready',
  running: 'running',
  completed: 'completed',
  failed: 'failed',
  refused: 'refused',
} as const;

/** Status as a user sees it. `interrupted` is never in the log: it is derived from the lease on reading. */
export type ProjectStatus = keyof typeof STATUS;

/** A status that the log can say. */
export type LogStatus = Exclude<ProjectStatus, typeof STATUS.interrupted>;

/** Status of a project in its log. */
export const LOG_STATUSES = Object.values(STATUS).filter((status) => status !== STATUS.interrupted);

/** Status of a step. */
export type StepStatus = keyof typeof STEP;

/** The ways a run can end. */
export type RunEnd = Exclude<LogStatus, typeof STATUS.pending | typeof STATUS.running>;

/** Whether a step can go on now. */
export function canGoOn(status: StepStatus): boolean {
  return status === STEP.ready || status === STEP.running;
}

/** Whether a step has ended without what was asked for. */
export function isUnsuccessful(status: StepStatus): boolean {
  return status === STEP.failed || status === STEP.refused;
}
