import { FfmpegMissingError } from '../errors/index.ts';
import type { MediaTool } from '../spec/index.ts';
import { decode } from './decode.ts';
import type { FfmpegOptions } from './options.ts';
import { contactSheet, fitImage, frameOf, poster } from './pictures.ts';
import { probe, toolsOf } from './probe.ts';
import { judged } from './self-test.ts';
import { run } from './spawn.ts';
import { stitch } from './stitch.ts';

const OLDEST = 5;

async function checkProgram(program: string): Promise<void> {
  const text = await run({ program, args: ['-version'], action: 'asking for the version', timeoutMs: 10_000 }).catch(
    (error: unknown) => {
      if (error instanceof FfmpegMissingError) throw error;
      throw new FfmpegMissingError({ program, reason: 'it does not run' }, { cause: error });
    },
  );
  const version = Number(/version n?(\d+)\./.exec(text)?.[1] ?? OLDEST);
  if (version < OLDEST) throw new FfmpegMissingError({ program, reason: `version ${version} is too old` });
}

/** ffmpeg and ffprobe as child processes. */
export function ffmpegNow(options: FfmpegOptions): MediaTool {
  const tools = toolsOf(options);
  let checked = false;
  return {
    specVersion: 1,
    preflight: async () => {
      if (!checked) await Promise.all([checkProgram(tools.ffmpeg), checkProgram(tools.ffprobe)]);
      checked = true;
    },
    probe: (path, signal) => judged(tools, () => probe(tools, path, signal), signal),
    verify: (path, signal) => {
      const look = async (): Promise<void> => {
        const { seconds = 0 } = await probe(tools, path, signal);
        await decode(tools, path, seconds, signal);
      };
      return judged(tools, look, signal);
    },
    stitch: (request, signal) => stitch(tools, request, signal),
    fitImage: (from, to, size, signal) => judged(tools, () => fitImage(tools, from, to, size, signal), signal),
    frameOf: (from, to, which, signal) => frameOf(tools, from, to, which, signal),
    poster: (from, to, signal) => poster(tools, from, to, signal),
    contactSheet: (clips, to, signal) => contactSheet(tools, clips, to, signal),
  };
}
