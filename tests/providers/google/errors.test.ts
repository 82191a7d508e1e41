import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import nock from 'nock';
import { describe, expect, it } from 'vitest';
import { ProviderError } from 'vidpipe';
import { google } from 'vidpipe/providers/google';
import { connect, type Place } from '../../../providers/google/client.ts';
import { operationFailure, replyFailure } from '../../../providers/google/errors.ts';
import { callOptions, DEVELOPER, draw, fakeGoogle, REGION, write, offline } from './requests.ts';

offline();

const keyed = google({ apiKey: 'key-of-developer' });
const rpc = (code: number, status: string, message: string, details: unknown[] = []) => ({
  error: { code, message, status, details },
});

const fieldsOf = (error: unknown) => {
  expect(error).toBeInstanceOf(ProviderError);
  const { kind, accepted, retryAfterMs, message, details } = error as ProviderError;
  return { kind, accepted, retryAfterMs, status: details['status'], message };
};

const QUOTA =
  'Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model with base model: x.';
const RETRY = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' }];
const PAGE = '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>…</body></html>';

const no = 'no' as const;
const unknown = 'unknown' as const;

describe('a reply that is not 2xx', () => {
  it.each([
    [
      400,
      rpc(400, 'INVALID_ARGUMENT', 'bad prompt'),
      'invalid-request',
      no,
      /^Google answered 400 \(INVALID_ARGUMENT\): bad prompt$/,
    ],
    [400, [rpc(400, 'INVALID_ARGUMENT', 'bad prompt')], 'invalid-request', no, /INVALID_ARGUMENT\): bad prompt$/],
    [
      400,
      rpc(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'),
      'auth',
      no,
      /Check the key.*GEMINI_API_KEY/,
    ],
    [
      400,
      rpc(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'),
      'invalid-request',
      no,
      /User location/,
    ],
    [
      401,
      rpc(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
      'auth',
      no,
      /invalid authentication.*GOOGLE_APPLICATION_CREDENTIALS/,
    ],
    [
      403,
      rpc(403, 'PERMISSION_DENIED', "Permission 'aiplatform.endpoints.predict' denied"),
      'auth',
      no,
      /roles\/aiplatform\.user/,
    ],
    [
      403,
      rpc(403, 'PERMISSION_DENIED', 'Agent Platform API has not been used in project 1 before'),
      'auth',
      no,
      /Enable the API and billing/,
    ],
    [
      404,
      rpc(404, 'NOT_FOUND', 'Publisher Model `x` was not found.'),
      'invalid-request',
      no,
      /Check the model id, vertex.project and vertex.location/,
    ],
    [404, rpc(404, 'NOT_FOUND', 'This model is no longer available.'), 'retired', no, /retired: choose another/],
    [429, rpc(429, 'RESOURCE_EXHAUSTED', QUOTA), 'rate-limited', no, /Quota exceeded.*ask for more quota/],
    [499, rpc(499, 'CANCELLED', 'The operation was cancelled.'), 'transient', unknown, /CANCELLED/],
    [500, rpc(500, 'INTERNAL', 'Internal error encountered.'), 'transient', unknown, /INTERNAL/],
    [503, rpc(503, 'UNAVAILABLE', 'The model is overloaded.'), 'transient', unknown, /overloaded/],
    [504, rpc(504, 'DEADLINE_EXCEEDED', 'Deadline expired.'), 'transient', unknown, /Deadline/],
    [502, PAGE, 'transient', unknown, /^Google answered 502: a web page \(502 Bad Gateway\)$/],
    [503, '', 'transient', unknown, /^Google answered 503: an empty body$/],
    [404, 'Not here', 'invalid-request', no, /^Google answered 404: Not here\. .*vertex\.location and baseUrls/],
  ])('%s is told by kind and by what to change, and asked once (%#)', async (status, body, kind, accepted, message) => {
    const got = fakeGoogle(DEVELOPER, () => [status, body]);
    const error: unknown = await write(keyed).catch((thrown: unknown) => thrown);
    expect(fieldsOf(error)).toEqual({
      kind,
      accepted,
      retryAfterMs: null,
      status,
      message: expect.stringMatching(message) as string,
    });
    expect(got).toHaveLength(1);
  });

  it.each([
    [{ 'retry-after': '7' }, [], 7_000],
    [{}, RETRY, 34_500],
    [{ 'retry-after': '7' }, RETRY, 7_000],
  ])('says when to come back (%#)', async (headers, details, retryAfterMs) => {
    fakeGoogle(DEVELOPER, () => [429, rpc(429, 'RESOURCE_EXHAUSTED', QUOTA, details), headers]);
    const error: unknown = await write(keyed).catch((thrown: unknown) => thrown);
    expect(fieldsOf(error)).toMatchObject({ kind: 'rate-limited', retryAfterMs });
  });

  it('is a refusal, and free, where a filter stopped the words', async () => {
    const message =
      'Image generation failed with the following error: The prompt could not be submitted. This prompt contains sensitive words that violate Google’s Responsible AI practices. Try rephrasing the prompt.';
    const details = [
      {
        '@type': 'type.googleapis.com/google.rpc.DebugInfo',
        detail: '[ORIGINAL ERROR] generic::invalid_argument: Support codes: 42876398',
      },
    ];
    fakeGoogle(REGION, () => [400, rpc(400, 'INVALID_ARGUMENT', message, details)]);
    const vertex = google({ vertex: { project: 'proj', apiKey: 'key-of-vertex' } });
    expect(await draw(vertex, {}, 'imagen-4.0-generate-001')).toEqual({
      state: 'blocked',
      reasons: [message, details[0]!.detail],
      codes: ['42876398'],
      category: 'Other',
      input: 'prompt',
      charged: 'no',
    });
  });

  it.each([
    [404, rpc(404, 'NOT_FOUND', 'Operation not found'), 'lost'],
    [400, rpc(400, 'INVALID_ARGUMENT', 'Invalid interaction name'), 'lost'],
    [400, rpc(400, 'INVALID_ARGUMENT', 'bad'), 'invalid-request'],
    [403, rpc(403, 'PERMISSION_DENIED', 'no'), 'auth'],
  ])('a look that got %s (%#)', async (status, body, kind) => {
    const found = await replyFailure(Response.json(body, { status }), true);
    expect(found).toMatchObject({ kind });
  });
});

describe('an operation that reports an error', () => {
  it.each([
    [{ code: 3, message: 'Unsupported output resolution.' }, 'invalid-request'],
    [{ code: 5, message: 'Bucket gs://x not found' }, 'invalid-request'],
    [{ code: 7, message: 'No access to the bucket' }, 'auth'],
    [{ code: 8, message: 'Quota exceeded' }, 'rate-limited'],
    [{ code: 4, message: 'Deadline' }, 'transient'],
    [{ code: 13, message: 'The service is currently experiencing high load' }, 'transient'],
    [{ code: 14, message: 'Unavailable' }, 'transient'],
    [{}, 'transient'],
  ])('has failed and is free (%#)', (error, kind) => {
    const { message = 'no message' } = error as { message?: string };
    expect(operationFailure(error)).toMatchObject({
      state: 'failed',
      kind,
      charged: 'no',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    [
      'The prompt could not be submitted. This prompt contains sensitive words that violate Google’s Responsible AI practices. Support codes: 58061214',
      'prompt',
      'Child',
    ],
    ["This prompt contains words that violate Vertex AI's usage guidelines.", 'prompt', undefined],
    [
      "Veo could not generate videos because the input image violates Agent Platform's usage guidelines. Support codes: 15236754",
      'start-frame',
      'Celebrity',
    ],
  ])('is a refusal by its words, though the code is that of a bad argument: %s', (message, input, category) => {
    const found = operationFailure({ code: 3, message });
    expect(found).toMatchObject({ state: 'blocked', reasons: [message], input, charged: 'no' });
    expect('category' in found ? found.category : undefined).toBe(category);
  });
});

describe('a request that gets no whole answer', () => {
  let server: Server;
  let hits = 0;
  const serve = async (then: (response: ServerResponse) => void) => {
    nock.enableNetConnect('127.0.0.1');
    hits = 0;
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        hits += 1;
        then(response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const close = () => new Promise((resolve) => server.close(resolve));
  const failure = async (developer: string, signal?: AbortSignal) => {
    const provider = google({ apiKey: 'key-of-developer', baseUrls: { developer } });
    const error: unknown = await write(provider, {}, callOptions(signal)).catch((thrown: unknown) => thrown);
    return fieldsOf(error);
  };

  it('was perhaps taken when the connection is reset, and is not sent again', async () => {
    const url = await serve((response) => response.socket?.resetAndDestroy());
    expect(await failure(url)).toMatchObject({ kind: 'transient', accepted: 'unknown' });
    expect(hits).toBe(1);
    await close();
  });

  it.each([
    [
      'breaks off',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '500' });
        response.write('{"candidates":', () => response.destroy());
      },
    ],
    ['is a web page', (response: ServerResponse) => response.end(PAGE)],
    ['is empty', (response: ServerResponse) => response.end()],
  ])('was perhaps taken when its answer %s', async (_, then) => {
    const url = await serve(then);
    expect(await failure(url)).toMatchObject({ kind: 'transient', accepted: 'unknown' });
    expect(hits).toBe(1);
    await close();
  });

  it('was perhaps taken at its deadline, and is not sent again', async () => {
    const ended = new AbortController();
    const url = await serve(() => ended.abort(new DOMException('Time is up', 'TimeoutError')));
    expect(await failure(url, ended.signal)).toMatchObject({ kind: 'transient', accepted: 'unknown' });
    expect(hits).toBe(1);
    server.closeAllConnections();
    await close();
  });

  it('was not taken where nobody listens', async () => {
    const url = await serve(() => undefined);
    await close();
    expect(await failure(url)).toMatchObject({ kind: 'transient', accepted: 'no' });
  });
});

describe('one call', () => {
  const connection = connect({ apiKey: 'key-of-developer' });
  const place: Place = { surface: 'developer', location: '' };

  it('makes one request, whatever retries the SDK has of its own', async () => {
    const got = fakeGoogle(DEVELOPER, () => [503, rpc(503, 'UNAVAILABLE', 'Busy')]);
    const interaction = { model: 'm', input: 'x' } as never;
    const error: unknown = await connection
      .send(place, callOptions(), (ai) => ai.interactions.create(interaction))
      .catch((thrown: unknown) => thrown);
    expect(fieldsOf(error)).toMatchObject({ kind: 'transient', accepted: 'unknown', status: 503 });
    expect(got).toHaveLength(1);
  });

  it('never makes a second one', async () => {
    const got = fakeGoogle(DEVELOPER, () => [200, {}]);
    const contents = 'x';
    const error: unknown = await connection
      .send(place, callOptions(), async (ai) => {
        await ai.models.generateContent({ model: 'm', contents });
        return ai.models.generateContent({ model: 'm', contents });
      })
      .catch((thrown: unknown) => thrown);
    expect(fieldsOf(error)).toMatchObject({ accepted: 'unknown' });
    expect(got).toHaveLength(1);
  });

  it('does not follow a redirect: a key would go along', async () => {
    const elsewhere = fakeGoogle('https://elsewhere.example', () => [200, {}]);
    fakeGoogle(DEVELOPER, () => [307, '', { location: 'https://elsewhere.example/' }]);
    const error: unknown = await write(keyed).catch((thrown: unknown) => thrown);
    expect(fieldsOf(error)).toMatchObject({ accepted: 'unknown', status: 307 });
    expect(elsewhere).toEqual([]);
  });

  it('is not sent when the SDK refuses it', async () => {
    const error: unknown = await connection
      .send(place, callOptions(), (ai) => ai.models.generateImages({ model: 'm', prompt: 'x' }))
      .catch((thrown: unknown) => thrown);
    expect(fieldsOf(error)).toMatchObject({ kind: 'invalid-request', accepted: 'no' });
  });
});
