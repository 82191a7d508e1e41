import type { Inspect, MediaTool } from '../spec/index.ts';
import type { FfmpegOptions, MediaInspectorOptions } from './options.ts';

/** The default `MediaTool`: ffmpeg and ffprobe as child processes. Nothing is loaded or looked for before the first use. */
export function ffmpegTool(options: FfmpegOptions = {}): MediaTool {
  let loading: Promise<MediaTool> | null = null;
  const tool = (): Promise<MediaTool> =>
    (loading ??= import('./ffmpeg.ts').then(({ ffmpegNow }) => ffmpegNow(options)));
  return {
    specVersion: 1,
    preflight: async () => (await tool()).preflight(),
    probe: async (...asked) => (await tool()).probe(...asked),
    verify: async (...asked) => (await tool()).verify(...asked),
    stitch: async (...asked) => (await tool()).stitch(...asked),
    fitImage: async (...asked) => (await tool()).fitImage(...asked),
    frameOf: async (...asked) => (await tool()).frameOf(...asked),
    poster: async (...asked) => (await tool()).poster(...asked),
    contactSheet: async (...asked) => (await tool()).contactSheet(...asked),
  };
}

/**
 * An `inspect` hook that asks for another take of clips that are black, frozen, silent (where sound was asked for) or of the wrong length, and of stills
 * of one colour. Nothing is loaded before the first look.
 */
export function mediaInspector(options: MediaInspectorOptions = {}): Inspect {
  return async (_, context) => (await import('./defects.ts')).lookForDefects(options, context);
}
