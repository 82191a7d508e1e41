import { randomUUID } from 'node:crypto';
import { type Cloud, TIMES } from './cloud.ts';
import type { ScriptedFault } from './faults.ts';
import { answerWith, PICTURE_TOKENS, tokensOf } from './generate.ts';
import { type GenerateRequest, generateRequest, picturesOf, wordsOf } from './generate-shapes.ts';
import { given } from './given.ts';
import type { ServedModel } from './models.ts';
import { GoogleRefusal } from './refusal.ts';
import type { Asked } from './routes.ts';

/** What each size is of the pixels of 1K, and its tokens. */
const SIZES: Readonly<Record<string, { readonly times: number; readonly tokens: number }>> = {
  '512': { times: 0.5, tokens: 747 },
  '1K': { times: 1, tokens: 1120 },
  '2K': { times: 2, tokens: 1680 },
  '4K': { times: 4, tokens: 2520 },
};

/** About a million pixels at 1K, sides in steps of 32: 16:9 is 1376 × 768. */
export function stillPixels(ratio: string, size: string): { readonly width: number; readonly height: number } {
  const [across = 1, down = 1] = ratio.split(':').map(Number);
  const { times = 1 } = SIZES[size] ?? {};
  const side = (share: number): number => Math.round((1024 * Math.sqrt(share)) / 32) * 32 * times;
  return { width: side(across / down), height: side(down / across) };
}

/** Bytes, or what is left of them where they are to be bad. */
export function delivered<Bytes extends Uint8Array>(bytes: Bytes, scripted: ScriptedFault | undefined): Uint8Array {
  return scripted?.fault === 'bad-bytes' ? bytes.subarray(0, Math.floor(bytes.byteLength * 0.4)) : bytes;
}

const NOTHING: Readonly<Record<string, { readonly finishReason: string; readonly more: object }>> = {
  'image-safety': {
    finishReason: 'IMAGE_SAFETY',
    more: { finishMessage: 'Unable to show the generated image. The response was filtered by safety settings.' },
  },
  'no-image': { finishReason: 'NO_IMAGE', more: {} },
};
const WORDS = 'Here is the picture.';

function check(
  config: NonNullable<GenerateRequest['generationConfig']>,
  pictures: number,
  imageSize: string,
  { id: model, model: served }: ServedModel,
): void {
  if (served.sizes?.includes(imageSize) !== true)
    throw new GoogleRefusal(400, `${model} has no image size ${imageSize}, only ${served.sizes?.join(', ')}.`);
  if (pictures > (served.pictures ?? 0))
    throw new GoogleRefusal(400, `${model} takes at most ${served.pictures} pictures, not ${pictures}.`);
  if (config.responseJsonSchema !== undefined || config.responseSchema !== undefined)
    throw new GoogleRefusal(400, `JSON mode is not enabled for ${model}`);
}

/** Answers an image model's `generateContent`. */
export async function generateImage(
  cloud: Cloud,
  asked: Asked,
  { id: model, model: served }: ServedModel,
  body: unknown,
  scripted: ScriptedFault | undefined,
): Promise<Response> {
  const { contents, systemInstruction, generationConfig: config = {} } = generateRequest(asked, body);
  const { aspectRatio = '1:1', imageSize = '1K' } = config.imageConfig ?? {};
  const pictures = picturesOf(contents);
  check(config, pictures.length, imageSize, { id: model, model: served });
  const prompt = wordsOf(systemInstruction, ...contents);
  const promptTokens = tokensOf(prompt) + PICTURE_TOKENS * pictures.length;
  const made = { id: randomUUID(), model, ms: TIMES.image, promptTokens };
  const nothing = NOTHING[scripted?.fault ?? ''];
  if (scripted?.fault === 'blocked') return answerWith(cloud, asked, { ...made, blockReason: 'PROHIBITED_CONTENT' });
  if (nothing !== undefined) return answerWith(cloud, asked, { ...made, ...nothing });
  const wish = { prompt, ...stillPixels(aspectRatio, imageSize), ...given({ seed: config.seed }) };
  const bytes = delivered(await cloud.content.draw(made.id, wish, pictures), scripted);
  const picture = { inlineData: { mimeType: 'image/png', data: Buffer.from(bytes).toString('base64') } };
  const words = config.responseModalities?.includes('TEXT') ?? true;
  const reply = {
    ...made,
    parts: words ? [{ text: WORDS }, picture] : [picture],
    textTokens: words ? tokensOf(WORDS) : 0,
    pictureTokens: SIZES[imageSize]?.tokens ?? 0,
    finishReason: 'STOP',
  };
  return answerWith(cloud, asked, reply, { images: 1, size: imageSize });
}
