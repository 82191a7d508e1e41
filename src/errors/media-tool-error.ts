import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** ffmpeg or ffprobe does not work at all now, so nothing can be said of the bytes that it was to look at. */
export class MediaToolError extends VidpipeError {
  constructor(fields: { readonly reason: string }, options?: ErrorOptions) {
    const { reason } = fields;
    super(
      'media-tool',
      `Media can not be looked at now: ${reason}. Mend ffmpeg or what it lacks, then run again: what was paid for is kept, and nothing is bought twice.`,
      { reason },
      options,
    );
  }
}
