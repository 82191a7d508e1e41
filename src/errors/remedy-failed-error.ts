import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A remedy of the user's own threw, or answered what can not be sent. */
export class RemedyFailedError extends VidpipeError {
  constructor(fields: { readonly name: string; readonly reason: string }, options?: ErrorOptions) {
    const { name, reason } = fields;
    super('remedy-failed', `The remedy ${name} failed: ${reason}`, { name, reason }, options);
  }
}
