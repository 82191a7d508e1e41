import type { Picture } from './content.ts';
import { GoogleRefusal } from './refusal.ts';
import type { Asked } from './routes.ts';
import { base64, bool, fields, integer, labels, listOf, number, object, oneOf, text } from './shapes.ts';

interface Part {
  readonly text?: string;
  readonly thought?: boolean;
  readonly inlineData?: { readonly mimeType: string; readonly data: string };
}

interface Message {
  readonly role?: string;
  readonly parts: readonly Part[];
}

/** The body of `generateContent`, as far as the loopback Google reads it. */
export interface GenerateRequest {
  readonly contents: readonly Message[];
  readonly systemInstruction?: Message;
  readonly continuationToken?: string;
  readonly generationConfig?: {
    readonly seed?: number;
    readonly temperature?: number;
    readonly maxOutputTokens?: number;
    readonly responseMimeType?: string;
    readonly responseSchema?: Readonly<Record<string, unknown>>;
    readonly responseJsonSchema?: Readonly<Record<string, unknown>>;
    readonly responseModalities?: readonly string[];
    readonly imageConfig?: { readonly aspectRatio?: string; readonly imageSize?: string };
  };
}

const RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'];
const PEOPLE = ['ALLOW_ALL', 'ALLOW_ADULT', 'ALLOW_NONE'];
const HARMS = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT', 'CIVIC_INTEGRITY'];
const THRESHOLDS = ['BLOCK_LOW_AND_ABOVE', 'BLOCK_MEDIUM_AND_ABOVE', 'BLOCK_ONLY_HIGH', 'BLOCK_NONE', 'OFF'];

const message = fields(
  {
    role: oneOf('user', 'model'),
    parts: listOf(
      fields({
        text,
        thought: bool,
        thoughtSignature: base64,
        inlineData: fields({ mimeType: text, data: base64 }, ['mimeType', 'data']),
      }),
    ),
  },
  ['parts'],
);

const configOf = (vertex: boolean) =>
  fields({
    temperature: number,
    topP: number,
    topK: number,
    candidateCount: oneOf(1),
    maxOutputTokens: integer(1),
    stopSequences: listOf(text),
    presencePenalty: number,
    frequencyPenalty: number,
    seed: integer(),
    responseMimeType: oneOf('text/plain', 'application/json'),
    responseSchema: object,
    responseJsonSchema: object,
    responseModalities: listOf(oneOf('TEXT', 'IMAGE')),
    thinkingConfig: fields({
      thinkingLevel: oneOf('MINIMAL', 'LOW', 'MEDIUM', 'HIGH'),
      thinkingBudget: integer(),
      includeThoughts: bool,
    }),
    imageConfig: fields({
      aspectRatio: oneOf(...RATIOS),
      imageSize: text,
      ...(vertex ? { personGeneration: oneOf(...PEOPLE), imageOutputOptions: object, prominentPeople: text } : {}),
    }),
  });

/** The body, checked. Throws the 400 that a wrong field gets. */
export function generateRequest({ surface }: Asked, body: unknown): GenerateRequest {
  const vertex = surface === 'vertex';
  const setting = {
    category: oneOf(...HARMS.map((harm) => `HARM_CATEGORY_${harm}`)),
    threshold: oneOf(...THRESHOLDS),
    ...(vertex ? { method: oneOf('SEVERITY', 'PROBABILITY') } : {}),
  };
  const known = {
    contents: listOf(message),
    systemInstruction: message,
    generationConfig: configOf(vertex),
    safetySettings: listOf(fields(setting, ['category', 'threshold'])),
    continuationToken: base64,
    ...(vertex ? { labels } : {}),
  };
  fields(known, ['contents'])(body, '');
  const request = body as GenerateRequest;
  const { responseSchema, responseJsonSchema, responseMimeType } = request.generationConfig ?? {};
  const schemas = [responseSchema, responseJsonSchema].filter((each) => each !== undefined);
  if (schemas.length > 1)
    throw new GoogleRefusal(400, 'Only one of response_schema and response_json_schema can be set.');
  if (schemas.length === 1 && responseMimeType !== 'application/json')
    throw new GoogleRefusal(400, 'Response schema is only supported with response mime type: application/json');
  return request;
}

/** All words of the messages. */
export function wordsOf(...messages: readonly (Message | undefined)[]): string {
  const parts = messages.flatMap((each) => each?.parts ?? []).filter(({ thought }) => thought !== true);
  return parts.flatMap((part) => (part.text === undefined ? [] : [part.text])).join('\n');
}

const MAGIC: Readonly<Record<string, RegExp>> = {
  'image/png': /^89504e47/,
  'image/jpeg': /^ffd8ff/,
  'image/webp': /^52494646.{8}57454250/,
};

/** A picture of a request. Throws the 400 for bytes that are not of the type. */
export function pictureOf(data: string, mediaType: string): Picture {
  const bytes = new Uint8Array(Buffer.from(data, 'base64'));
  const head = Buffer.from(bytes.subarray(0, 12)).toString('hex');
  if (MAGIC[mediaType]?.test(head) !== true)
    throw new GoogleRefusal(
      400,
      `Unable to process input image: the bytes are not ${mediaType}, or it is not supported.`,
    );
  return { bytes, mediaType };
}

/** All pictures of the messages. */
export function picturesOf(messages: readonly Message[]): Picture[] {
  const parts = messages.flatMap(({ parts: each }) => each);
  return parts.flatMap(({ inlineData }) =>
    inlineData === undefined ? [] : [pictureOf(inlineData.data, inlineData.mimeType)],
  );
}
