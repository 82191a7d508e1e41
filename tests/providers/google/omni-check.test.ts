import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { google } from 'vidpipe/providers/google';
import { fakeHosts, type Reply, sentOf, videoModel } from './films.ts';
import { callOptions, wire } from './requests.ts';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const OMNI = 'gemini-omni-1.1-flash';
const KEY = 'key-of-developer-4711';
const omni = () => videoModel(google({ apiKey: KEY }), OMNI);
const onVertex = () => videoModel(google({ vertex: { project: 'proj', apiKey: 'key-v', bucket: 'films' } }), OMNI);
const handle = { id: 'v1_abc', seconds: 5 };

const filmed = {
  total_tokens: 29_311,
  total_input_tokens: 26,
  total_output_tokens: 28_832,
  total_thought_tokens: 453,
  output_tokens_by_modality: [{ modality: 'video', tokens: 28_832 }],
};
const talked = {
  total_input_tokens: 26,
  total_output_tokens: 40,
  total_thought_tokens: 4,
  output_tokens_by_modality: [{ modality: 'text', tokens: 40 }],
};
const interaction = (status: string, more = {}): Reply => [
  200,
  { id: 'v1_abc', status, object: 'interaction', ...more },
];
const output = (...content: object[]) => ({
  steps: [
    { type: 'thought', summary: [{ type: 'text', text: 'thinking' }] },
    { type: 'model_output', content },
  ],
});
const look = (reply: Reply, ...more: Reply[]) => {
  const got = fakeHosts(reply, ...more);
  return { got, found: omni().check({ ...handle }, callOptions()) };
};
const uri = 'https://generativelanguage.googleapis.com/v1beta/files/xyz-1:download?alt=media';
const byLink = interaction('completed', { ...output({ type: 'video', uri, mime_type: 'video/mp4' }), usage: filmed });
const used = { seconds: 5, inputTokens: 26, outputTokens: 29_285 };

describe('a look at an Omni interaction', () => {
  it('is one documented request', async () => {
    const { got, found } = look(interaction('in_progress'));
    expect(await found).toEqual({ state: 'running' });
    expect(sentOf(got)).toEqual([wire('omni-look')]);
  });

  it.each(['queued', 'in_progress', 'something_new'])('finds it running (%s)', async (status) => {
    expect(await look(interaction(status)).found).toEqual({ state: 'running' });
  });

  it('finds a link, once its file is active', async () => {
    const { got, found } = look(byLink, [200, { name: 'files/xyz-1', state: 'ACTIVE' }]);
    expect(await found).toEqual({
      state: 'succeeded',
      outputs: [{ url: uri, headers: { 'x-goog-api-key': KEY } }],
      usage: used,
    });
    expect(sentOf(got)[1]).toEqual({
      method: 'GET',
      url: 'https://generativelanguage.googleapis.com/v1beta/files/xyz-1',
      body: null,
    });
    expect(google({ apiKey: KEY }).downloads).toContain('generativelanguage.googleapis.com');
  });

  it.each([
    ['PROCESSING', { state: 'running' }],
    ['FAILED', { state: 'failed', kind: 'empty', charged: 'yes', usage: used }],
  ])('waits for the file of a link (%s)', async (state, found) => {
    expect(await look(byLink, [200, { name: 'files/xyz-1', state }]).found).toMatchObject(found);
  });

  it('finds an inline video', async () => {
    const content = { type: 'video', data: 'AQID', mime_type: 'video/mp4' };
    expect(await look(interaction('completed', { ...output(content), usage: filmed })).found).toEqual({
      state: 'succeeded',
      outputs: [{ bytes: Buffer.from([1, 2, 3]), mediaType: 'video/mp4' }],
      usage: used,
    });
  });

  it.each([
    ['gs://films/vidpipe/p.1/1.mp4', { state: 'succeeded' }],
    ['gs://films/vidpipe/p.2/1.mp4', { state: 'failed', kind: 'invalid-request', charged: 'yes' }],
  ])('takes %s as the folder of the call says', async (written, found) => {
    fakeHosts(interaction('completed', { ...output({ type: 'video', uri: written }), usage: filmed }));
    const at = { ...handle, folder: 'gs://films/vidpipe/p.1/' };
    expect(await onVertex().check(at, callOptions())).toMatchObject(found);
  });
});

describe('a refusal of Omni', () => {
  it('is complete, has words and no video, and is not charged', async () => {
    const text = "I can't make videos of real people.";
    const reply = interaction('completed', { ...output({ type: 'text', text }), usage: talked });
    expect(await look(reply).found).toEqual({
      state: 'blocked',
      reasons: [text],
      codes: [],
      input: 'prompt',
      charged: 'no',
      usage: { seconds: 0, inputTokens: 26, outputTokens: 44 },
    });
  });

  it('may come as a failure', async () => {
    const errors = [{ code: 'PROHIBITED_CONTENT', message: 'Not this.' }];
    expect(await look(interaction('failed', { errors })).found).toMatchObject({
      state: 'blocked',
      reasons: ['Not this.'],
      charged: 'no',
    });
  });

  it('is none where a video is billed that is not there', async () => {
    const reply = interaction('completed', { ...output({ type: 'text', text: 'Here it is.' }), usage: filmed });
    expect(await look(reply).found).toMatchObject({
      state: 'failed',
      kind: 'invalid-request',
      charged: 'yes',
      usage: used,
    });
  });

  it('is none without words', async () => {
    expect(await look(interaction('completed', { usage: talked })).found).toMatchObject({
      state: 'failed',
      kind: 'empty',
      charged: 'no',
    });
  });
});

describe('an interaction that ended without a video', () => {
  it.each([
    ['failed', 'transient', 'unknown'],
    ['cancelled', 'lost', 'unknown'],
    ['incomplete', 'empty', 'unknown'],
    ['budget_exceeded', 'invalid-request', 'unknown'],
    ['requires_action', 'invalid-request', 'unknown'],
    ['requires_continuation', 'invalid-request', 'unknown'],
  ])('is typed (%s)', async (status, kind, charged) => {
    const { found } = look(interaction(status));
    expect(await found).toEqual({ state: 'failed', kind, message: expect.any(String) as string, charged });
    nock.cleanAll();
    const counted = await look(interaction(status, { usage: talked })).found;
    expect(counted).toMatchObject({ kind, charged: 'no', usage: { seconds: 0 } });
  });

  it('says what Google says', async () => {
    const errors = [{ code: 'invalid_request', message: 'The image is broken.' }];
    expect(await look(interaction('failed', { errors, usage: talked })).found).toMatchObject({
      kind: 'invalid-request',
      message: 'Google could not make the video: The image is broken.',
    });
  });

  it('that was complete in part is taken', async () => {
    const reply = interaction('incomplete', { ...output({ type: 'video', data: 'AQID' }), usage: filmed });
    expect(await look(reply).found).toMatchObject({ state: 'succeeded', usage: used });
  });

  it.each([
    [400, 'Invalid interaction name'],
    [404, 'Interaction not found'],
  ])('and that Google does not know is lost (%i)', async (code, message) => {
    const { got, found } = look([code, { error: { code, message, status: 'X' } }]);
    expect(await found).toMatchObject({ state: 'failed', kind: 'lost', charged: 'unknown' });
    expect(got).toHaveLength(1);
  });

  it.each([
    [400, 'invalid-request'],
    [401, 'auth'],
    [503, 'transient'],
  ])('is not concluded from a look that fails with %i', async (code, kind) => {
    const { got, found } = look([code, { error: { code, message: `busy, ${KEY}`, status: 'X' } }]);
    const error: unknown = await found.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ProviderError', kind });
    expect(JSON.stringify([error, String(error), (error as Error).cause])).not.toContain('4711');
    expect(got).toHaveLength(1);
  });
});

describe('the end of an interaction that is not wanted any more', () => {
  const cancel = (reply: Reply) => {
    const got = fakeHosts(reply);
    return { got, outcome: omni().cancel?.({ ...handle }, callOptions()) };
  };

  it('is asked by the documented request', async () => {
    const { got, outcome } = cancel(interaction('cancelled', { usage: talked }));
    expect(await outcome).toEqual({ outcome: 'cancelled', charged: 'no' });
    expect(sentOf(got)).toEqual([wire('omni-cancel')]);
  });

  it.each([
    [interaction('cancelled'), 'cancelled'],
    [interaction('completed', { usage: filmed }), 'too-late'],
    [[400, { error: { code: 400, message: 'The interaction is not running', status: 'X' } }] as Reply, 'too-late'],
    [[404, { error: { code: 404, message: 'Not found', status: 'X' } }] as Reply, 'too-late'],
  ])('says whether it came in time (%#)', async (reply, outcome) => {
    expect(await cancel(reply).outcome).toEqual({ outcome, charged: 'unknown' });
  });

  it('fails where nobody can tell, after one request', async () => {
    const { got, outcome } = cancel([503, {}]);
    await expect(outcome).rejects.toMatchObject({ kind: 'transient' });
    expect(got).toHaveLength(1);
  });

  it('is all that is known of a submission: it can not be looked up, and not be sent again', () => {
    for (const absent of ['lookUp', 'idempotent']) expect(Object.keys(omni())).not.toContain(absent);
  });
});
