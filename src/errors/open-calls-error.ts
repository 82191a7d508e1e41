import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A project can not be deleted while calls of it are open: what they bring would be lost. */
export class OpenCallsError extends VidpipeError {
  constructor(fields: { readonly projectId: string; readonly calls: readonly string[] }, options?: ErrorOptions) {
    const { projectId, calls } = fields;
    super(
      'open-calls',
      `Calls of the project ${projectId} are open (${calls.join(', ')}). Fetch what they bring with Pipeline.collect() or answer them with Pipeline.resolve(); or delete with { force: true }, which counts each as charged at its worst price.`,
      { projectId, calls },
      options,
    );
  }
}
