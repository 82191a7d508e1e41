import nock from 'nock';
import { beforeEach, expect, it } from 'vitest';
import type { CallOptions, ClipRequest, Provider, VideoModel } from 'vidpipe/provider';
import { nobody, serve } from '../../provider-kit/serve.ts';
import { callOptions, DEVELOPER, GLOBAL, type Got, REGION } from './requests.ts';

const STORAGE = 'https://storage.googleapis.com';

/** A reply of a fake host: a status, JSON or text. */
export type Reply = readonly [status: number, body?: unknown];

/** Answers requests to Google's hosts one after another, the last reply as often as it is asked, and keeps what it got. */
export function fakeHosts(...replies: readonly [Reply, ...Reply[]]): Got[] {
  const got: Got[] = [];
  const reply = async (request: Request): Promise<[number, string, Record<string, string>]> => {
    const { method, url, headers } = request;
    const sent = await request.text();
    got.push({ method, url, headers: Object.fromEntries(headers), body: sent === '' ? null : JSON.parse(sent) });
    const [status, body = {}] = replies[Math.min(got.length, replies.length) - 1] ?? replies[0];
    const text = typeof body === 'string';
    return [status, text ? body : JSON.stringify(body), { 'content-type': text ? 'text/html' : 'application/json' }];
  };
  for (const origin of [REGION, GLOBAL, DEVELOPER, STORAGE]) {
    nock(origin).persist().get(/.*/).reply(reply);
    nock(origin).persist().post(/.*/).reply(reply);
  }
  return got;
}

/** What was sent, without headers. */
export const sentOf = (got: readonly Got[]): object[] => got.map(({ method, url, body }) => ({ method, url, body }));

export function videoModel(provider: Provider, id: string): VideoModel {
  const model = provider.model(id);
  if (model.kind !== 'video') throw new Error(`it makes ${model.kind}`);
  return model;
}

const clip: ClipRequest = {
  prompt: 'A heron takes off.',
  seconds: 8,
  ratio: '16:9',
  width: 1280,
  height: 720,
  resolution: '720p',
  audio: true,
  takes: 1,
};

export function film(
  model: VideoModel,
  request: Partial<ClipRequest> = {},
  call: CallOptions = callOptions(),
): ReturnType<VideoModel['start']> {
  return model.start({ ...clip, ...request }, call);
}

/** What a submission must do whose line fails; `at` is the model over a service at an origin. */
export function onABadLine(at: (origin: string) => VideoModel): void {
  const uncertain = { kind: 'transient', accepted: 'unknown' };
  beforeEach(() => nock.enableNetConnect('127.0.0.1'));

  it('that is reset may have been accepted, and is sent once', async () => {
    const { origin, requests } = await serve((response) => response.destroy());
    await expect(film(at(origin))).rejects.toMatchObject(uncertain);
    expect(requests).toHaveLength(1);
  });

  it('that is answered in part may have been accepted, and is sent once', async () => {
    const { origin, requests } = await serve((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 500 });
      response.write('{"name":', () => response.destroy());
    });
    await expect(film(at(origin))).rejects.toMatchObject(uncertain);
    expect(requests).toHaveLength(1);
  });

  it('that is not answered in time may have been accepted, and is sent once', async () => {
    const deadline = new AbortController();
    const { origin, requests } = await serve(() => deadline.abort(new DOMException('late', 'TimeoutError')));
    await expect(film(at(origin), {}, callOptions(deadline.signal))).rejects.toMatchObject(uncertain);
    expect(requests).toHaveLength(1);
  });

  it('that never reached anybody was not accepted', async () => {
    await expect(film(at(await nobody()))).rejects.toMatchObject({ kind: 'transient', accepted: 'no' });
  });
}
