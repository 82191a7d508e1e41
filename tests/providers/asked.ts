import { createHash } from 'node:crypto';
import type { CallOptions, ClipRequest, ImageInput, ImageRequest, Reply } from 'vidpipe/provider';

let serial = 0;

/** Options of a call of its own; any of them replaced. */
export function call(given: Partial<CallOptions> = {}): CallOptions {
  serial += 1;
  return { callId: `call-${serial}`, signal: new AbortController().signal, fetch, ...given };
}

/** Bytes as a picture for a model. */
export function input(bytes: Uint8Array, role: ImageInput['role'], mediaType = 'image/png'): ImageInput {
  const digest = `sha256-${createHash('sha256').update(bytes).digest('hex')}` as const;
  return { bytes, mediaType, digest, role };
}

/** A request for a small still. */
export function stillOf(prompt: string, given: Partial<ImageRequest> = {}): ImageRequest {
  return { prompt, ratio: '16:9', width: 320, height: 180, seed: 1, images: [], ...given };
}

/** A request for a small clip of 4 s without sound, between two frames. */
export function clipOf(start: Uint8Array, end: Uint8Array | null, given: Partial<ClipRequest> = {}): ClipRequest {
  return {
    prompt: 'slow push in',
    seconds: 4,
    ratio: '16:9',
    width: 320,
    height: 180,
    resolution: '720p',
    audio: false,
    seed: 1,
    takes: 1,
    startFrame: input(start, 'start-frame'),
    ...(end === null ? {} : { endFrame: input(end, 'end-frame') }),
    ...given,
  };
}

/** The only output of a reply that succeeded, in memory. */
export function bytesOf(reply: Reply | { readonly state: 'running' }): Uint8Array {
  const output = reply.state === 'succeeded' ? reply.outputs[0] : undefined;
  if (output === undefined || !('bytes' in output)) throw new Error(`no bytes: ${JSON.stringify(reply)}`);
  return output.bytes;
}
