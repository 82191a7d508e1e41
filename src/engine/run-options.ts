import { InvalidSettingsError } from '../errors/index.ts';

/** Options of a run. */
export interface RunOptions {
  /**
   * Buys as much as the budget and the account's cap allow, also where that is not all. Else a run begins nothing, and waits (`budget`), whose expected
   * cost (`plan().cost.expected`, up to the next closed gate) is more than what is left. @default false
   */
  readonly partial?: boolean;
  /** Takes up steps again that a content filter refused. */
  readonly retry?: 'refused';
  /** Which of an account's projects comes first that wait for their turn: the lowest number, then the oldest. @default 0 */
  readonly priority?: number;
  /** Its abort is a `stop` of that project, whoever has begun the run: running operations are cancelled where the model can. Aborted before, nothing begins. @default none */
  readonly signal?: AbortSignal;
  /**
   * Most milliseconds from `run.started` on, from 1. The run then rests as `waiting` for `deadline` with the time of the next useful look; what runs
   * remotely goes on, for the next `run` or `collect`. Requests that are being sent are waited for, a film that is being joined is not. A run that is on
   * already keeps its own. @default no limit
   */
  readonly deadlineMs?: number;
}

/** Options of `Pipeline.close`. */
export interface CloseOptions {
  /** Most milliseconds that running clips and the joining of films are waited for; nothing new begins meanwhile. @default 0 */
  readonly graceMs?: number;
}

/** Throws `InvalidSettingsError` for a deadline or a priority that is none. */
export function assertRun({ deadlineMs = 1, priority = 0 }: RunOptions): void {
  const issues = [
    ...(deadlineMs >= 1 ? [] : [`deadlineMs: expected at least 1, got ${deadlineMs}`]),
    ...(Number.isFinite(priority) ? [] : [`priority: expected a number, got ${priority}`]),
  ];
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
}
