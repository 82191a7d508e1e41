import { VidpipeError, type ErrorOptions } from './vidpipe-error.ts';

/** ffmpeg or ffprobe is missing or too old. */
export class FfmpegMissingError extends VidpipeError {
  constructor(fields: { readonly program: string; readonly reason: string }, options?: ErrorOptions) {
    const { program, reason } = fields;
    super(
      'ffmpeg-missing',
      `${program} can not be used (${reason}). Install ffmpeg 5 or newer (Debian: apt-get install ffmpeg; macOS: brew install ffmpeg) or set FFMPEG_PATH and FFPROBE_PATH.`,
      { program, reason },
      options,
    );
  }
}
