import { InvalidSettingsError } from '../errors/index.ts';

/**
 * Every figure of retries, waits and deadlines that the engine keeps by itself; `docs/retries.md` tells what each is for and where it comes from.
 * Those of one model (deadlines of its requests and jobs, times between looks, limits) are in its catalogue entry; how many replies a writer is asked for is `WRITING_TRIES` of its stage.
 */
export const POLICY = {
  /** Waits between tries, milliseconds: `firstMs`, doubling up to `mostMs`, each with up to `jitter` of itself more. */
  waits: { firstMs: 500, mostMs: 30_000, jitter: 0.25 },
  /** Tries of one submission that was certainly not accepted, while the time to send it lasts. */
  submitTries: 4,
  /** Tries of one download, and of keeping delivered bytes: some two minutes, since they may exist nowhere else. */
  downloadTries: 9,
  /** Downloads of one output whose bytes are no good: a connection that is cut may look like the end of a body. */
  badOutputTries: 3,
  /** Longest `Retry-After` that a download waits for; after a longer one its job is looked at again later. */
  downloadPatienceMs: 120_000,
  /** Tries of putting bytes into the store: as long. */
  storeTries: 9,
  /** Tries of writing to and reading of the event store before a run rests: some eight seconds. */
  logTries: 5,
  /** Tries of reading bytes from the store: some eight seconds. */
  readTries: 5,
  /** Looks at delivered bytes that must fail before they are to blame, and not ffmpeg. */
  inspectTries: 3,
  /** One look at a running operation. */
  lookDeadlineMs: 30_000,
  /** One cancellation. */
  cancelDeadlineMs: 10_000,
  /** Intake of what came with an answer: it exists nowhere else, so no stop ends it. */
  intakeDeadlineMs: 600_000,
  /** All looks of `collect` at one project. */
  collectDeadlineMs: 60_000,
  /** How often the log is read by those who wait for it, where the store can not tell that it has grown. */
  followMs: 500,
  /** How often a reader of the log looks whether its project is still there. */
  goneLookMs: 5_000,
  /** How often one who stops a run looks whether it has ended. */
  stopLookMs: 100,
  /** Longest wait of a decision that lost against another one, for each time that it lost in a row. */
  conflictMs: 5,
  /** How often the driver reads the log. */
  driverLookMs: 250,
  /** How long a model is left alone after a 429 that names no time. */
  rateLimitedMs: 20_000,
  /** Longest that a breaker stays open; it doubles each time that its probe fails. */
  mostOpenMs: 900_000,
} as const;

// #region retry
/** How long failing models are borne with. Other figures are fixed; `docs/retries.md` lists them all. */
export interface RetryOptions {
  /** Calls of one step to one model in a run, before the step moves to the next model or waits; 1 to 20. @default 4 */
  readonly tries?: number;
  /** Calls to a model in a row, each begun after the one before had failed, that open its breaker; 1 to 1000. @default 4 */
  readonly failures?: number;
  /** How long a breaker stays open at first, milliseconds; doubles up to 15 minutes. 1000 to 900,000. @default 60000 */
  readonly openMs?: number;
  /** Longest pause that a provider asks for (429 with `Retry-After`) and a run waits for in place, milliseconds, up to 3,600,000. @default 120000 */
  readonly patienceMs?: number;
}
// #endregion

const DEFAULTS: Required<RetryOptions> = { tries: 4, failures: 4, openMs: 60_000, patienceMs: 120_000 };
const BOUNDS: Readonly<Record<keyof RetryOptions, readonly [number, number]>> = {
  tries: [1, 20],
  failures: [1, 1000],
  openMs: [1000, 900_000],
  patienceMs: [0, 3_600_000],
};

/** The options, complete. Throws `InvalidSettingsError` that lists all that are out of bounds. */
export function retryPolicy(options: RetryOptions = {}): Required<RetryOptions> {
  const policy = { ...DEFAULTS, ...options };
  const issues = Object.entries(BOUNDS).flatMap(([name, [least, most]]) => {
    const value = policy[name as keyof RetryOptions];
    const good = Number.isInteger(value) && value >= least && value <= most;
    return good ? [] : [`retry.${name}: expected a whole number from ${least} to ${most}, got ${value}`];
  });
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
  return policy;
}
