import type { GenerateImagesConfig, GenerateImagesResponse } from '@google/genai';
import { type CallOptions, hideSecrets, type ImageRequest, ProviderError, type Reply } from 'vidpipe/provider';
import type { GoogleModel } from './catalogue/index.ts';
import { labelsOf, type ModelContext } from './context.ts';
import { optionsOf } from './model-options.ts';
import { readRefusal } from './safety.ts';

type Context = ModelContext<Extract<GoogleModel, { kind: 'image' }>>;

/** No seed: it needs pictures without a watermark. */
function configOf(context: Context, request: ImageRequest, call: CallOptions): GenerateImagesConfig {
  const { personGeneration, safetyFilterLevel, enhancePrompt } = optionsOf(request);
  return {
    numberOfImages: 1,
    aspectRatio: request.ratio,
    includeRaiReason: true,
    outputMimeType: 'image/png',
    ...(request.size === undefined ? {} : { imageSize: request.size }),
    ...(personGeneration === undefined ? {} : { personGeneration: personGeneration.toUpperCase() as never }),
    ...(safetyFilterLevel === undefined ? {} : { safetyFilterLevel: safetyFilterLevel as never }),
    ...(enhancePrompt === undefined ? {} : { enhancePrompt }),
    ...labelsOf(context, call),
  };
}

/** Pictures that a filter took out are not billed. */
function read({ generatedImages = [] }: GenerateImagesResponse): Reply {
  const drawn = generatedImages.flatMap(({ image }) => (image?.imageBytes ? [image.imageBytes] : []));
  if (drawn.length > 0) {
    const outputs = drawn.map((data) => ({ bytes: Buffer.from(data, 'base64') }));
    return { state: 'succeeded', outputs, usage: { images: drawn.length } };
  }
  const reasons = generatedImages.flatMap(({ raiFilteredReason }) =>
    raiFilteredReason ? [hideSecrets(raiFilteredReason)] : [],
  );
  const refusal = readRefusal(reasons, { otherwise: 'output', refused: reasons.length > 0 });
  if (refusal !== null) return { ...refusal, charged: 'no' };
  return { state: 'failed', kind: 'empty', message: 'Imagen answered without a picture.', charged: 'no' };
}

/** Draws a still with Imagen, which Vertex served until 2026-08-17. */
export async function drawImagen(context: Context, request: ImageRequest, call: CallOptions): Promise<Reply> {
  const { connection, target } = context;
  if (request.images.length > 0) {
    const message = `The request was not sent: ${target.model} draws from words only.`;
    throw new ProviderError({ kind: 'invalid-request', accepted: 'no', message });
  }
  const { prompt } = request;
  const config = configOf(context, request, call);
  const answer = await connection.send(target, call, (ai) =>
    ai.models.generateImages({ model: target.model, prompt, config }),
  );
  return 'state' in answer ? answer : read(answer);
}
