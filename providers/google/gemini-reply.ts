import type { GenerateContentResponse, Part } from '@google/genai';
import { type Blocked, type Failed, hideSecrets, type Usage } from 'vidpipe/provider';
import { readRefusal } from './safety.ts';

/** Ends of a reply that are a content filter's. */
const POLICY = new Set([
  'SAFETY', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'RECITATION', 'IMAGE_SAFETY', 'IMAGE_PROHIBITED_CONTENT', 'IMAGE_RECITATION',
]); // prettier-ignore

/** Parts of the answer, without the model's thoughts. */
export function partsOf(reply: GenerateContentResponse): readonly Part[] {
  return (reply.candidates?.[0]?.content?.parts ?? []).filter(({ thought }) => thought !== true);
}

/** Tokens as Google counted them; the output's are words and thoughts, without those of pictures, which are billed by the picture. */
export function usageOf({ usageMetadata }: GenerateContentResponse): Usage | undefined {
  if (usageMetadata === undefined) return undefined;
  const {
    promptTokenCount = 0,
    candidatesTokenCount = 0,
    thoughtsTokenCount = 0,
    candidatesTokensDetails,
  } = usageMetadata;
  const pictured = (candidatesTokensDetails ?? []).filter(({ modality }) => modality === 'IMAGE');
  const pictures = pictured.reduce((sum, { tokenCount = 0 }) => sum + tokenCount, 0);
  return { inputTokens: promptTokenCount, outputTokens: candidatesTokenCount - pictures + thoughtsTokenCount };
}

/** Tokens that were counted are billed, unless Google says that they are not. */
function charge(
  usage: Usage | undefined,
  told: readonly string[],
): Pick<Failed, 'charged' | 'usage'> & Pick<Blocked, 'charged'> {
  if (told.some((text) => /not (be|been) charged/i.test(text))) return { charged: 'no' };
  return usage === undefined ? { charged: 'unknown' } : { charged: 'yes', usage };
}

interface Rating {
  readonly category?: string;
  readonly blocked?: boolean;
}

function harmOf(ratings: readonly Rating[] | undefined, reason: string): string {
  return ratings?.find(({ blocked }) => blocked === true)?.category ?? reason;
}

/** What a content filter held back, if anything. */
export function blockOf(reply: GenerateContentResponse, usage = usageOf(reply)): Blocked | null {
  const { promptFeedback, candidates } = reply;
  const ended = candidates?.[0];
  const asked = promptFeedback?.blockReason;
  const reason = asked ?? ended?.finishReason;
  if (reason === undefined || (asked === undefined && !POLICY.has(reason))) return null;
  const told = [asked === undefined ? ended?.finishMessage : promptFeedback?.blockReasonMessage, reason];
  const otherwise = asked === undefined || asked === 'IMAGE_SAFETY' ? 'output' : 'prompt';
  const reasons = told.filter((text) => text !== undefined && text !== '').map((text) => hideSecrets(String(text)));
  const refusal = readRefusal(reasons, { otherwise, refused: true });
  const category = harmOf(asked === undefined ? ended?.safetyRatings : promptFeedback?.safetyRatings, reason);
  return refusal === null ? null : { category, ...refusal, ...charge(usage, reasons) };
}

/** A reply without what was asked for. */
export function emptyOf(reply: GenerateContentResponse, what: string, usage = usageOf(reply)): Failed {
  const { finishReason = 'no reason', finishMessage = '' } = reply.candidates?.[0] ?? {};
  const said =
    partsOf(reply)
      .map(({ text = '' }) => text)
      .join('') || finishMessage;
  const quoted = said === '' ? '' : `: ${hideSecrets(said).slice(0, 300)}`;
  return {
    state: 'failed',
    kind: 'empty',
    message: `Google answered without ${what} (${finishReason})${quoted}`,
    ...charge(usage, [finishMessage]),
  };
}
