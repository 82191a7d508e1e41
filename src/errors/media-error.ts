import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** ffmpeg or ffprobe refused, failed or produced a bad file. */
export class MediaError extends VidpipeError {
  constructor(fields: { readonly action: string; readonly reason: string }, options?: ErrorOptions) {
    const { action, reason } = fields;
    super('media', `${action} failed: ${reason}`, { action, reason }, options);
  }
}
