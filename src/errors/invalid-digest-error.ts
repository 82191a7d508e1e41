import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A digest that is not `sha256-` and 64 hexadecimal digits. */
export class InvalidDigestError extends VidpipeError {
  constructor(fields: { readonly digest: string }, options?: ErrorOptions) {
    const { digest } = fields;
    super(
      'invalid-digest',
      `Expected a digest such as sha256-<64 hex digits>, got ${JSON.stringify(digest.slice(0, 80))}.`,
      { digest: digest.slice(0, 80) },
      options,
    );
  }
}
