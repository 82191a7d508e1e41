import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** No bytes are stored under a digest. */
export class AssetNotFoundError extends VidpipeError {
  constructor(fields: { readonly digest: string }, options?: ErrorOptions) {
    const { digest } = fields;
    super(
      'asset-not-found',
      `No asset is stored under ${digest}. Restore the asset store, then run again.`,
      { digest },
      options,
    );
  }
}
