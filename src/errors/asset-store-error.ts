import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** The asset store or the work folder could not take bytes. What was paid for stays asked for, and is taken when the store has room. */
export class AssetStoreError extends VidpipeError {
  constructor(fields: { readonly reason: string }, options?: ErrorOptions) {
    const { reason } = fields;
    super(
      'asset-store',
      `The bytes can not be kept: ${reason} Make room in the asset store and the work folder, or mend them, then run again: nothing is bought twice.`,
      { reason },
      options,
    );
  }
}
