import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A log or database that does not hold together. */
export class CorruptLogError extends VidpipeError {
  constructor(fields: { readonly what: string; readonly reason: string }, options?: ErrorOptions) {
    const { what, reason } = fields;
    super(
      'corrupt-log',
      `${what} is damaged: ${reason}. Restore it from a copy; nothing new is bought before that.`,
      { what, reason },
      options,
    );
  }
}
