/** Status of a project in its log. `interrupted` is not among them: it is derived from the lease on reading. */
export const LOG_STATUSES = ['pending', 'running', 'waiting', 'stopped', 'failed', 'completed'] as const;

/** Status of a project that was never run. */
export const FIRST_STATUS: LogStatus = 'pending';

/** A status that the log can say. */
export type LogStatus = (typeof LOG_STATUSES)[number];

/** Status as a user sees it. */
export type ProjectStatus = LogStatus | 'interrupted';

/** Status of a step. */
export type StepStatus = 'pending' | 'ready' | 'running' | 'completed' | 'failed' | 'refused';

/** The ways a run can end. */
export type RunEnd = 'waiting' | 'stopped' | 'failed' | 'completed';
