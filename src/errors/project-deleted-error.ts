import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** The project was deleted. */
export class ProjectDeletedError extends VidpipeError {
  constructor(fields: { readonly projectId: string }, options?: ErrorOptions) {
    const { projectId } = fields;
    super('project-deleted', `The project ${projectId} was deleted.`, { projectId }, options);
  }
}
