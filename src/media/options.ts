/** Where the programs are, and how long one may take. */
export interface FfmpegOptions {
  /** @default FFMPEG_PATH, else `ffmpeg` on PATH */
  readonly ffmpegPath?: string;
  /** @default FFPROBE_PATH, else `ffprobe` on PATH */
  readonly ffprobePath?: string;
  /** Wall time that one child may take per minute of media, and at least; milliseconds. @default 600000 */
  readonly timeoutMs?: number;
}
