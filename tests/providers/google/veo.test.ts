import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GoogleOptions, google } from 'vidpipe/providers/google';
import { fakeHosts, film, onABadLine, type Reply, sentOf, videoModel } from './films.ts';
import { callOptions, picture, wire } from './requests.ts';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const VEO = 'veo-3.1-generate-001';
const name = `projects/proj/locations/us-central1/publishers/google/models/${VEO}/operations/a1b07c8e-7b5a-4aba-bb34-3e1ccb8afcc8`;
const KEY = 'key-of-vertex-4711';
const veo = (vertex: GoogleOptions['vertex'] = {}) =>
  videoModel(google({ vertex: { project: 'proj', apiKey: KEY, ...vertex } }), VEO);
const startFrame = picture([1, 2, 3], { role: 'start-frame' });
const endFrame = picture([4, 5, 6], { role: 'end-frame', mediaType: 'image/jpeg' });

describe('what Veo is sent', () => {
  it('equals the documented request: both frames, every option, a folder of its own, labels', async () => {
    const got = fakeHosts([200, { name }]);
    const options = {
      personGeneration: 'allow_adult',
      enhancePrompt: true,
      compressionQuality: 'lossless',
      resizeMode: 'pad',
    };
    const found = await film(veo({ bucket: 'films', labels: { team: 'film' } }), {
      startFrame,
      endFrame,
      seconds: 6,
      ratio: '9:16',
      resolution: '1080p',
      audio: false,
      seed: 42,
      negativePrompt: 'blur',
      takes: 2,
      options,
    });
    expect(sentOf(got)).toEqual([wire('veo-frames')]);
    expect(found).toEqual({ handle: { name, seconds: 6, folder: 'gs://films/vidpipe/p.1/' } });
  });

  it('equals the documented request for references, and asks for inline videos without a bucket', async () => {
    const got = fakeHosts([200, { name }]);
    const references = [picture([1, 2, 3], { role: 'reference' }), picture([4, 5, 6], { role: 'reference' })];
    const found = await film(veo(), { references });
    expect(sentOf(got)).toEqual([wire('veo-references')]);
    expect(found).toEqual({ handle: { name, seconds: 8 } });
  });

  it.each([
    [{ references: [picture([1], { role: 'reference' })], startFrame }, /only without a first or last frame/],
    [{ references: [picture([1], { role: 'reference' })], seconds: 4 }, /with references only 8, not 4/],
    [{ seconds: 5 }, /seconds: 5 is not of 4, 6, 8/],
    [{ takes: 5 }, /takes: 5 is not from 1 to 4/],
    [{ startFrame: { ...startFrame, bytes: new Uint8Array(15_000_001) } }, /Google takes 20 MB/],
  ])('is nothing when Veo can not be asked it (%#)', async (request, message) => {
    const got = fakeHosts([200, { name }]);
    const issue = { kind: 'invalid-request', accepted: 'no', message: expect.stringMatching(message) as string };
    await expect(film(veo(), request)).rejects.toMatchObject(issue);
    expect(got).toEqual([]);
  });

  it('names another folder for each call, whatever its id holds', async () => {
    const got = fakeHosts([200, { name }]);
    const model = veo({ bucket: 'films', prefix: 'a/b' });
    for (const callId of ['Mine/../x.Ü', 'mine.~2f~', `p.${'A1'.repeat(40)}`])
      await film(model, {}, { ...callOptions(), callId });
    const bodies = got.map(({ body }) => body as { parameters: { storageUri: string }; labels: object });
    expect(bodies.map(({ parameters }) => parameters.storageUri)).toEqual([
      'gs://films/a/b/Mine~2f~..~2f~x.~dc~/',
      'gs://films/a/b/mine.~7e~2f~7e~/',
      `gs://films/a/b/p.${'A1'.repeat(40)}/`,
    ]);
    expect(bodies.map(({ labels }) => labels)).toEqual([
      { vidpipe_call: 'mine____x__' },
      { vidpipe_call: 'mine__2f_' },
      { vidpipe_call: `1${'a1'.repeat(31)}` },
    ]);
  });
});

const rpc = (code: number, status: string, message: string, details: unknown[] = []): Reply => [
  code,
  { error: { code, message, status, details } },
];

describe('a submission that Veo does not take', () => {
  const no = 'no';
  const unknown = 'unknown';
  it.each([
    [rpc(400, 'INVALID_ARGUMENT', 'durationSeconds must be 4, 6 or 8'), 'invalid-request', no],
    [rpc(401, 'UNAUTHENTICATED', 'invalid credentials'), 'auth', no],
    [rpc(403, 'PERMISSION_DENIED', 'no'), 'auth', no],
    [rpc(404, 'NOT_FOUND', 'Publisher Model was not found'), 'invalid-request', no],
    [rpc(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded for base model: veo-3.1-generate-001.'), 'rate-limited', no],
    [rpc(408, 'DEADLINE_EXCEEDED', 'slow'), 'transient', unknown],
    [rpc(500, 'INTERNAL', 'internal'), 'transient', unknown],
    [[503, '<html>busy</html>'], 'transient', unknown],
    [[200, '<html>welcome</html>'], 'transient', unknown],
    [[200, {}], 'transient', unknown],
    [[200, { name: 'projects/proj/locations/evil.example/x' }], 'transient', unknown],
  ] as const)('is typed, and is sent once (%#)', async (reply, kind, accepted) => {
    const got = fakeHosts(reply);
    await expect(film(veo())).rejects.toMatchObject({ name: 'ProviderError', kind, accepted });
    expect(got).toHaveLength(1);
  });

  it('for its content is blocked, with the codes of the details, and not charged', async () => {
    const message =
      'The prompt could not be submitted. This prompt contains sensitive words that violate Google’s Responsible AI practices.';
    const detail = '[ORIGINAL ERROR] generic::invalid_argument: Support codes: 42876398, 58061214';
    const got = fakeHosts(
      rpc(400, 'INVALID_ARGUMENT', message, [{ '@type': 'type.googleapis.com/google.rpc.DebugInfo', detail }]),
    );
    expect(await film(veo())).toMatchObject({
      finished: {
        state: 'blocked',
        reasons: [expect.stringContaining('could not be submitted') as string, detail],
        codes: ['42876398', '58061214'],
        category: 'Other',
        input: 'prompt',
        charged: 'no',
      },
    });
    expect(got).toHaveLength(1);
  });

  it('never shows the key', async () => {
    fakeHosts(rpc(403, 'PERMISSION_DENIED', `The key ${KEY} may not do this; Bearer abc.def`));
    const error = await film(veo()).then(
      () => null,
      (thrown: unknown) => thrown as Error,
    );
    expect(error?.message).toContain('PERMISSION_DENIED');
    expect(JSON.stringify([error, error?.message, error?.stack, error?.cause])).not.toMatch(/4711|abc\.def/);
  });
});

describe('a submission on a bad line', () => {
  onABadLine((origin) =>
    videoModel(google({ vertex: { project: 'proj', apiKey: KEY }, baseUrls: { vertex: origin } }), VEO),
  );
});
