import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** Bytes are not served: they, or what they show, are blocked. */
export class AssetBlockedError extends VidpipeError {
  constructor(
    fields: { readonly projectId: string; readonly digest: string; readonly reasons: readonly string[] },
    options?: ErrorOptions,
  ) {
    const { projectId, digest, reasons } = fields;
    super(
      'asset-blocked',
      `${digest} of project ${projectId} is blocked: ${reasons.join(' ')} Run the project to have what is missing made.`,
      { projectId, digest, reasons },
      options,
    );
  }
}
