import type { GenerateContentConfig, GenerateContentResponse, Part } from '@google/genai';
import type { CallOptions, ImageInput, ImageRequest, Reply } from 'vidpipe/provider';
import type { GoogleModel } from './catalogue/index.ts';
import { labelsOf, type ModelContext, seedOf } from './context.ts';
import { blockOf, emptyOf, partsOf, usageOf } from './gemini-reply.ts';
import { optionsOf } from './model-options.ts';
import { base64Of, refuseLarge } from './pictures.ts';
import { safetySettings } from './safety-settings.ts';

type Context = ModelContext<Extract<GoogleModel, { kind: 'image' }>>;

const PEOPLE = { dont_allow: 'ALLOW_NONE', allow_adult: 'ALLOW_ADULT', allow_all: 'ALLOW_ALL' } as const;

function pictureParts(picture: ImageInput): Part[] {
  const inlineData = { mimeType: picture.mediaType, data: base64Of(picture) };
  return [...(picture.name === undefined ? [] : [{ text: `Reference: ${picture.name}` }]), { inlineData }];
}

/** The frame to go on from comes first, as the prompt says; then the references, each after its name; the prompt is last. */
function partsFor({ images, prompt }: ImageRequest): Part[] {
  const conditions = images.filter(({ role }) => role === 'condition');
  const others = images.filter(({ role }) => role !== 'condition');
  return [...[...conditions, ...others].flatMap(pictureParts), { text: prompt }];
}

function configOf(context: Context, request: ImageRequest, call: CallOptions): GenerateContentConfig {
  const { maxOutputTokens } = context.model.can;
  const { personGeneration, ...options } = optionsOf(request);
  const people = personGeneration !== undefined && context.target.surface === 'vertex';
  return {
    responseModalities: ['IMAGE'],
    automaticContinuation: false,
    imageConfig: {
      aspectRatio: request.ratio,
      ...(request.size === undefined ? {} : { imageSize: request.size }),
      ...(people ? { personGeneration: PEOPLE[personGeneration] } : {}),
    },
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...seedOf(request),
    ...safetySettings(options),
    ...labelsOf(context, call),
  };
}

/** What the reply says of media types is not passed on: the core looks at the bytes. */
function read(reply: GenerateContentResponse): Reply {
  const drawn = partsOf(reply)
    .map(({ inlineData }) => inlineData?.data ?? '')
    .filter((data) => data !== '');
  const usage = { images: drawn.length, ...usageOf(reply) };
  const blocked = drawn.length === 0 ? blockOf(reply, usage) : null;
  if (blocked !== null) return blocked;
  if (drawn.length === 0) return emptyOf(reply, 'a picture', usage);
  return { state: 'succeeded', outputs: drawn.map((data) => ({ bytes: Buffer.from(data, 'base64') })), usage };
}

/** Draws a still with a Gemini image model. */
export async function drawGemini(context: Context, request: ImageRequest, call: CallOptions): Promise<Reply> {
  refuseLarge(request.images);
  const { connection, target } = context;
  const contents = [{ role: 'user', parts: partsFor(request) }];
  const config = configOf(context, request, call);
  const answer = await connection.send(target, call, (ai) =>
    ai.models.generateContent({ model: target.model, contents, config }),
  );
  return 'state' in answer ? answer : read(answer);
}
