import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** No project has this id. */
export class ProjectNotFoundError extends VidpipeError {
  constructor(fields: { readonly projectId: string }, options?: ErrorOptions) {
    const { projectId } = fields;
    super(
      'project-not-found',
      `No project has the id ${JSON.stringify(projectId.slice(0, 80))}. Pipeline.list() names those that there are.`,
      { projectId: projectId.slice(0, 80) },
      options,
    );
  }
}
