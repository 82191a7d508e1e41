import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type {
  CallOptions,
  ClipRequest,
  ImageInput,
  ImageModel,
  ImageRequest,
  Provider,
  Reply,
  TextModel,
  TextRequest,
  VideoModel,
} from 'vidpipe/provider';
import { simulated } from 'vidpipe/providers/simulated';
import { given } from './given.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** A picture out of a request. */
export interface Picture {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** A clip that is asked for. Without a first frame one is drawn from the prompt. */
export interface ClipWish {
  readonly prompt: string;
  readonly seconds: number;
  readonly ratio: string;
  readonly resolution: string;
  readonly audio: boolean;
  readonly seed?: number;
  readonly start?: Picture;
  readonly end?: Picture;
}

/** A still that is asked for. */
export type StillWish = Pick<ImageRequest, 'prompt' | 'width' | 'height' | 'seed'>;

/** Shorter sides of clips. */
const SIDES: Readonly<Record<string, number>> = { '360p': 360, '720p': 720, '1080p': 1080, '4k': 2160 };
/** So fast that no clip is waited for longer than it takes to render. */
const SPEED = 60_000;
/** References that the simulated provider looks at. */
const REFERENCES = 4;
/** What a picture shows that nothing was said about. */
const WORDS = 'A picture';
/** Lengths of clips of all models, seconds. */
const DURATIONS = Array.from({ length: 13 }, (_, index) => index + 3);

function callOf(callId: string): CallOptions {
  return { callId, signal: new AbortController().signal, fetch };
}

function input({ bytes, mediaType }: Picture, role: ImageInput['role']): ImageInput {
  return { bytes, mediaType, role, digest: `sha256-${createHash('sha256').update(bytes).digest('hex')}` };
}

function bytesOf(reply: Reply): Bytes {
  const output = reply.state === 'succeeded' ? reply.outputs[0] : undefined;
  if (output === undefined || !('bytes' in output))
    throw new Error(`the simulated provider gave ${JSON.stringify(reply)}`);
  return new Uint8Array(output.bytes);
}

/** Width and height of a ratio whose shorter side is given, even. */
function pixels(ratio: string, shorter: number): { readonly width: number; readonly height: number } {
  const [across = 16, down = 9] = ratio.split(':').map(Number);
  const even = (length: number): number => Math.max(2, Math.round(length / 2) * 2);
  const [long, short] = [even((shorter * Math.max(across, down)) / Math.min(across, down)), even(shorter)];
  return across >= down ? { width: long, height: short } : { width: short, height: long };
}

/** The simulated provider knows two ratios by name, and draws every size. */
const ratioOf = (width: number, height: number): string => (width >= height ? '16:9' : '9:16');

/** What the loopback Google delivers: words, stills and clips of the simulated provider, the same for the same request. */
export class Content {
  readonly #provider: Provider;
  readonly #scale: number;

  /** `scale` is how many times smaller than asked pictures are drawn. */
  constructor(dir: string, seed: number, scale: number) {
    this.#provider = simulated({ dir, seed, speed: SPEED, acceptDelayMs: 0, durations: DURATIONS });
    this.#scale = scale;
  }

  /** A storyboard, or scenes that are added to one. */
  async write(id: string, request: TextRequest): Promise<string> {
    const writer = this.#provider.model('writer-1') as TextModel;
    return new TextDecoder().decode(
      bytesOf(await writer.generate({ ...request, prompt: request.prompt || WORDS }, callOf(id))),
    );
  }

  /** A PNG; the first picture conditions it. */
  async draw(id: string, { prompt, width, height, seed }: StillWish, pictures: readonly Picture[]): Promise<Bytes> {
    const still = this.#provider.model('still-1') as ImageModel;
    const [condition, ...references] = pictures;
    const images = [
      ...(condition === undefined ? [] : [input(condition, 'condition')]),
      ...references.slice(0, REFERENCES).map((picture) => input(picture, 'reference')),
    ];
    const small = (side: number): number => Math.max(16, Math.round(side / this.#scale));
    const size = { width: small(width), height: small(height), ratio: ratioOf(width, height) };
    return bytesOf(await still.generate({ prompt: prompt || WORDS, ...size, images, ...given({ seed }) }, callOf(id)));
  }

  /** Keeps a clip's request under its name, across restarts. */
  async begin(id: string, { start, end, resolution, prompt, seconds, audio, seed, ratio }: ClipWish): Promise<void> {
    const side = SIDES[resolution] ?? 720;
    const drawn = start ?? {
      mediaType: 'image/png',
      bytes: await this.draw(`${id}/first`, { prompt, ...pixels(ratio, side), ...given({ seed }) }, []),
    };
    const size = pixels(ratio, side / this.#scale);
    const request: ClipRequest = {
      prompt,
      seconds,
      audio,
      ...size,
      ratio: ratioOf(size.width, size.height),
      resolution: '720p',
      takes: 1,
      startFrame: input(drawn, 'start-frame'),
      ...given({ seed, endFrame: end && input(end, 'end-frame') }),
    };
    await this.#film.start(request, callOf(id));
  }

  /** The MP4 of a clip that was begun. */
  async clip(id: string): Promise<Bytes> {
    const found = await this.#film.lookUp?.({ callId: id, at: '' }, callOf(id));
    if (found === undefined || !('handle' in found)) throw new Error(`no clip ${id} was begun`);
    for (;;) {
      const status = await this.#film.check(found.handle, callOf(id));
      if (status.state !== 'running') return bytesOf(status);
      await wait(1);
    }
  }

  get #film(): VideoModel {
    return this.#provider.model('film-1') as VideoModel;
  }
}
