const marker = Symbol.for('vidpipe.error');

/** What every error takes beside its own fields. */
export interface ErrorOptions {
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * Base of every error that vidpipe throws. `code` is stable; `docs` is its page in the package: what happened, what to do, what was spent.
 * `details` are the fields that made the message. Works across copies of the package through `isVidpipeError`.
 */
export class VidpipeError extends Error {
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** True for errors of this package, whichever copy of it made them. */
  readonly [marker] = true;

  constructor(
    code: string,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options: ErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }

  /** `docs/errors/<code>.md`. */
  get docs(): string {
    return `docs/errors/${this.code}.md`;
  }
}

/** Whether `value` is an error of this package. */
export function isVidpipeError(value: unknown): value is VidpipeError {
  return typeof value === 'object' && value !== null && marker in value;
}
