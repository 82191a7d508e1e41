import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A hold does not fit under the cap of its pool. */
export class PoolFullError extends VidpipeError {
  constructor(fields: { readonly pool: string; readonly missing: number }, options?: ErrorOptions) {
    const { pool, missing } = fields;
    super(
      'pool-full',
      `The pool ${pool} lacks ${missing}: raise its cap, or wait until held amounts are released.`,
      { pool, missing },
      options,
    );
  }
}
