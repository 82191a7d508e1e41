import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A plan was approved that is not the present one any more; nothing was approved. */
export class StalePlanError extends VidpipeError {
  constructor(
    fields: { readonly projectId: string; readonly approved: string; readonly present: string },
    options?: ErrorOptions,
  ) {
    super(
      'stale-plan',
      `The plan of ${fields.projectId} has changed since it was shown (settings, words or prices). Look at it again with plan() and approve its digest.`,
      { ...fields },
      options,
    );
  }
}
