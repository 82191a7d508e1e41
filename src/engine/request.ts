import type { Ask, ImageAsk, PictureRef } from '../stages/requests.ts';
import { replySchema } from '../stages/writing.ts';
import type { ClipRequest, ImageInput, ImageRequest, ModelEntry, PriceRequest, TextRequest } from '../spec/index.ts';
import type { EngineContext, UsableModel } from './context.ts';
import { bytesOf } from './intake.ts';

/** A request with its bytes, ready for a model of its kind. */
export type Loaded =
  | { readonly kind: 'text'; readonly request: TextRequest }
  | { readonly kind: 'image'; readonly request: ImageRequest }
  | { readonly kind: 'video'; readonly request: ClipRequest };

async function picture(context: EngineContext, ref: PictureRef): Promise<ImageInput> {
  const bytes = await bytesOf(context, ref.digest);
  const mediaType = bytes[0] === 0x89 ? 'image/png' : bytes[0] === 0xff ? 'image/jpeg' : 'image/webp';
  return { bytes, mediaType, ...ref };
}

function loadPictures(context: EngineContext, refs: readonly PictureRef[]): Promise<ImageInput[]> {
  return Promise.all(refs.map((ref) => picture(context, ref)));
}

/** Loads the bytes that a request names. */
export async function loadRequest(context: EngineContext, ask: Ask): Promise<Loaded> {
  if (ask.kind === 'text') {
    const { kind, shape, scenes: _, ...rest } = ask;
    return { kind, request: { ...rest, schema: replySchema(shape) } };
  }
  if (ask.kind === 'image') {
    const { kind, pictures, ...rest } = ask;
    return { kind, request: { ...rest, images: await loadPictures(context, pictures) } };
  }
  const { kind, start, end, references, ...rest } = ask;
  const startFrame = await picture(context, { digest: start, role: 'start-frame' });
  const endFrame = end === undefined ? {} : { endFrame: await picture(context, { digest: end, role: 'end-frame' }) };
  const given = references.length === 0 ? {} : { references: await loadPictures(context, references) };
  return { kind, request: { ...rest, startFrame, ...endFrame, ...given } };
}

/** No tokenizer makes more tokens of a text than it has bytes. */
function mostTokens(...texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function pricedImage(
  { width, height, size, prompt, pictures }: ImageAsk,
  entry: ModelEntry,
): Omit<PriceRequest, 'model' | 'at'> {
  const { inputTokensPerImage: each = 0, maxOutputTokens = 0 } = entry.kind === 'image' ? entry.can : {};
  return {
    images: 1,
    resolution: size ?? `${width}x${height}`,
    inputTokens: mostTokens(prompt) + each * pictures.length,
    maxOutputTokens,
  };
}

/** What is priced for a request. */
export function pricedFor(ask: Ask, usable: UsableModel, at: string): PriceRequest {
  const base = { model: usable.id, at };
  if (ask.kind === 'image') return { ...base, ...pricedImage(ask, usable.entry) };
  if (ask.kind === 'video')
    return { ...base, seconds: ask.seconds * ask.takes, audio: ask.audio, resolution: ask.resolution };
  const maxOutputTokens = usable.entry.kind === 'text' ? usable.entry.can.maxOutputTokens : 0;
  return {
    ...base,
    inputTokens: mostTokens(ask.system, ask.prompt, JSON.stringify(replySchema(ask.shape))),
    maxOutputTokens,
  };
}
