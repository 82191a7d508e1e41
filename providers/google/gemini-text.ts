import type { GenerateContentConfig, GenerateContentResponse } from '@google/genai';
import type { CallOptions, Reply, TextRequest } from 'vidpipe/provider';
import type { GoogleModel } from './catalogue/index.ts';
import { labelsOf, type ModelContext, seedOf } from './context.ts';
import { blockOf, emptyOf, partsOf, usageOf } from './gemini-reply.ts';
import { optionsOf } from './model-options.ts';
import { safetySettings } from './safety-settings.ts';
import { geminiSchema } from './schema.ts';

type Context = ModelContext<Extract<GoogleModel, { kind: 'text' }>>;

/** No temperature: the family is tuned for its default, and Google lists the sampling parameters as deprecated. */
function configOf(context: Context, request: TextRequest, call: CallOptions): GenerateContentConfig {
  const { thinkingLevel, ...options } = optionsOf(request);
  return {
    systemInstruction: request.system,
    responseMimeType: 'application/json',
    responseJsonSchema: geminiSchema(request.schema),
    maxOutputTokens: context.model.can.maxOutputTokens,
    automaticContinuation: false,
    ...seedOf(request),
    ...safetySettings(options),
    ...labelsOf(context, call),
    ...(thinkingLevel === undefined ? {} : { thinkingConfig: { thinkingLevel: thinkingLevel.toUpperCase() as never } }),
  };
}

/** A cut reply is delivered as it is: the core sees that it ends too soon. */
function read(reply: GenerateContentResponse): Reply {
  const blocked = blockOf(reply);
  if (blocked !== null) return blocked;
  const text = partsOf(reply)
    .map((part) => part.text ?? '')
    .join('');
  if (text === '') return emptyOf(reply, 'text');
  const usage = usageOf(reply);
  const outputs = [{ bytes: Buffer.from(text), mediaType: 'application/json' }];
  return { state: 'succeeded', outputs, ...(usage === undefined ? {} : { usage }) };
}

/** Writes JSON with a Gemini model. */
export async function writeText(context: Context, request: TextRequest, call: CallOptions): Promise<Reply> {
  const { connection, target } = context;
  const contents = [{ role: 'user', parts: [{ text: request.prompt }] }];
  const config = configOf(context, request, call);
  const answer = await connection.send(target, call, (ai) =>
    ai.models.generateContent({ model: target.model, contents, config }),
  );
  return 'state' in answer ? answer : read(answer);
}
