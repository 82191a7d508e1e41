import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** The pipeline was closed. */
export class PipelineClosedError extends VidpipeError {
  constructor(options?: ErrorOptions) {
    super('pipeline-closed', `The pipeline is closed. Make a new one.`, {}, options);
  }
}
