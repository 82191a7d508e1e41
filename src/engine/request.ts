import type { Ask } from '../stages/requests.ts';
import { replySchema } from '../stages/writing.ts';
import type { ClipRequest, Digest, ImageInput, ImageRequest, PriceRequest, TextRequest } from '../spec/index.ts';
import type { EngineContext, UsableModel } from './context.ts';
import { bytesOf } from './intake.ts';

/** A request with its bytes, ready for a model of its kind. */
export type Loaded =
  | { readonly kind: 'text'; readonly request: TextRequest }
  | { readonly kind: 'image'; readonly request: ImageRequest }
  | { readonly kind: 'video'; readonly request: ClipRequest };

async function picture(
  context: EngineContext,
  digest: Digest,
  role: ImageInput['role'],
  name?: string,
): Promise<ImageInput> {
  const bytes = await bytesOf(context, digest);
  const mediaType = bytes[0] === 0x89 ? 'image/png' : bytes[0] === 0xff ? 'image/jpeg' : 'image/webp';
  return { bytes, mediaType, digest, role, ...(name === undefined ? {} : { name }) };
}

/** Loads the bytes that a request names. */
export async function loadRequest(context: EngineContext, ask: Ask): Promise<Loaded> {
  if (ask.kind === 'text') {
    const { system, prompt, temperature, seed, shape } = ask;
    return { kind: 'text', request: { system, prompt, temperature, seed, schema: replySchema(shape) } };
  }
  if (ask.kind === 'image') {
    const { kind, pictures, ...rest } = ask;
    const images = await Promise.all(pictures.map(({ digest, role, name }) => picture(context, digest, role, name)));
    return { kind, request: { ...rest, images } };
  }
  const { kind, start, end, ...rest } = ask;
  const startFrame = await picture(context, start, 'start-frame');
  const endFrame = end === undefined ? {} : { endFrame: await picture(context, end, 'end-frame') };
  return { kind, request: { ...rest, startFrame, ...endFrame } };
}

/** Characters per token, low on purpose: the count is an upper bound for the worst price. */
const CHARS_PER_TOKEN = 2;

/** What is priced for a request. */
export function pricedFor(ask: Ask, usable: UsableModel, at: string): PriceRequest {
  const base = { model: usable.id, at };
  if (ask.kind === 'image') return { ...base, images: 1, resolution: `${ask.width}x${ask.height}` };
  if (ask.kind === 'video')
    return {
      ...base,
      seconds: ask.seconds * ask.takes,
      audio: ask.audio,
      resolution: `${Math.min(ask.width, ask.height)}p`,
    };
  const maxOutputTokens = usable.entry.kind === 'text' ? usable.entry.can.maxOutputTokens : 0;
  return {
    ...base,
    inputTokens: Math.ceil((ask.system.length + ask.prompt.length) / CHARS_PER_TOKEN),
    maxOutputTokens,
  };
}
