import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** The log has grown since the state that a decision was made on. */
export class SeqConflictError extends VidpipeError {
  constructor(
    fields: { readonly projectId: string; readonly expected: number; readonly actual: number },
    options?: ErrorOptions,
  ) {
    const { projectId, expected, actual } = fields;
    super(
      'seq-conflict',
      `The log of ${projectId} ends at ${actual}, not at ${expected}: another writer was first.`,
      { projectId, expected, actual },
      options,
    );
  }
}
