import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** Stored bytes no longer match their digest. */
export class AssetCorruptError extends VidpipeError {
  constructor(fields: { readonly digest: string; readonly reason: string }, options?: ErrorOptions) {
    const { digest, reason } = fields;
    super(
      'asset-corrupt',
      `The asset ${digest} is damaged (${reason}). Restore it from a copy, then run again.`,
      { digest, reason },
      options,
    );
  }
}
