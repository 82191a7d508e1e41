import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** Delivered bytes that are not the media that was asked for. */
export class BadOutputError extends VidpipeError {
  constructor(fields: { readonly reason: string }, options?: ErrorOptions) {
    const { reason } = fields;
    super('bad-output', `The provider delivered unusable bytes: ${reason}`, { reason }, options);
  }
}
