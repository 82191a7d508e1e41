import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** An archive that is not whole, was changed or never was one. Nothing of it was taken over. */
export class InvalidArchiveError extends VidpipeError {
  constructor(fields: { readonly path: string; readonly reason: string }, options?: ErrorOptions) {
    const { path, reason } = fields;
    super('invalid-archive', `The archive ${path} can not be used: ${reason}.`, { path, reason }, options);
  }
}
