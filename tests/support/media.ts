import { readFileSync, writeFileSync } from 'node:fs';
import type { MediaTool } from 'vidpipe';

interface Facts {
  readonly kind: 'image' | 'video' | 'unknown';
  readonly width: number;
  readonly height: number;
  readonly seconds?: number;
  readonly note?: string;
}

/** Bytes that `paperMedia` takes for a picture or a clip: their facts, written down. */
export function paper(facts: Facts): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(facts));
}

function read(path: string): Facts {
  return JSON.parse(readFileSync(path, 'utf8')) as Facts;
}

/** A `MediaTool` without ffmpeg, for tests and benchmarks of the engine: files hold their facts as JSON. */
export function paperMedia(overrides: Partial<MediaTool> = {}): MediaTool {
  const probe: MediaTool['probe'] = (path) => {
    const facts = read(path);
    return Promise.resolve({
      ...facts,
      mediaType: facts.kind === 'video' ? 'video/mp4' : 'image/png',
      fps: 24,
      hasAudio: true,
    });
  };
  return {
    specVersion: 1,
    preflight: () => Promise.resolve(),
    verify: () => Promise.resolve(),
    probe,
    stitch: ({ clips, width, height, out }) => {
      const seconds = clips.reduce((sum, clip) => sum + (clip.seconds ?? 0), 0);
      writeFileSync(out, paper({ kind: 'video', width, height, seconds }));
      return probe(out);
    },
    fitImage: async (from, to, size) => writeFileSync(to, paper({ ...read(from), ...size })),
    frameOf: async (from, to) =>
      writeFileSync(to, paper({ ...read(from), kind: 'image', note: `frame of ${from.length}` })),
    poster: async (_from, to) => writeFileSync(to, 'poster'),
    contactSheet: async (_clips, to) => writeFileSync(to, 'sheet'),
    ...overrides,
  };
}
