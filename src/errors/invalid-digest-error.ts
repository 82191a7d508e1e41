import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A digest that is not `sha256-` and 64 hexadecimal digits. */
export class InvalidDigestError extends VidpipeError {
  constructor(fields: { readonly digest: string }, options?: ErrorOptions) {
    const digest = String(fields.digest).slice(0, 80);
    super(
      'invalid-digest',
      `Expected a digest such as sha256-<64 hex digits>, got ${JSON.stringify(digest)}.`,
      { digest },
      options,
    );
  }
}

/** Throws `InvalidDigestError` unless `digest` is well formed; stores call it before they touch anything. */
export function assertDigest(digest: string): void {
  if (typeof digest !== 'string' || digest.length !== 71 || !/^sha256-[0-9a-f]{64}$/.test(digest))
    throw new InvalidDigestError({ digest });
}
