/** Probed facts of a file: sizes in pixels, `seconds` of video, frames per second. `kind` by content, never by name. */
export interface Probe {
  readonly kind: 'image' | 'video' | 'unknown';
  readonly mediaType: string;
  /** As shown: a clip that says that it is turned is measured turned. */
  readonly width?: number;
  readonly height?: number;
  /** Of the pictures; sound may be shorter or longer. */
  readonly seconds?: number;
  /** On average. */
  readonly fps?: number;
  readonly hasAudio?: boolean;
  readonly videoCodec?: string;
  readonly audioCodec?: string;
  readonly pixelFormat?: string;
}

/** How clips are joined: a hard cut, or a cross-fade of `seconds` (pictures and sound). */
export interface Transition {
  readonly kind: 'cut' | 'fade';
  readonly seconds: number;
}

/** Clips to be joined, as local files in order, each with the seconds of it that are used. */
export interface StitchRequest {
  readonly clips: readonly { readonly path: string; readonly seconds?: number }[];
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly transition: Transition;
  readonly out: string;
}

/** ffmpeg and ffprobe behind functions. All write to the path asked, whole or not at all; all throw `MediaError`, for bytes that are no good, or `FfmpegMissingError`. `probe`, `verify` and `fitImage` throw
 * `MediaToolError` when the tool can not do its work whatever it is given: the bytes are then kept and looked at again, where else they count as bad. */
export interface MediaTool {
  readonly specVersion: 1;
  /** Checks that both programs are there and new enough. Throws `FfmpegMissingError`. */
  preflight(): Promise<void>;
  /** Facts of a file; `unknown` for one that is neither picture nor video. */
  probe(path: string, signal?: AbortSignal): Promise<Probe>;
  /** Decodes all of it; throws on the first fault. */
  verify(path: string, signal?: AbortSignal): Promise<void>;
  /** Joins clips into one MP4 and answers its facts; each within a frame of its seconds: H.264 with square 8-bit 4:2:0 pixels at the size and rate asked, AAC where any clip has sound, index first, no metadata. */
  stitch(request: StitchRequest, signal?: AbortSignal): Promise<Probe>;
  /** Crops and scales a picture to exactly `width` × `height`, PNG. */
  fitImage(
    from: string,
    to: string,
    size: { readonly width: number; readonly height: number },
    signal?: AbortSignal,
  ): Promise<void>;
  /** The first or last frame of a video, PNG. */
  frameOf(from: string, to: string, which: 'first' | 'last', signal?: AbortSignal): Promise<void>;
  /** A JPEG of a representative frame. */
  poster(from: string, to: string, signal?: AbortSignal): Promise<void>;
  /** A JPEG grid with one frame per clip. */
  contactSheet(clips: readonly string[], to: string, signal?: AbortSignal): Promise<void>;
}
