/** Where the programs are, and how long one may take. */
export interface FfmpegOptions {
  /** @default FFMPEG_PATH, else `ffmpeg` on PATH */
  readonly ffmpegPath?: string;
  /** @default FFPROBE_PATH, else `ffprobe` on PATH */
  readonly ffprobePath?: string;
  /** Wall time that one child may take per minute of media, and at least; milliseconds. @default 600000 */
  readonly timeoutMs?: number;
}

// #region inspector
/**
 * What `mediaInspector` takes for a defect. Shares are of the clip's length, 0 to 1; above 1 the defect is not looked for. What is black, frozen or
 * silent at a moment are ffmpeg's own defaults (ffmpeg-filters, `blackdetect`, `freezedetect`, `silencedetect`): 98 % of the pixels below a tenth of
 * full luminance, a mean difference below a thousandth (-60 dB), sound below -60 dB; only spells of half a second and longer count. The shares, the
 * tolerance and the spread are vidpipe's own choice: a clip that is mostly so is of no use.
 */
export interface MediaInspectorOptions extends FfmpegOptions {
  /** Share of black picture. @default 0.5 */
  readonly black?: number;
  /** Share of standing picture. @default 0.8 */
  readonly frozen?: number;
  /** Share of silence, where sound was asked for. @default 0.95 */
  readonly silent?: number;
  /** Seconds that a clip may be longer or shorter than was asked for. @default 0.5 */
  readonly tolerance?: number;
  /** A still is blank when neither luminance nor a colour spreads over more of its 256 values. @default 8 */
  readonly spread?: number;
}
// #endregion
