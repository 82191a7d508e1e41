import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A bill that can not be read; nothing was compared. */
export class InvalidBillError extends VidpipeError {
  constructor({ reason }: { readonly reason: string }, options?: ErrorOptions) {
    super('invalid-bill', `The bill can not be read: ${reason}.`, { reason }, options);
  }
}
