import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** Another process drives the project. */
export class LeaseHeldError extends VidpipeError {
  constructor(
    fields: { readonly projectId: string; readonly owner: string; readonly expiresAt: string },
    options?: ErrorOptions,
  ) {
    const { projectId, owner, expiresAt } = fields;
    super(
      'lease-held',
      `The project ${projectId} is driven by ${owner} until ${expiresAt}. Wait for it, or stop it with Pipeline.stop().`,
      { projectId, owner, expiresAt },
      options,
    );
  }
}
