import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** Data written by a newer version of vidpipe. */
export class NewerFormatError extends VidpipeError {
  constructor(
    fields: { readonly what: string; readonly found: number; readonly known: number },
    options?: ErrorOptions,
  ) {
    const { what, found, known } = fields;
    super(
      'newer-format',
      `${what} has format ${found}; this version of vidpipe knows up to ${known}. Upgrade vidpipe.`,
      { what, found, known },
      options,
    );
  }
}
