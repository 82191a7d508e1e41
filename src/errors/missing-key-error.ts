import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A key that a provider needs. */
export class MissingKeyError extends VidpipeError {
  constructor(fields: { readonly option: string; readonly variable: string }, options?: ErrorOptions) {
    const { option, variable } = fields;
    super(
      'missing-key',
      `Give the option ${option} or set the environment variable ${variable}.`,
      { option, variable },
      options,
    );
  }
}
