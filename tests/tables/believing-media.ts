import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { MediaTool } from 'vidpipe';
import { paper, paperMedia } from 'vidpipe/testing';
import { encodePng } from '../../providers/simulated/png.ts';

const GREY = encodePng(64, 36, new Uint8Array(64 * 36 * 3).fill(90));

/** Paper media for real pictures and clips, which it takes for what was asked: a film is then made without ffmpeg, and what is sent is real. */
export function believingMedia(): MediaTool {
  const inner = paperMedia();
  const probe: MediaTool['probe'] = async (path) => {
    const head = readFileSync(path).subarray(0, 24);
    if (head[0] === '{'.charCodeAt(0)) return inner.probe(path);
    if (head.toString('latin1', 1, 4) !== 'PNG')
      return { kind: 'video', mediaType: 'video/mp4', width: 1280, height: 720, seconds: 4, fps: 24, hasAudio: true };
    return { kind: 'image', mediaType: 'image/png', width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
  };
  return {
    ...inner,
    probe,
    stitch: ({ width, height, out }) => {
      writeFileSync(out, paper({ kind: 'video', width, height, seconds: 4 }));
      return probe(out);
    },
    fitImage: async (from, to) => copyFileSync(from, to),
    frameOf: async (_, to) => writeFileSync(to, GREY),
  };
}
