import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fetchError, MissingKeyError, ProviderError, readJson, readKey, replyError } from 'vidpipe/provider';
import { nobody, rejection, serve } from './serve.ts';

afterEach(() => void vi.unstubAllEnvs());

const reply = (status: number, headers: Record<string, string> = {}, body = 'no'): Response =>
  new Response(body, { status, headers });

describe('the status of a reply', () => {
  it.each([
    [300, 'transient', 'unknown'],
    [302, 'transient', 'unknown'],
    [400, 'invalid-request', 'no'],
    [401, 'auth', 'no'],
    [402, 'invalid-request', 'no'],
    [403, 'auth', 'no'],
    [404, 'invalid-request', 'no'],
    [405, 'invalid-request', 'no'],
    [408, 'transient', 'unknown'],
    [409, 'transient', 'unknown'],
    [410, 'invalid-request', 'no'],
    [413, 'invalid-request', 'no'],
    [415, 'invalid-request', 'no'],
    [422, 'invalid-request', 'no'],
    [425, 'transient', 'no'],
    [429, 'rate-limited', 'no'],
    [431, 'invalid-request', 'no'],
    [451, 'invalid-request', 'no'],
    [499, 'transient', 'unknown'],
    [500, 'transient', 'unknown'],
    [501, 'transient', 'unknown'],
    [502, 'transient', 'unknown'],
    [503, 'transient', 'unknown'],
    [504, 'transient', 'unknown'],
    [507, 'transient', 'unknown'],
    [529, 'transient', 'unknown'],
    [599, 'transient', 'unknown'],
  ] as const)('%i is %s, accepted %s', async (status, kind, accepted) => {
    const error = await replyError(reply(status));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind, accepted, code: 'provider', retryAfterMs: null, details: { status } });
    expect(error.retryable).toBe(accepted === 'no' && (kind === 'transient' || kind === 'rate-limited'));
  });
});

describe('Retry-After', () => {
  const date = 'Thu, 01 Oct 2026 12:00:00 GMT';
  it.each([
    ['0', 0],
    ['7', 7_000],
    ['120', 120_000],
    ['1.5', 1_500],
    ['Thu, 01 Oct 2026 12:00:30 GMT', 30_000],
    ['Thursday, 01-Oct-26 12:00:30 GMT', 30_000],
    ['Thu, 01 Oct 2026 11:59:00 GMT', 0],
    ['-5', null],
    ['soon', null],
    ['', null],
    ['1 2', null],
    ['2026', 2_026_000],
  ])('%j at noon is %j ms', async (value, ms) => {
    const error = await replyError(reply(429, { 'retry-after': value, date }));
    expect(error.retryAfterMs).toBe(ms);
  });

  it('counts a date from this clock where the reply has none of its own', async () => {
    const later = new Date(Date.now() + 3_600_000).toUTCString();
    const { retryAfterMs } = await replyError(reply(503, { 'retry-after': later }));
    expect(retryAfterMs).toBeGreaterThan(3_590_000);
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000);
  });
});

describe('readJson', () => {
  it('gives the JSON of a reply', async () => {
    expect(await readJson(Response.json({ id: 7 }, { status: 201 }))).toEqual({ id: 7 });
  });

  it.each([
    ['HTML', '<!DOCTYPE html><title>Welcome</title>', /no JSON: <!DOCTYPE html>/],
    ['nothing', '', /no JSON: an empty body/],
    ['half of it', '{"id": "abc", "sta', /no JSON: \{"id": "abc"/],
  ])('says of %s that nobody knows what was accepted', async (_, body, message) => {
    const { origin } = await serve((response) => response.end(body));
    const error = await rejection(readJson(await fetch(origin)));
    expect(error).toMatchObject({ kind: 'transient', accepted: 'unknown', retryable: false, details: { status: 200 } });
    expect(String(error)).toMatch(message);
  });

  it.each([
    ['a length', { 'content-length': '1000' }],
    ['chunks', {}],
  ])('says the same of a body with %s that breaks off', async (_, headers) => {
    const { origin } = await serve((response) => {
      response.writeHead(200, headers).write('{"id":');
      response.write(' "a', () => response.destroy());
    });
    const error = await rejection(fetch(origin).then(readJson));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind: 'transient', accepted: 'unknown' });
  });

  it('classifies what is not 2xx, and quotes the beginning of it', async () => {
    const { origin } = await serve((response) => response.writeHead(422).end(`{"why":"${'long '.repeat(5000)}"}`));
    const error = (await rejection(fetch(origin).then(readJson))) as ProviderError;
    expect(error).toMatchObject({ kind: 'invalid-request', accepted: 'no', details: { status: 422 } });
    expect(error.message).toContain('The provider answered 422: {"why":"long');
    expect(error.message.length).toBeLessThan(700);
  });

  it('does not wait for the end of an error that has none', async () => {
    const { origin } = await serve((response) => {
      response.writeHead(500).write('x'.repeat(100_000));
    });
    const error = await rejection(fetch(origin).then(readJson));
    expect(error).toMatchObject({ kind: 'transient', accepted: 'unknown', details: { status: 500 } });
  });
});

describe('a fetch that threw', () => {
  const failed = (cause: object): TypeError => new TypeError('fetch failed', { cause });
  const system = (code: string, syscall: string): Error =>
    Object.assign(new Error(`${syscall} ${code}`), { code, syscall });

  it.each([
    ['an unknown host', system('ENOTFOUND', 'getaddrinfo'), 'ENOTFOUND'],
    ['a resolver that is away', system('EAI_AGAIN', 'getaddrinfo'), 'EAI_AGAIN'],
    ['a refused connection', system('ECONNREFUSED', 'connect'), 'ECONNREFUSED'],
    ['a connection that timed out', system('ETIMEDOUT', 'connect'), 'ETIMEDOUT'],
    ['a host out of reach', system('EHOSTUNREACH', 'connect'), 'EHOSTUNREACH'],
    ['a network out of reach', system('ENETUNREACH', 'connect'), 'ENETUNREACH'],
    [
      'two addresses that refuse',
      Object.assign(new AggregateError([system('ECONNREFUSED', 'connect'), system('ETIMEDOUT', 'connect')]), {
        code: 'ECONNREFUSED',
      }),
      'ECONNREFUSED',
    ],
    ['a connection that undici gave up', { code: 'UND_ERR_CONNECT_TIMEOUT' }, 'UND_ERR_CONNECT_TIMEOUT'],
    ['an expired certificate', { code: 'CERT_HAS_EXPIRED' }, 'CERT_HAS_EXPIRED'],
    ['a self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['a self-signed chain', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['an unknown issuer', { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['another name in the certificate', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('says of %s that nothing arrived', (_, cause, code) => {
    const error = fetchError(failed(cause));
    expect(error).toMatchObject({ kind: 'transient', accepted: 'no', retryable: true });
    expect(error.message).toContain(`(${code})`);
  });

  it.each([
    ['a reset', system('ECONNRESET', 'read'), 'ECONNRESET'],
    ['a broken pipe', system('EPIPE', 'write'), 'EPIPE'],
    ['a connection that went silent', system('ETIMEDOUT', 'read'), 'ETIMEDOUT'],
    ['an end before the answer', { code: 'UND_ERR_SOCKET' }, 'UND_ERR_SOCKET'],
    ['an answer that did not begin', { code: 'UND_ERR_HEADERS_TIMEOUT' }, 'UND_ERR_HEADERS_TIMEOUT'],
    ['an answer that stopped', { code: 'UND_ERR_BODY_TIMEOUT' }, 'UND_ERR_BODY_TIMEOUT'],
    [
      'two addresses of which one was reached',
      Object.assign(new AggregateError([system('ECONNREFUSED', 'connect'), system('ECONNRESET', 'read')]), {
        code: 'ECONNREFUSED',
      }),
      'ECONNREFUSED',
    ],
  ])('does not know what became of %s', (_, cause, code) => {
    const error = fetchError(failed(cause));
    expect(error).toMatchObject({ kind: 'transient', accepted: 'unknown', retryable: false });
    expect(error.message).toContain(`(${code})`);
  });

  it('reads the code through several causes, and where it stands on the error itself', () => {
    const deep = failed(new Error('outer', { cause: system('ENOTFOUND', 'getaddrinfo') }));
    expect(fetchError(deep)).toMatchObject({ accepted: 'no' });
    expect(fetchError(system('ECONNREFUSED', 'connect'))).toMatchObject({ accepted: 'no' });
  });

  it('survives what is not an error, and causes in a circle', () => {
    const circle = new Error('a');
    circle.cause = circle;
    for (const thrown of [undefined, null, 'text', 7, {}, circle])
      expect(fetchError(thrown)).toMatchObject({ kind: 'transient', accepted: 'unknown' });
  });

  it('leaves a ProviderError as it is', () => {
    const error = new ProviderError({ kind: 'auth', accepted: 'no', message: 'm' });
    expect(fetchError(error)).toBe(error);
  });

  it('names a deadline and an abort by their words, not by number', () => {
    const timeout = fetchError(new DOMException('The operation timed out.', 'TimeoutError'));
    expect(timeout).toMatchObject({ accepted: 'unknown', message: 'The request failed (TimeoutError).' });
    expect(fetchError(AbortSignal.abort().reason).message).toBe('The request failed (AbortError).');
  });

  it('is sure of a real refusal and of TLS against a plain server, and unsure of a real reset and abort', async () => {
    expect(fetchError(await rejection(fetch(await nobody())))).toMatchObject({ accepted: 'no' });
    const plain = await serve((response) => response.end());
    const secure = plain.origin.replace('http:', 'https:');
    expect(fetchError(await rejection(fetch(secure)))).toMatchObject({ accepted: 'no' });
    expect(plain.requests).toEqual([]);
    const reset = await serve((response) => void response.socket?.resetAndDestroy());
    expect(fetchError(await rejection(fetch(reset.origin, { method: 'POST', body: 'b' })))).toMatchObject({
      accepted: 'unknown',
    });
    const controller = new AbortController();
    const hanging = await serve(() => controller.abort());
    expect(fetchError(await rejection(fetch(hanging.origin, { signal: controller.signal })))).toMatchObject({
      accepted: 'unknown',
    });
  });
});

describe('readKey', () => {
  const key = { option: 'apiKey', variable: 'WAN_API_KEY' };

  it('takes the option before the variable, without the white space around it', () => {
    vi.stubEnv('WAN_API_KEY', ' from-variable\n');
    expect(readKey(key)).toBe('from-variable');
    expect(readKey({ ...key, value: 'from-option' })).toBe('from-option');
  });

  it('names both in the error when there is none', () => {
    vi.stubEnv('WAN_API_KEY', ' ');
    for (const value of [undefined, '', '\n']) {
      const read = (): string => readKey({ ...key, value });
      expect(read).toThrow(MissingKeyError);
      expect(read).toThrow('Give the option apiKey or set the environment variable WAN_API_KEY.');
    }
  });

  it('does not fall back on the variable when an option was given that is empty', () => {
    vi.stubEnv('WAN_API_KEY', 'from-variable');
    expect(() => readKey({ ...key, value: '' })).toThrow(MissingKeyError);
  });

  it('refuses a key that no header can carry, and does not repeat it', () => {
    const read = (): string => readKey({ ...key, value: 'first-line\nsecond-line' });
    expect(read).toThrow(/apiKey: expected printable characters/);
    expect(read).not.toThrow(/line/);
  });
});

describe('an error of the kit', () => {
  const secret = 'sk-canary-0123456789';

  it('never repeats a key that was read, wherever the provider echoes it', async () => {
    readKey({ value: secret, option: 'apiKey', variable: 'NONE' });
    const body = JSON.stringify({
      error: `Incorrect API key provided: ${secret}. Authorization: Bearer other-token-1`,
    });
    const errors = [
      await replyError(reply(401, {}, body)),
      await rejection(readJson(new Response(`<p>${secret}</p>`))),
      await rejection(readJson(new Response(`${secret}`))),
      fetchError(new TypeError(`request to http://x/?key=${secret} failed`)),
      fetchError(new TypeError('fetch failed', { cause: new Error(`header "Bearer ${secret}"`) })),
    ];
    for (const error of errors) {
      expect(error).toBeInstanceOf(ProviderError);
      expect(inspect(error, { depth: 20 })).not.toContain('canary');
      expect(inspect(error, { depth: 20 })).not.toContain('other-token');
    }
    expect(String(errors[0])).toContain('Incorrect API key provided: …');
  });

  it('never repeats a key that is cut by the end of a quote', async () => {
    readKey({ value: secret, option: 'apiKey', variable: 'NONE' });
    const error = await replyError(reply(400, {}, `${'x'.repeat(490)}${secret}`));
    expect(error.message).not.toContain('sk-can');
  });

  it('never repeats the query of a link', async () => {
    const link = 'https://storage.example.com/a/b.mp4?X-Goog-Signature=abcdef&x=1';
    const error = await replyError(reply(500, {}, `{"url":"${link}"}`));
    expect(error.message).toContain('https://storage.example.com/a/b.mp4?…"');
    expect(error.message).not.toContain('abcdef');
  });
});
