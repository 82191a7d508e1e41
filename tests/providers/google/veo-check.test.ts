import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProviderError } from 'vidpipe/provider';
import { google } from 'vidpipe/providers/google';
import { fakeHosts, film, type Reply, sentOf, videoModel } from './films.ts';
import { callOptions, type Got, picture, wire } from './requests.ts';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const VEO = 'veo-3.1-generate-001';
const name = `projects/proj/locations/us-central1/publishers/google/models/${VEO}/operations/a1b07c8e-7b5a-4aba-bb34-3e1ccb8afcc8`;
const KEY = 'key-of-vertex-4711';
const veo = (vertex = {}) => videoModel(google({ vertex: { project: 'proj', apiKey: KEY, ...vertex } }), VEO);
const stored = veo({ bucket: 'films' });
const handle = { name, seconds: 6 };
const inFolder = { ...handle, folder: 'gs://films/vidpipe/p.1/' };
const look = (found = {}, model = veo(), at: object = handle) => {
  fakeHosts([200, { name, ...found }]);
  return model.check({ ...at }, callOptions());
};
const type = 'type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse';
const done = (response: object) => ({ done: true, response: { '@type': type, ...response } });
const inline = (data: string) => ({ bytesBase64Encoded: data, mimeType: 'video/mp4' });
const link = (object: string) => ({
  url: `https://storage.googleapis.com/storage/v1/b/films/o/${encodeURIComponent(object)}?alt=media`,
  headers: { 'x-goog-api-key': KEY },
});

describe('a look at a Veo operation', () => {
  it('is one documented request, made from the stored name alone, where the operation lives', async () => {
    const started = fakeHosts([200, { name }]);
    const found = await film(veo(), { startFrame: picture([1], { role: 'start-frame' }) });
    expect(started).toHaveLength(1);
    nock.cleanAll();
    const elsewhere = veo({ location: 'europe-west4', project: 'another' });
    const got = fakeHosts([200, { name }]);
    const kept = JSON.parse(JSON.stringify('handle' in found ? found.handle : null)) as typeof handle;
    expect(await elsewhere.check(kept, callOptions())).toEqual({ state: 'running' });
    expect(sentOf(got)).toEqual([wire('veo-look')]);
  });

  it('finds it running', async () => {
    expect(await look()).toEqual({ state: 'running' });
    nock.cleanAll();
    expect(await look({ done: false, metadata: {} })).toEqual({ state: 'running' });
  });

  it('finds inline videos, each with its seconds', async () => {
    expect(await look(done({ raiMediaFilteredCount: 0, videos: [inline('AQID'), inline('BAUG')] }))).toEqual({
      state: 'succeeded',
      outputs: [
        { bytes: Buffer.from([1, 2, 3]), mediaType: 'video/mp4' },
        { bytes: Buffer.from([4, 5, 6]), mediaType: 'video/mp4' },
      ],
      usage: { seconds: 12 },
    });
  });

  it('finds videos of the bucket as signed links', async () => {
    const gcsUri = 'gs://films/vidpipe/p.1/12133573038466716787/sample_0.mp4';
    expect(await look(done({ videos: [{ gcsUri, mimeType: 'video/mp4' }] }), stored, inFolder)).toEqual({
      state: 'succeeded',
      outputs: [link('vidpipe/p.1/12133573038466716787/sample_0.mp4')],
      usage: { seconds: 6 },
    });
    expect(google({}).downloads).toContain('storage.googleapis.com');
  });

  it.each([
    ['gs://films/vidpipe/p.2/1/sample_0.mp4', inFolder],
    ['gs://other/vidpipe/p.1/1/sample_0.mp4', inFolder],
    ['gs://films/vidpipe/p.1/', inFolder],
    ['gs://films/vidpipe/p.1/1/sample_0.mp4', handle],
    ['https://evil.example/x.mp4', inFolder],
  ])('does not follow %s', async (gcsUri, at) => {
    const found = await look(done({ videos: [{ gcsUri, mimeType: 'video/mp4' }] }), stored, at);
    expect(found).toMatchObject({ state: 'failed', kind: 'invalid-request', charged: 'unknown' });
  });

  it.each([done({}), done({ videos: [] }), done({ videos: [{}, { mimeType: 'video/mp4' }] }), { done: true }])(
    'finds that nothing was made (%#)',
    async (found) => {
      const message = 'Google reports success without a video.';
      expect(await look(found)).toEqual({ state: 'failed', kind: 'empty', message, charged: 'unknown' });
    },
  );
});

const CODED =
  'Veo could not generate 1 videos based on the prompt provided. You will not be charged for this request. Try rephrasing the prompt. If you think this was an error, send feedback. Support codes: 42237218';
const AUDIO =
  'We encountered an issue with the audio for your prompt, which means we could not create your video. This can sometimes happen due to our safety filters or other processing issues. Please modify your request and try again. You have not been charged for this attempt.';
const NAMES = "Sorry, we can't create videos with real people's names or likenesses.";

describe('what the filter of Veo takes out', () => {
  it.each([
    [[CODED], { codes: ['42237218'], category: 'Video safety violation', input: 'output' }],
    [[AUDIO], { codes: [], category: 'Audio', input: 'output' }],
    [[NAMES], { codes: [], input: 'prompt' }],
    [['Hidden. Support codes: 99999999'], { codes: ['99999999'], input: 'output' }],
  ])('is blocked with its reasons and never charged (%#)', async (reasons, rest) => {
    const found = await look(done({ raiMediaFilteredCount: 1, raiMediaFilteredReasons: reasons }));
    expect(found).toEqual({ state: 'blocked', reasons, charged: 'no', ...rest });
  });

  it('is blocked also where Google gives no reason', async () => {
    expect(await look(done({ raiMediaFilteredCount: 2 }))).toEqual({
      state: 'blocked',
      reasons: ['Google filtered 2 videos and gave no reason.'],
      codes: [],
      input: 'output',
      charged: 'no',
    });
  });

  it('leaves the other videos, which alone are charged', async () => {
    const videos = [inline('AQID'), inline('BAUG'), inline('BwgJ')];
    expect(await look(done({ raiMediaFilteredCount: 1, raiMediaFilteredReasons: [CODED], videos }))).toMatchObject({
      state: 'succeeded',
      outputs: [
        { bytes: Buffer.from([1, 2, 3]) },
        { bytes: Buffer.from([4, 5, 6]) },
        { bytes: Buffer.from([7, 8, 9]) },
      ],
      usage: { seconds: 18 },
      blocked: { state: 'blocked', codes: ['42237218'], charged: 'no' },
    });
  });
});

describe('an operation of Veo that failed', () => {
  const failure = (code: number, message: string) => look({ done: true, error: { code, message } });

  it.each([
    [
      'The prompt could not be submitted. This prompt contains words that violate Vertex AI’s usage guidelines. Support codes: 58061214',
      { codes: ['58061214'], category: 'Child', input: 'prompt' },
    ],
    [
      "Veo could not generate videos because the input image violates Agent Platform's usage guidelines. If you think this was an error, send feedback. Support codes: 15236754",
      { codes: ['15236754'], category: 'Celebrity', input: 'start-frame' },
    ],
    ["The prompt couldn't be submitted, it might violate our policies.", { codes: [], input: 'prompt' }],
  ])('for its content is blocked and not charged (%#)', async (message, rest) => {
    expect(await failure(3, message)).toEqual({ state: 'blocked', reasons: [message], charged: 'no', ...rest });
  });

  it.each([
    [3, 'Unsupported resolution 4k for this model.', 'invalid-request'],
    [8, 'Quota exceeded for aiplatform.googleapis.com/long_running_online_prediction_requests.', 'rate-limited'],
    [4, 'Deadline exceeded.', 'transient'],
    [13, 'The service is currently experiencing high load.', 'transient'],
    [14, 'Unavailable.', 'transient'],
    [7, 'The service agent may not write to the bucket.', 'auth'],
  ])('with code %i says so, and is not charged', async (code, message, kind) => {
    const told = expect.stringContaining(message) as string;
    expect(await failure(code, message)).toEqual({ state: 'failed', kind, message: told, charged: 'no' });
  });
});

const NOT_FOUND: Reply = [404, { error: { code: 404, message: 'Operation was not found.', status: 'NOT_FOUND' } }];
const items = (...names: string[]): Reply => [200, { items: names.map((each) => ({ name: each, size: '1048576' })) }];

describe('an operation that Google has forgotten', () => {
  it('is lost without a bucket', async () => {
    const got = fakeHosts(NOT_FOUND);
    expect(await veo().check({ ...handle }, callOptions())).toMatchObject({
      state: 'failed',
      kind: 'lost',
      message: expect.stringContaining('Operation was not found') as string,
      charged: 'unknown',
    });
    expect(got).toHaveLength(1);
  });

  it('is taken from its folder', async () => {
    const got = fakeHosts(NOT_FOUND, items('vidpipe/p.1/77/sample_1.mp4', 'vidpipe/p.1/77/sample_0.mp4'));
    expect(await stored.check({ ...inFolder }, callOptions())).toEqual({
      state: 'succeeded',
      outputs: [link('vidpipe/p.1/77/sample_0.mp4'), link('vidpipe/p.1/77/sample_1.mp4')],
      usage: { seconds: 12 },
    });
    expect(sentOf(got).at(-1)).toEqual(wire('veo-list'));
  });

  it('is lost when its folder is empty', async () => {
    fakeHosts(NOT_FOUND, items());
    expect(await stored.check({ ...inFolder }, callOptions())).toMatchObject({ state: 'failed', kind: 'lost' });
  });
});

describe('a look that fails', () => {
  it.each([
    [[503, '<html>busy</html>'], 'transient'],
    [[403, { error: { code: 403, message: `key ${KEY} is refused`, status: 'PERMISSION_DENIED' } }], 'auth'],
    [[429, { error: { code: 429, message: 'Quota', status: 'RESOURCE_EXHAUSTED' } }], 'rate-limited'],
    [[200, '<html>welcome</html>'], 'transient'],
  ] as const)('says nothing of the operation, and shows no key (%#)', async (reply, kind) => {
    const got: Got[] = fakeHosts(reply);
    const error = await veo()
      .check({ ...handle }, callOptions())
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind });
    expect(JSON.stringify([error, String(error), (error as Error).cause])).not.toContain('4711');
    expect(got).toHaveLength(1);
  });
});

describe('a lost submission to Veo', () => {
  const lookUp = (ageMs: number, ...replies: [Reply, ...Reply[]]) => {
    const got = fakeHosts(...replies);
    const at = new Date(Date.now() - ageMs).toISOString();
    return { got, found: stored.lookUp?.({ callId: 'p.1', at }, callOptions()) };
  };
  const MINUTE = 60_000;

  it('is found by its folder, which is listed by one documented request', async () => {
    const { got, found } = lookUp(MINUTE, items('vidpipe/p.1/77/sample_0.mp4'));
    expect(await found).toEqual({
      finished: { state: 'succeeded', outputs: [link('vidpipe/p.1/77/sample_0.mp4')] },
    });
    expect(sentOf(got)).toEqual([wire('veo-list')]);
  });

  it('can not be told from one that is under way before the deadline of the model', async () => {
    for (const reply of [items(), [200, {}] as const]) {
      const { found } = lookUp(19 * MINUTE, reply);
      await expect(found).rejects.toMatchObject({ kind: 'transient' });
      nock.cleanAll();
    }
  });

  it('was never accepted when nothing is there after the deadline of the model', async () => {
    expect(await lookUp(21 * MINUTE, items()).found).toBeUndefined();
  });

  it('is not found in what is not a video of its folder', async () => {
    const empty = { name: 'vidpipe/p.1/77/sample_0.mp4', size: '0' };
    const others = ['vidpipe/p.10/77/sample_0.mp4', 'vidpipe/p.1/notes.txt'].map((each) => ({ name: each, size: '9' }));
    expect(await lookUp(21 * MINUTE, [200, { items: [empty, ...others] }]).found).toBeUndefined();
  });

  it.each([
    [403, 'auth'],
    [404, 'invalid-request'],
    [503, 'transient'],
  ])('is not said to be unknown where the bucket answers %i', async (status, kind) => {
    const { found } = lookUp(21 * MINUTE, [status, { error: { code: status, message: 'no' } }]);
    await expect(found).rejects.toMatchObject({ kind });
  });

  it('can be looked up with a bucket only, and an operation never cancelled', () => {
    expect(Object.keys(veo())).not.toContain('lookUp');
    expect(Object.keys(stored)).toContain('lookUp');
    for (const absent of ['cancel', 'idempotent']) expect(Object.keys(stored)).not.toContain(absent);
  });
});
