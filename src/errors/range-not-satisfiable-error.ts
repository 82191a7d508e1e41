import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A range starts past the end of an asset. */
export class RangeNotSatisfiableError extends VidpipeError {
  constructor(fields: { readonly digest: string; readonly size: number }, options?: ErrorOptions) {
    const { digest, size } = fields;
    super(
      'range-not-satisfiable',
      `The range starts past the end of ${digest} (${size} bytes).`,
      { digest, size },
      options,
    );
  }
}
