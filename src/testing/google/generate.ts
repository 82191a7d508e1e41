import { type Cloud, think } from './cloud.ts';
import type { GoogleUsage } from './ledger.ts';
import type { Asked } from './routes.ts';
import { json } from './storage-replies.ts';

/** Tokens of a text, as this fake counts them. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

/** Tokens that a given picture is billed as. */
export const PICTURE_TOKENS = 1120;

/** What a model made of a request for content. */
export interface Generated {
  readonly id: string;
  readonly model: string;
  /** How long it takes at speed 1, milliseconds. */
  readonly ms: number;
  readonly promptTokens: number;
  readonly thoughtTokens?: number;
  /** Of text that comes out. */
  readonly textTokens?: number;
  /** Of the picture that comes out. */
  readonly pictureTokens?: number;
  /** The block of the prompt, in place of the candidate. */
  readonly blockReason?: string;
  readonly parts?: readonly object[];
  readonly finishReason?: string;
  readonly more?: object;
}

function usageMetadata(made: Generated, surface: Asked['surface']): object {
  const { promptTokens, thoughtTokens = 0, textTokens = 0, pictureTokens = 0 } = made;
  const details = [
    { modality: 'TEXT', tokenCount: textTokens },
    { modality: 'IMAGE', tokenCount: pictureTokens },
  ].filter(({ tokenCount }) => tokenCount > 0);
  return {
    promptTokenCount: promptTokens,
    ...(details.length > 0
      ? { candidatesTokenCount: textTokens + pictureTokens, candidatesTokensDetails: details }
      : {}),
    ...(thoughtTokens > 0 ? { thoughtsTokenCount: thoughtTokens } : {}),
    totalTokenCount: promptTokens + thoughtTokens + textTokens + pictureTokens,
    ...(surface === 'vertex' ? { trafficType: 'ON_DEMAND' } : {}),
  };
}

function replyOf(made: Generated, asked: Asked, at: number): object {
  const { parts, finishReason, blockReason, more = {} } = made;
  const content = parts === undefined ? {} : { content: { role: 'model', parts } };
  return {
    ...(blockReason === undefined
      ? { candidates: [{ ...content, finishReason, index: 0, ...more }] }
      : { promptFeedback: { blockReason } }),
    usageMetadata: usageMetadata(made, asked.surface),
    modelVersion: asked.model,
    ...(asked.surface === 'vertex' ? { createTime: new Date(at).toISOString() } : {}),
    responseId: made.id,
  };
}

/** The parts of a reply as a stream brings them: text in two pieces. */
function framesOf(made: Generated, asked: Asked, at: number): object[] {
  const [first] = made.parts ?? [];
  const text = first !== undefined && 'text' in first ? String(first.text) : '';
  if (text.length < 2) return [replyOf(made, asked, at)];
  const half = Math.floor(text.length / 2);
  const start = { candidates: [{ content: { role: 'model', parts: [{ text: text.slice(0, half) }] }, index: 0 }] };
  return [start, replyOf({ ...made, parts: [{ text: text.slice(half) }] }, asked, at)];
}

/** Bills what was made, and answers with it when its time has passed: whole, or as a stream of events. */
export async function answerWith(
  cloud: Cloud,
  asked: Asked,
  made: Generated,
  picture: GoogleUsage = {},
): Promise<Response> {
  const at = cloud.clock.now();
  const { id, model, ms, promptTokens, thoughtTokens = 0, textTokens = 0 } = made;
  const usage = { inputTokens: promptTokens, outputTokens: thoughtTokens + textTokens, ...picture };
  await cloud.ledger.bill({ id, model, at, usage });
  await think(cloud, ms);
  if (asked.action === 'generateContent') return json(replyOf(made, asked, at));
  const frames = framesOf(made, asked, at).map((frame) => `data: ${JSON.stringify(frame)}\r\n\r\n`);
  return new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } });
}
