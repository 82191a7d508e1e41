import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** `inspect` threw, hung or answered what is no verdict, each time; the take is kept, and looked at again in the next run. */
export class InspectionFailedError extends VidpipeError {
  constructor(
    fields: { readonly stepId: string; readonly digest: string; readonly reason: string },
    options?: ErrorOptions,
  ) {
    const { stepId, digest, reason } = fields;
    super(
      'inspection-failed',
      `${digest} of ${stepId} could not be inspected: ${reason}`,
      { stepId, digest, reason },
      options,
    );
  }
}
