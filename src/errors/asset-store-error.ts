import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** The asset store could not take bytes, tried for some minutes. What was paid for stays asked for, and is taken when the store has room. */
export class AssetStoreError extends VidpipeError {
  constructor(fields: { readonly reason: string }, options?: ErrorOptions) {
    const { reason } = fields;
    super(
      'asset-store',
      `The asset store takes no bytes: ${reason} Make room or mend it, then run again: nothing is bought twice.`,
      { reason },
      options,
    );
  }
}
