import { Modality, ThinkingLevel } from '@google/genai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ScriptedFault } from 'vidpipe/testing';
import { handClock } from '../../providers/clock.ts';
import { billed, developerAt, fake, refusal, vertexAt } from './support.ts';

const storyboard = z.toJSONSchema(
  z.object({
    styleGuide: z.object({ visualStyle: z.string(), colorPalette: z.string(), cameraStyle: z.string() }),
    characters: z.array(
      z.object({ name: z.string(), physicalDescription: z.string(), clothingDescription: z.string() }),
    ),
    scenes: z.array(z.object({ startPrompt: z.string(), endPrompt: z.string(), motionPrompt: z.string() })),
  }),
);
const TEXT = 'gemini-3.8-flash';
const IMAGE = 'gemini-nano-banana-2.1';
const asJson = { responseMimeType: 'application/json', responseJsonSchema: storyboard, automaticContinuation: false };
const words = {
  model: TEXT,
  contents: 'Script: A lighthouse keeper finds a letter.\nScenes: 2\nSeconds: 4, 4',
  config: asJson,
};
const picture = {
  model: IMAGE,
  contents: 'Frame: a lighthouse',
  config: { responseModalities: [Modality.IMAGE], imageConfig: { aspectRatio: '16:9', imageSize: '1K' } },
};

async function scripted(...script: readonly ScriptedFault[]) {
  const { google } = await fake({ script });
  return { google, ai: vertexAt(google, 'global') };
}

describe('text at the loopback Google', () => {
  it.each(['vertex', 'developer'] as const)('writes a storyboard that fits the schema, on %s', async (surface) => {
    const { google, clock } = await fake();
    const ai = surface === 'vertex' ? vertexAt(google, 'global') : developerAt(google);
    const config = {
      ...asJson,
      systemInstruction: 'You direct.',
      seed: 7,
      thinkingConfig: { thinkingLevel: ThinkingLevel.LOW },
    };
    const reply = await ai.models.generateContent({ ...words, config });
    const board = JSON.parse(reply.text ?? '') as { scenes: unknown[]; styleGuide: object };
    expect(board.scenes).toHaveLength(2);
    expect(Object.keys(board.styleGuide).sort()).toEqual(['cameraStyle', 'colorPalette', 'visualStyle']);
    expect(reply.candidates?.[0]?.finishReason).toBe('STOP');
    expect(clock.slept).toEqual([400]);
    const { promptTokenCount = 0, candidatesTokenCount = 0, thoughtsTokenCount = 0 } = reply.usageMetadata ?? {};
    expect(promptTokenCount).toBe(Math.ceil(`You direct.\n${words.contents}`.length / 4));
    const out = candidatesTokenCount + thoughtsTokenCount;
    expect(reply.usageMetadata?.totalTokenCount).toBe(promptTokenCount + out);
    expect(await google.bills()).toEqual([
      {
        id: reply.responseId,
        model: TEXT,
        at: clock.now() - 400,
        usage: { inputTokens: promptTokenCount, outputTokens: out },
        microUsd: Math.ceil(promptTokenCount * 0.75) + Math.ceil(out * 3.75),
      },
    ]);
    const again = await ai.models.generateContent({ ...words, config });
    expect(again.text).toBe(reply.text);
  });

  it('fits any other schema with plain values, and says a sentence without one', async () => {
    const { ai } = await scripted();
    const other = z.object({
      kind: z.enum(['a', 'b']),
      lines: z.array(z.string()).min(2),
      wide: z.boolean().nullable(),
    });
    const config = { ...asJson, responseJsonSchema: z.toJSONSchema(other) };
    const reply = await ai.models.generateContent({ ...words, config });
    expect(other.parse(JSON.parse(reply.text ?? ''))).toMatchObject({ kind: 'a', wide: true });
    expect((await ai.models.generateContent({ model: TEXT, contents: 'hi' })).text).toBe(
      'A lighthouse stands in the fog.',
    );
  });

  it('streams', async () => {
    const { google, ai } = await scripted();
    let text = '';
    let finish: unknown;
    for await (const chunk of await ai.models.generateContentStream(words)) {
      text += chunk.text ?? '';
      finish = chunk.candidates?.[0]?.finishReason;
    }
    expect(JSON.parse(text)).toHaveProperty('scenes');
    expect([finish, (await google.bills()).length]).toEqual(['STOP', 1]);
  });

  it('blocks a prompt, and bills what went in', async () => {
    const { google, ai } = await scripted({ fault: 'blocked' });
    const reply = await ai.models.generateContent(words);
    expect([reply.promptFeedback?.blockReason, reply.text, reply.candidates]).toEqual([
      'PROHIBITED_CONTENT',
      undefined,
      undefined,
    ]);
    expect(await billed(google)).toBe(Math.ceil((reply.usageMetadata?.promptTokenCount ?? 0) * 0.75));
  });

  it('cuts a reply off: by script, and at the limit of the request', async () => {
    const { ai } = await scripted({ fault: 'max-tokens' });
    const cut = await ai.models.generateContent(words);
    expect(cut.candidates?.[0]?.finishReason).toBe('MAX_TOKENS');
    expect(() => JSON.parse(cut.text ?? '') as unknown).toThrow(SyntaxError);
    const short = await ai.models.generateContent({ ...words, config: { ...asJson, maxOutputTokens: 130 } });
    expect([short.candidates?.[0]?.finishReason, short.text?.length]).toEqual(['MAX_TOKENS', 40]);
  });

  it('brings a reply in two parts that the SDK puts together, both billed', async () => {
    const { google, ai } = await scripted({ fault: 'continuation' });
    const whole = await ai.models.generateContent({ ...words, config: { ...asJson, automaticContinuation: true } });
    expect(JSON.parse(whole.text ?? '')).toHaveProperty('scenes');
    expect([google.requests().length, (await google.bills()).length]).toEqual([2, 2]);
    google.script([{ fault: 'continuation' }]);
    const half = await ai.models.generateContent(words);
    expect(half.candidates?.[0]).toMatchObject({
      finishReason: 'CONTINUATION',
      continuationToken: expect.any(String) as string,
    });
  });

  it('refuses what Google refuses', async () => {
    const { google, ai } = await scripted();
    const ask = (more: object) => refusal(ai.models.generateContent({ ...words, ...more }));
    expect(await ask({ model: 'gemini-9' })).toMatchObject({
      status: 404,
      message: expect.stringMatching(/Publisher Model .* was not found/),
    });
    expect(await ask({ model: 'gemini-2.5-flash' })).toMatchObject({
      status: 404,
      message: expect.stringMatching(/no longer available/),
    });
    expect(await ask({ config: { ...asJson, responseSchema: { type: 'OBJECT' } } })).toMatchObject({ status: 400 });
    expect(await ask({ config: { responseJsonSchema: storyboard } })).toMatchObject({
      status: 400,
      message: expect.stringMatching(/mime type/),
    });
    expect(await ask({ config: { responseModalities: ['IMAGE'] } })).toMatchObject({ status: 400 });
    const extra = { ...asJson, httpOptions: { extraBody: { temprature: 1 } } };
    expect(await ask({ config: extra })).toEqual({
      status: 400,
      message: `Invalid JSON payload received. Unknown name "temprature" at '': Cannot find field.`,
    });
    expect(await refusal(vertexAt(google).models.generateContent(words))).toMatchObject({ status: 404 });
    expect(await google.bills()).toEqual([]);
  });
});

describe('pictures at the loopback Google', () => {
  it.each(['vertex', 'developer'] as const)('draws a PNG that depends on what it is given, on %s', async (surface) => {
    const { google } = await fake();
    const ai = surface === 'vertex' ? vertexAt(google, 'global') : developerAt(google);
    const first = await ai.models.generateContent(picture);
    const png = Buffer.from(first.data ?? '', 'base64');
    expect([png.subarray(1, 4).toString(), png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(['PNG', 344, 192]);
    expect(first.candidates?.[0]?.content?.parts).toHaveLength(1);
    expect(first.usageMetadata).toMatchObject({ candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1120 }] });
    const given = { inlineData: { mimeType: 'image/png', data: first.data ?? '' } };
    const second = await ai.models.generateContent({ ...picture, contents: [given, { text: picture.contents }] });
    expect(second.data).not.toBe(first.data);
    expect(second.usageMetadata?.promptTokenCount).toBe((first.usageMetadata?.promptTokenCount ?? 0) + 1120);
    const bills = (await google.bills()).map(({ microUsd }) => microUsd).sort((a, b) => a - b);
    expect(bills).toEqual([33_600 + Math.ceil(5 * 1.5), 33_600 + Math.ceil(1125 * 1.5)]);
  });

  it('draws other ratios, with more pictures than one', async () => {
    const { ai } = await scripted();
    const { data = '' } = await ai.models.generateContent(picture);
    const given = { inlineData: { mimeType: 'image/png', data } };
    const config = { ...picture.config, imageConfig: { aspectRatio: '2:3' } };
    const reply = await ai.models.generateContent({
      ...picture,
      contents: Array.from({ length: 8 }, () => given),
      config,
    });
    const png = Buffer.from(reply.data ?? '', 'base64');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([208, 312]);
  });

  it('prices by size', async () => {
    const { google, ai } = await scripted();
    const imageConfig = { aspectRatio: '16:9', imageSize: '2K' };
    const reply = await ai.models.generateContent({ ...picture, config: { imageConfig } });
    expect(reply.text).toBe('Here is the picture.');
    expect(await billed(google)).toBe(50_400 + Math.ceil(5 * 1.5) + Math.ceil(5 * 7.5));
  });

  it.each([
    ['image-safety', 'IMAGE_SAFETY'],
    ['no-image', 'NO_IMAGE'],
  ] as const)('draws nothing for %s, and bills what went in', async (fault, reason) => {
    const { google, ai } = await scripted({ fault });
    const reply = await ai.models.generateContent(picture);
    expect([reply.candidates?.[0]?.finishReason, reply.candidates?.[0]?.content, reply.data]).toEqual([
      reason,
      undefined,
      undefined,
    ]);
    expect(await billed(google)).toBe(8);
  });

  it('blocks a prompt, delivers bad bytes', async () => {
    const { ai } = await scripted({ fault: 'blocked', on: 'image' }, { fault: 'bad-bytes', nth: 2 });
    expect((await ai.models.generateContent(picture)).promptFeedback?.blockReason).toBe('PROHIBITED_CONTENT');
    const bad = Buffer.from((await ai.models.generateContent(picture)).data ?? '', 'base64');
    const good = Buffer.from((await ai.models.generateContent(picture)).data ?? '', 'base64');
    expect(bad.equals(good.subarray(0, Math.floor(good.byteLength * 0.4)))).toBe(true);
  });

  it('refuses sizes, ratios, pictures and models that there are none of', async () => {
    const { google, ai } = await scripted();
    const ask = (more: object) => refusal(ai.models.generateContent({ ...picture, ...more }));
    const config = (imageConfig: object) => ({ config: { ...picture.config, imageConfig } });
    expect(await ask(config({ imageSize: '8K' }))).toMatchObject({
      status: 400,
      message: expect.stringMatching(/no image size 8K/),
    });
    expect(await ask(config({ aspectRatio: '17:9' }))).toMatchObject({
      status: 400,
      message: expect.stringMatching(/aspectRatio/),
    });
    const fakePng = { inlineData: { mimeType: 'image/png', data: Buffer.from('not a picture').toString('base64') } };
    expect(await ask({ contents: [fakePng] })).toMatchObject({
      status: 400,
      message: expect.stringMatching(/not image\/png/),
    });
    const png = Buffer.from('89504e470d0a1a0a0000000d', 'hex').toString('base64');
    const many = Array.from({ length: 11 }, () => ({ inlineData: { mimeType: 'image/png', data: png } }));
    expect(await ask({ contents: many })).toMatchObject({ status: 400, message: expect.stringMatching(/at most 10/) });
    const developer = developerAt(google).models;
    expect(await refusal(developer.generateContent({ ...picture, model: 'gemini-3.1-flash-image' }))).toMatchObject({
      status: 404,
      message: expect.stringMatching(/no longer available/),
    });
    expect(await refusal(developerAt(google, 'v1').models.generateContent(picture))).toMatchObject({
      status: 404,
      message: expect.stringMatching(/API version v1\b/),
    });
    expect(await google.bills()).toEqual([]);
  });
});

describe('Imagen at the loopback Google', () => {
  const MODEL = 'imagen-4.0-generate-001';
  const while2026 = () => handClock(Date.UTC(2026, 5, 1));

  it('draws, filters and bills what is left while it is served', async () => {
    const { google } = await fake(
      { script: [{ fault: 'partial' }, { fault: 'filtered', on: 'imagen', nth: 2 }] },
      while2026(),
    );
    const { models } = vertexAt(google);
    const ask = () =>
      models.generateImages({
        model: MODEL,
        prompt: 'a cat',
        config: { numberOfImages: 2, aspectRatio: '16:9', includeRaiReason: true },
      });
    const partly = await ask();
    expect(partly.generatedImages?.map(({ image, raiFilteredReason }) => [image?.mimeType, raiFilteredReason])).toEqual(
      [
        ['image/png', undefined],
        [undefined, expect.stringMatching(/Support codes: 58061214/)],
      ],
    );
    expect((await ask()).generatedImages).toHaveLength(2);
    const whole = await ask();
    expect(whole.generatedImages?.every(({ image }) => image?.imageBytes !== undefined)).toBe(true);
    expect(new Set((await google.bills()).map(({ usage }) => usage.images))).toEqual(new Set([0, 1, 2]));
    expect(await billed(google)).toBe(3 * 40_000);
  });

  it('is gone since August', async () => {
    const { google } = await fake();
    const asked = vertexAt(google).models.generateImages({ model: MODEL, prompt: 'a cat' });
    expect(await refusal(asked)).toMatchObject({ status: 404, message: expect.stringMatching(/no longer available/) });
  });

  it('gives the reason of a refused prompt in the details', async () => {
    const { google } = await fake({ script: [{ fault: 'rejected', codes: ['61493863'] }] }, while2026());
    const reply = await fetch(
      `${google.url}/v1beta1/projects/loopback-project/locations/us-central1/publishers/google/models/${MODEL}:predict`,
      {
        method: 'POST',
        headers: { 'x-goog-api-key': google.vertex().vertex.apiKey },
        body: JSON.stringify({ instances: [{ prompt: 'a cat' }] }),
      },
    );
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        details: [{ detail: expect.stringContaining('Support codes: 61493863') as string }],
      },
    });
    expect(await google.bills()).toEqual([]);
  });
});
