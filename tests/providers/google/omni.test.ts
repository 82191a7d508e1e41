import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { google } from 'vidpipe/providers/google';
import { fakeHosts, film, onABadLine, type Reply, sentOf, videoModel } from './films.ts';
import { picture, wire } from './requests.ts';

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const OMNI = 'gemini-omni-1.1-flash';
const KEY = 'key-of-developer-4711';
const omni = () => videoModel(google({ apiKey: KEY }), OMNI);
const onVertex = (more = {}) => videoModel(google({ vertex: { project: 'proj', apiKey: 'key-v', ...more } }), OMNI);
const started = { id: 'v1_abc', status: 'in_progress', object: 'interaction' };
const startFrame = picture([1, 2, 3], { role: 'start-frame' });
const endFrame = picture([4, 5, 6], { role: 'end-frame', mediaType: 'image/jpeg' });
const mira = picture([7, 8, 9], { role: 'reference', name: 'Mira' });

describe('what Omni is sent', () => {
  it('equals the documented background job: frames, references, words, a link to fetch', async () => {
    const got = fakeHosts([200, started]);
    const found = await film(omni(), {
      startFrame,
      endFrame,
      references: [mira],
      seconds: 10,
      ratio: '9:16',
      resolution: '1080p',
      audio: false,
      seed: 1,
    });
    expect(sentOf(got)).toEqual([wire('omni-developer')]);
    expect(got[0]?.headers['x-goog-api-key']).toBe(KEY);
    expect(found).toEqual({ handle: { id: 'v1_abc', seconds: 10 } });
  });

  it('equals the documented job on Vertex, which writes to the folder of the call', async () => {
    const got = fakeHosts([200, started]);
    const found = await film(onVertex({ bucket: 'films', labels: { team: 'film' } }), { startFrame });
    expect(sentOf(got)).toEqual([wire('omni-vertex')]);
    expect(found).toEqual({ handle: { id: 'v1_abc', seconds: 8, folder: 'gs://films/vidpipe/p.1/' } });
  });

  it.each([
    [{}, 'text_to_video', 'A heron takes off.'],
    [{ references: [mira] }, 'reference_to_video', 'A heron takes off.\nImage 1 is Mira.'],
  ])('says what it is made from (%#)', async (request, task, text) => {
    const got = fakeHosts([200, started]);
    await film(onVertex(), request);
    const body = got[0]?.body as { input: object[]; generation_config: object; response_format: object };
    expect(body.generation_config).toEqual({ video_config: { task } });
    expect(body.input.at(-1)).toEqual({ type: 'text', text });
    expect(body.response_format).toMatchObject({ delivery: 'inline' });
  });

  it('is nothing when Omni can not be asked it', async () => {
    const got = fakeHosts([200, started]);
    const references = Array.from({ length: 11 }, () => mira);
    await expect(film(omni(), { references })).rejects.toMatchObject({ kind: 'invalid-request', accepted: 'no' });
    await expect(film(omni(), { seconds: 11 })).rejects.toMatchObject({ kind: 'invalid-request', accepted: 'no' });
    expect(got).toEqual([]);
  });
});

const rpc = (code: number, message: string): Reply => [code, { error: { code, message, status: 'X' } }];

describe('a submission that Omni does not take', () => {
  it.each([
    [rpc(400, 'duration must be a string'), 'invalid-request', 'no'],
    [rpc(400, 'API key not valid. Please pass a valid API key.'), 'auth', 'no'],
    [rpc(403, 'no'), 'auth', 'no'],
    [rpc(404, 'models/x is not found for API version v1beta'), 'invalid-request', 'no'],
    [rpc(429, 'You exceeded your current quota'), 'rate-limited', 'no'],
    [rpc(409, 'conflict'), 'transient', 'unknown'],
    [rpc(500, 'internal'), 'transient', 'unknown'],
    [[503, '<html>busy</html>'], 'transient', 'unknown'],
    [[200, {}], 'transient', 'unknown'],
    [[200, '<html>welcome</html>'], 'transient', 'unknown'],
  ] as const)('is typed, and is sent once (%#)', async (reply, kind, accepted) => {
    const got = fakeHosts(reply);
    await expect(film(omni())).rejects.toMatchObject({ name: 'ProviderError', kind, accepted });
    expect(got).toHaveLength(1);
  });

  it('for its content is blocked and not charged', async () => {
    const message = "The input image violates Google's usage guidelines. Support codes: 15236754";
    const got = fakeHosts([400, [{ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }]]);
    expect(await film(omni(), { startFrame })).toMatchObject({
      finished: { state: 'blocked', codes: ['15236754'], category: 'Celebrity', input: 'start-frame', charged: 'no' },
    });
    expect(got).toHaveLength(1);
  });

  it('never shows the key', async () => {
    fakeHosts(rpc(403, `The key ${KEY} may not do this`));
    const error = await film(omni()).then(
      () => null,
      (thrown: unknown) => thrown as Error,
    );
    expect(error?.message).toContain('may not do this');
    expect(JSON.stringify([error, error?.message, error?.stack, error?.cause])).not.toContain('4711');
  });
});

describe('a submission on a bad line', () => {
  onABadLine((origin) => videoModel(google({ apiKey: KEY, baseUrls: { developer: origin } }), OMNI));
});
