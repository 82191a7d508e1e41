import { readFileSync, writeFileSync } from 'node:fs';
import type { MediaTool, StitchRequest } from 'vidpipe';

/** What paper says of itself. `note` is anything that tells it from other paper. */
export interface PaperFacts {
  readonly kind: 'image' | 'video' | 'unknown';
  readonly width: number;
  readonly height: number;
  readonly seconds?: number;
  readonly note?: string;
}

/** Bytes that `paperMedia` takes for a picture or a clip: their facts, written down. */
export function paper(facts: PaperFacts): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(facts));
}

function read(path: string): PaperFacts {
  return JSON.parse(readFileSync(path, 'utf8')) as PaperFacts;
}

/** Frames of a film as `ffmpegTool` makes it: of each clip what it has, and no more than is asked; a fade takes its own from both its neighbours. */
function stitchedFrames({ clips, fps, transition }: Pick<StitchRequest, 'clips' | 'fps' | 'transition'>): number {
  const frames = clips.map(({ path, seconds: asked = Infinity }) =>
    Math.max(1, Math.round(Math.min(asked, read(path).seconds ?? 0) * fps)),
  );
  const longest = Math.floor(Math.min(...frames) / 2);
  const fade = transition.kind === 'fade' ? Math.min(Math.max(1, Math.round(transition.seconds * fps)), longest) : 0;
  return frames.reduce((sum, each) => sum + each, -fade * (frames.length - 1));
}

/** A `MediaTool` without ffmpeg, for tests and benchmarks of the engine: files hold their facts as JSON, a film the notes of its clips. */
export function paperMedia(overrides: Partial<MediaTool> = {}): MediaTool {
  const probe: MediaTool['probe'] = async (path) => {
    const { note: _, ...facts } = read(path);
    return { ...facts, mediaType: facts.kind === 'video' ? 'video/mp4' : 'image/png', fps: 24, hasAudio: true };
  };
  return {
    specVersion: 1,
    preflight: () => Promise.resolve(),
    verify: () => Promise.resolve(),
    probe,
    stitch: ({ clips, width, height, fps, transition, out }) => {
      const seconds = stitchedFrames({ clips, fps, transition }) / fps;
      const note = [...clips.map(({ path }) => read(path).note ?? ''), transition.kind].join(' ');
      writeFileSync(out, paper({ kind: 'video', width, height, seconds, note }));
      return probe(out);
    },
    fitImage: async (from, to, size) => writeFileSync(to, paper({ ...read(from), ...size })),
    frameOf: async (from, to) =>
      writeFileSync(to, paper({ ...read(from), kind: 'image', note: `frame of ${read(from).note ?? ''}` })),
    poster: async (_from, to) => writeFileSync(to, 'poster'),
    contactSheet: async (_clips, to) => writeFileSync(to, 'sheet'),
    ...overrides,
  };
}
