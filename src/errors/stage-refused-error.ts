import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A reply that a stage can not accept. */
export class StageRefusedError extends VidpipeError {
  constructor(fields: { readonly fault: string; readonly reason: string }, options?: ErrorOptions) {
    const { fault, reason } = fields;
    super('stage-refused', `The reply can not be used (${fault}): ${reason}`, { fault, reason }, options);
  }
}
