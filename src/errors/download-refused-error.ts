import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** A result link that the provider may not be downloaded from. */
export class DownloadRefusedError extends VidpipeError {
  constructor(fields: { readonly host: string; readonly reason: string }, options?: ErrorOptions) {
    const { host, reason } = fields;
    super(
      'download-refused',
      `The download from ${host} was refused: ${reason}. Name the host in the downloads list of the provider if it is right.`,
      { host, reason },
      options,
    );
  }
}
