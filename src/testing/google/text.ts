import { randomUUID } from 'node:crypto';
import { type Cloud, TIMES } from './cloud.ts';
import type { ScriptedFault } from './faults.ts';
import { answerWith, type Generated, PICTURE_TOKENS, tokensOf } from './generate.ts';
import { type GenerateRequest, generateRequest, picturesOf, wordsOf } from './generate-shapes.ts';
import { given } from './given.ts';
import { GoogleRefusal } from './refusal.ts';
import type { Asked } from './routes.ts';
import { sampleOf } from './sample.ts';

/** Tokens that every reply is thought over with. */
const THOUGHTS = 120;

/** A storyboard or added scenes where the schema asks for scenes, else a plain value that fits it. */
async function written(cloud: Cloud, id: string, request: GenerateRequest): Promise<string> {
  const { contents, systemInstruction, generationConfig: config = {} } = request;
  const schema = config.responseJsonSchema ?? config.responseSchema;
  if (schema === undefined) {
    const plain = sampleOf({ type: 'string' });
    return config.responseMimeType === 'application/json' ? JSON.stringify(plain) : String(plain);
  }
  if (!('scenes' in Object(schema['properties']))) return JSON.stringify(sampleOf(schema));
  const { seed, temperature = 1 } = config;
  const words = { system: wordsOf(systemInstruction), prompt: wordsOf(...contents) };
  return cloud.content.write(id, { ...words, schema, temperature, ...given({ seed }) });
}

/** Where a continuation goes on from. */
function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0;
  const offset = Number(Buffer.from(token, 'base64').toString());
  if (!Number.isInteger(offset)) throw new GoogleRefusal(400, 'Invalid continuation token.');
  return offset;
}

type Part = Pick<Generated, 'parts' | 'textTokens' | 'finishReason' | 'more'>;

function part(text: string, finishReason: string, more: object = {}): Part {
  return { parts: [{ text }], textTokens: tokensOf(text), finishReason, more };
}

/** As much of the text as the reply brings. */
function replyPart(text: string, most: number, scripted: ScriptedFault | undefined): Part {
  const half = Math.ceil(text.length / 2);
  if (scripted?.fault === 'continuation')
    return part(text.slice(0, half), 'CONTINUATION', {
      continuationToken: Buffer.from(String(half)).toString('base64'),
    });
  const fits = scripted?.fault === 'max-tokens' ? half : Math.max(0, most - THOUGHTS) * 4;
  return text.length > fits ? part(text.slice(0, fits), 'MAX_TOKENS') : part(text, 'STOP');
}

/** Answers a text model's `generateContent`. */
export async function generateText(
  cloud: Cloud,
  asked: Asked,
  model: string,
  body: unknown,
  scripted: ScriptedFault | undefined,
): Promise<Response> {
  const request = generateRequest(asked, body);
  const { contents, systemInstruction, continuationToken, generationConfig: config = {} } = request;
  if (config.imageConfig !== undefined || config.responseModalities?.includes('IMAGE') === true)
    throw new GoogleRefusal(400, `Multi-modal output is not supported: ${model} does not draw.`);
  const promptTokens = tokensOf(wordsOf(systemInstruction, ...contents)) + PICTURE_TOKENS * picturesOf(contents).length;
  const id = randomUUID();
  const made = { id, model, ms: TIMES.text, promptTokens };
  if (scripted?.fault === 'blocked') return answerWith(cloud, asked, { ...made, blockReason: 'PROHIBITED_CONTENT' });
  const text = (await written(cloud, id, request)).slice(offsetOf(continuationToken));
  const reply = replyPart(text, config.maxOutputTokens ?? Infinity, scripted);
  return answerWith(cloud, asked, { ...made, thoughtTokens: THOUGHTS, ...reply });
}
