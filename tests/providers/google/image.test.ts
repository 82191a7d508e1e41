import { describe, expect, it } from 'vitest';
import { google } from 'vidpipe/providers/google';
import { DEVELOPER, draw, fakeGoogle, GLOBAL, picture, REGION, wire, offline } from './requests.ts';

offline();

const vertex = google({ vertex: { project: 'proj', apiKey: 'key-of-vertex', labels: { team: 'film' } } });
const keyed = google({ apiKey: 'key-of-developer' });

const inline = (data: string, more = {}) => ({ inlineData: { mimeType: 'image/jpeg', data }, ...more });
const usageMetadata = {
  promptTokenCount: 300,
  candidatesTokenCount: 1130,
  thoughtsTokenCount: 50,
  candidatesTokensDetails: [
    { modality: 'IMAGE', tokenCount: 1120 },
    { modality: 'TEXT', tokenCount: 10 },
  ],
};
const reply = (finishReason: string, ...parts: object[]) => ({
  candidates: [{ content: { role: 'model', parts }, finishReason }],
  usageMetadata,
});

describe('what a Gemini image model is sent', () => {
  it('equals the documented request on Vertex: the frame, the references by name, the words', async () => {
    const got = fakeGoogle(GLOBAL, () => [200, reply('STOP', inline('AQID'))]);
    const images = [
      picture([4, 5, 6], { role: 'reference', name: 'Mira', mediaType: 'image/jpeg' }),
      picture([7, 8, 9], { role: 'reference', name: 'the boat', mediaType: 'image/webp' }),
      picture([1, 2, 3], { role: 'condition' }),
    ];
    await draw(vertex, { images, size: '2K', seed: 7, options: { personGeneration: 'allow_adult' } });
    const { headers: _, ...request } = got[0]!;
    expect([request]).toEqual([wire('image-vertex')]);
  });

  it('equals the documented request on the Developer API', async () => {
    const got = fakeGoogle(DEVELOPER, () => [200, reply('STOP', inline('AQID'))]);
    await draw(keyed, { ratio: '9:16' });
    const { headers: _, ...request } = got[0]!;
    expect([request]).toEqual([wire('image-developer')]);
  });

  it('is nothing when its pictures are too large together', async () => {
    const got = fakeGoogle(DEVELOPER, () => [200, reply('STOP', inline('AQID'))]);
    const big = { ...picture([], { role: 'reference' }), bytes: new Uint8Array(7_600_000) };
    await expect(draw(keyed, { images: [big, big] })).rejects.toMatchObject({
      kind: 'invalid-request',
      accepted: 'no',
      message: expect.stringContaining('20.3 MB, Google takes 20 MB') as string,
    });
    expect(got).toEqual([]);
  });
});

describe('what a Gemini image model answers', () => {
  /** On Vertex: of the Developer API's replies the SDK drops the message of an end. */
  const answer = (body: unknown) => {
    fakeGoogle(GLOBAL, () => [200, body]);
    return draw(vertex);
  };
  const paid = { charged: 'yes', usage: { images: 0, inputTokens: 300, outputTokens: 60 } };

  it('is its pictures without its thoughts and without its word on their type', async () => {
    const thought = inline('AAAA', { thought: true });
    expect(await answer(reply('STOP', thought, { text: 'Here.' }, inline('AQID')))).toEqual({
      state: 'succeeded',
      outputs: [{ bytes: Buffer.from([1, 2, 3]) }],
      usage: { images: 1, inputTokens: 300, outputTokens: 60 },
    });
  });

  it.each([
    'SAFETY',
    'BLOCKLIST',
    'PROHIBITED_CONTENT',
    'SPII',
    'RECITATION',
    'IMAGE_SAFETY',
    'IMAGE_PROHIBITED_CONTENT',
    'IMAGE_RECITATION',
  ])('is blocked (%s), without a picture to pay', async (finishReason) => {
    const finishMessage = 'Unable to show the generated image. Support codes: 15236754';
    expect(await answer({ candidates: [{ finishReason, finishMessage }], usageMetadata })).toEqual({
      state: 'blocked',
      reasons: [finishMessage, finishReason],
      codes: ['15236754'],
      category: 'Celebrity',
      input: 'output',
      ...paid,
    });
  });

  it.each(['SAFETY', 'OTHER', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'MODEL_ARMOR', 'JAILBREAK'])(
    'is blocked for its prompt (%s)',
    async (blockReason) => {
      const found = await answer({ promptFeedback: { blockReason }, usageMetadata });
      expect(found).toMatchObject({ state: 'blocked', reasons: [blockReason], category: blockReason, input: 'prompt' });
    },
  );

  it.each(['IMAGE_SAFETY', 'NO_IMAGE'])('is free where Google says so (%s)', async (finishReason) => {
    const finishMessage = 'Unable to show the generated image. You will not be charged for this request.';
    const found = await answer({ candidates: [{ finishReason, finishMessage }], usageMetadata });
    expect([found.state === 'succeeded' ? 'yes' : found.charged, found.usage]).toEqual(['no', undefined]);
  });

  it('is blocked for the picture that its prompt would have made', async () => {
    const found = await answer({ promptFeedback: { blockReason: 'IMAGE_SAFETY' } });
    expect(found).toMatchObject({ state: 'blocked', input: 'output', charged: 'yes', usage: { images: 0 } });
  });

  it.each(['NO_IMAGE', 'IMAGE_OTHER', 'OTHER', 'MALFORMED_RESPONSE', 'STOP', 'MAX_TOKENS'])(
    'is empty (%s), with what the model said',
    async (end) => {
      const message = `Google answered without a picture (${end}): I can not draw that.`;
      expect(await answer(reply(end, { text: 'I can not draw that.' }))).toEqual({
        state: 'failed',
        kind: 'empty',
        message,
        ...paid,
      });
    },
  );
});

describe('Imagen', () => {
  const options = { personGeneration: 'allow_adult', safetyFilterLevel: 'BLOCK_ONLY_HIGH', enhancePrompt: false };
  const ask = (body: unknown) => {
    const got = fakeGoogle(REGION, () => [200, body]);
    return draw(vertex, { options }, 'imagen-4.0-generate-001').then((found) => ({ found, got }));
  };

  it('is sent the documented request', async () => {
    const { found, got } = await ask({ predictions: [{ bytesBase64Encoded: 'AQID', mimeType: 'image/png' }] });
    const { headers: _, ...request } = got[0]!;
    expect([request]).toEqual([wire('imagen')]);
    expect(found).toEqual({ state: 'succeeded', outputs: [{ bytes: Buffer.from([1, 2, 3]) }], usage: { images: 1 } });
  });

  it('tells why a picture was held back, at no charge', async () => {
    const raiFilteredReason = 'Unable to show generated images. Support codes: 58061214';
    const { found } = await ask({ predictions: [{ raiFilteredReason }] });
    expect(found).toEqual({
      state: 'blocked',
      reasons: [raiFilteredReason],
      codes: ['58061214'],
      category: 'Child',
      input: 'output',
      charged: 'no',
    });
  });

  it('is empty without a prediction', async () => {
    const { found } = await ask({});
    expect(found).toMatchObject({ state: 'failed', kind: 'empty', charged: 'no' });
  });

  it('is not asked with a picture', async () => {
    const images = [picture([1], { role: 'condition' })];
    await expect(draw(vertex, { images }, 'imagen-4.0-generate-001')).rejects.toMatchObject({ accepted: 'no' });
  });
});
