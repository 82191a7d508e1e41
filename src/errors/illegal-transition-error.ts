import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** An event that the status of the project does not allow. */
export class IllegalTransitionError extends VidpipeError {
  constructor(fields: { readonly status: string; readonly event: string }, options?: ErrorOptions) {
    const { status, event } = fields;
    super('illegal-transition', `${event} is not possible while the project is ${status}.`, { status, event }, options);
  }
}
