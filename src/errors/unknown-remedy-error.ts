import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A project names a remedy of the user's own that the pipeline was not given; nothing was sent. */
export class UnknownRemedyError extends VidpipeError {
  constructor(
    fields: { readonly names: readonly string[]; readonly known: readonly string[] },
    options?: ErrorOptions,
  ) {
    const { names, known } = fields;
    super(
      'unknown-remedy',
      `No remedy of this name was given to the pipeline: ${names.join(', ')}; there are ${known.join(', ') || 'none'}. Give it as \`remedies\` of new Pipeline().`,
      { names, known },
      options,
    );
  }
}
