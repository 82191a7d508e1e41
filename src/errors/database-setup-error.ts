import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** The database server answers, and can not be used as it is set up: credentials, rights, version, encoding, missing or foreign tables. */
export class DatabaseSetupError extends VidpipeError {
  constructor(
    fields: { readonly database: string; readonly reason: string; readonly fix: string },
    options?: ErrorOptions,
  ) {
    const { database, reason, fix } = fields;
    super('database-setup', `${database} can not be used: ${reason}. ${fix}.`, { database, reason, fix }, options);
  }
}
