import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

function fixFor(status: number | undefined, bucket: string): string {
  if (status === 401 || status === 403)
    return `Give the credentials the role roles/storage.objectUser on the bucket ${bucket}.`;
  if (status === 404) return `Make the bucket ${bucket}, or name another one in the option bucket.`;
  return 'Try again; what is stored is not harmed.';
}

/** Cloud Storage, or the way to it, failed. `status` is that of HTTP, where there was an answer. Never carries the client's own error: that holds tokens. */
export class CloudStorageError extends VidpipeError {
  constructor(
    fields: { readonly action: string; readonly bucket: string; readonly status?: number; readonly reason: string },
    options?: ErrorOptions,
  ) {
    const { action, bucket, status, reason } = fields;
    const answer = status === undefined ? '' : ` with ${status}`;
    super(
      'cloud-storage',
      `Cloud Storage failed${answer} to ${action} in ${bucket}: ${reason} ${fixFor(status, bucket)}`,
      { action, bucket, reason, ...(status === undefined ? {} : { status }) },
      options,
    );
  }
}
