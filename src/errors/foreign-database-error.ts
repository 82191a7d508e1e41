import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** The database file is not one of vidpipe. */
export class ForeignDatabaseError extends VidpipeError {
  constructor(fields: { readonly file: string; readonly reason: string }, options?: ErrorOptions) {
    const { file, reason } = fields;
    super(
      'foreign-database',
      `${file} is not a vidpipe database (${reason}). Nothing was changed; name another file.`,
      { file, reason },
      options,
    );
  }
}
