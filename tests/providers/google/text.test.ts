import { describe, expect, it } from 'vitest';
import { google } from 'vidpipe/providers/google';
import { z } from 'zod';
import { DEVELOPER, fakeGoogle, GLOBAL, wire, write, offline } from './requests.ts';

offline();

const vertex = google({ vertex: { project: 'proj', apiKey: 'key-of-vertex', labels: { team: 'film' } } });
const keyed = google({ apiKey: 'key-of-developer' });

const usageMetadata = { promptTokenCount: 120, candidatesTokenCount: 40, thoughtsTokenCount: 60, totalTokenCount: 220 };
const usage = { inputTokens: 120, outputTokens: 100 };
const part = (text: string) => ({ text });
const reply = (finishReason: string, ...parts: object[]) => ({
  candidates: [{ content: { role: 'model', parts }, finishReason }],
  usageMetadata,
});
const textOf = (answer: Awaited<ReturnType<typeof write>>): string =>
  answer.state === 'succeeded' && 'bytes' in answer.outputs[0]!
    ? Buffer.from(answer.outputs[0].bytes).toString()
    : answer.state;

const schema = z.toJSONSchema(
  z.strictObject({
    title: z
      .string()
      .min(3)
      .max(80)
      .regex(/^[A-Z]/),
    kind: z.literal('story').optional(),
    seconds: z.array(z.int().min(1)).min(2).max(2).optional(),
  }),
);

describe('what a text model is sent', () => {
  it('equals the documented request on Vertex', async () => {
    const got = fakeGoogle(GLOBAL, () => [200, reply('STOP', part('{}'))]);
    const options = { thinkingLevel: 'low', safety: { HARASSMENT: 'BLOCK_ONLY_HIGH' } };
    const { $schema: _, ...plain } = schema;
    const { title, ...rest } = plain.properties as Record<string, object>;
    const bounded = {
      ...plain,
      properties: {
        title,
        ...rest,
        seconds: { type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 2, maxItems: 2 },
      },
    };
    await write(vertex, { seed: 7, options, schema: bounded });
    const { headers, ...request } = got[0]!;
    expect([request]).toEqual([wire('text-vertex')]);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-goog-api-key': 'key-of-vertex' });
    expect(headers['authorization']).toBeUndefined();
  });

  it('equals the documented request on the Developer API', async () => {
    const got = fakeGoogle(DEVELOPER, () => [200, reply('STOP', part('{}'))]);
    await write(keyed, { seed: 7 });
    const { headers, ...request } = got[0]!;
    expect([request]).toEqual([wire('text-developer')]);
    expect(headers['x-goog-api-key']).toBe('key-of-developer');
  });

  it('has a seed of 31 bits and no keyword that Gemini does not know', async () => {
    const got = fakeGoogle(DEVELOPER, () => [200, reply('STOP', part('{}'))]);
    const shape = z.toJSONSchema(
      z.object({ at: z.tuple([z.number().positive(), z.string()]), by: z.record(z.string(), z.number()) }),
    );
    await write(keyed, { seed: 4_294_967_295, schema: shape });
    const { generationConfig } = got[0]!.body as { generationConfig: Record<string, unknown> };
    expect(generationConfig).toMatchObject({
      seed: 2_147_483_647,
      responseJsonSchema: {
        type: 'object',
        properties: {
          at: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'string' }] },
          by: { type: 'object', additionalProperties: { type: 'number' } },
        },
        required: ['at', 'by'],
        additionalProperties: false,
      },
    });
    expect(JSON.stringify(generationConfig)).not.toMatch(/\$schema|exclusive|propertyNames|"items":false/);
  });
});

describe('what a text model answers', () => {
  const answer = (body: unknown) => {
    const got = fakeGoogle(DEVELOPER, () => [200, body]);
    return write(keyed).then((found) => ({ found, asked: got.length }));
  };

  it('is its words without its thoughts, with the tokens of both', async () => {
    const thought = { text: 'Hmm.', thought: true };
    const { found } = await answer(reply('STOP', thought, part('{"a":'), part('1}')));
    expect(textOf(found)).toBe('{"a":1}');
    expect(found.usage).toEqual(usage);
  });

  it('is delivered as it is when it was cut, and paid', async () => {
    const { found } = await answer(reply('MAX_TOKENS', part('{"a":')));
    expect([textOf(found), found.usage]).toEqual(['{"a":', usage]);
  });

  it('is not gone on with by itself: a continuation is another bill', async () => {
    const { found, asked } = await answer({ ...reply('CONTINUATION', part('{"a":')), continuationToken: 'more' });
    expect([textOf(found), found.usage, asked]).toEqual(['{"a":', usage, 1]);
  });

  it.each(['MAX_TOKENS', 'STOP', 'OTHER', 'MALFORMED_RESPONSE'])(
    'is empty and paid when thoughts were all (%s)',
    async (end) => {
      const { found } = await answer(reply(end, { text: 'Hmm.', thought: true }));
      expect(found).toEqual({
        state: 'failed',
        kind: 'empty',
        message: `Google answered without text (${end})`,
        charged: 'yes',
        usage,
      });
    },
  );

  it('is empty and of unknown charge when it says nothing at all', async () => {
    const { found } = await answer({});
    expect(found).toMatchObject({ state: 'failed', kind: 'empty', charged: 'unknown' });
  });

  it('is blocked for its prompt', async () => {
    const promptFeedback = { blockReason: 'PROHIBITED_CONTENT', blockReasonMessage: 'The prompt was blocked.' };
    const { found } = await answer({ promptFeedback, usageMetadata: { promptTokenCount: 120 } });
    expect(found).toEqual({
      state: 'blocked',
      reasons: ['The prompt was blocked.', 'PROHIBITED_CONTENT'],
      codes: [],
      category: 'PROHIBITED_CONTENT',
      input: 'prompt',
      charged: 'yes',
      usage: { inputTokens: 120, outputTokens: 0 },
    });
  });

  it.each(['SAFETY', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'RECITATION'])(
    'is blocked for its output (%s)',
    async (finishReason) => {
      const safetyRatings = [
        { category: 'HARM_CATEGORY_HARASSMENT', probability: 'LOW' },
        { category: 'HARM_CATEGORY_HATE_SPEECH', probability: 'HIGH', blocked: true },
      ];
      const { found } = await answer({ candidates: [{ finishReason, safetyRatings }], usageMetadata });
      expect(found).toMatchObject({
        state: 'blocked',
        reasons: [finishReason],
        category: 'HARM_CATEGORY_HATE_SPEECH',
        input: 'output',
        charged: 'yes',
        usage,
      });
    },
  );
});
