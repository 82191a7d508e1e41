import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { download, type DownloadOptions, DownloadRefusedError, ProviderError } from 'vidpipe/provider';
import { nobody, rejection, serve } from './serve.ts';

/** Stands in every link below; no error may repeat it. */
const QUERY = 'X-Signature=canary-5e1f&Expires=9';
const errors: unknown[] = [];
afterEach(() => {
  for (const error of errors.splice(0)) {
    const shown = `${String(error)} ${inspect(error, { depth: 20 })} ${JSON.stringify(error)}`;
    expect(shown).not.toMatch(/canary|Expires|secret/);
  }
});

interface Asked extends Partial<DownloadOptions> {
  readonly headers?: Readonly<Record<string, string>>;
}

const open = (url: string, { headers, ...options }: Asked = {}): Promise<ReadableStream<Uint8Array>> =>
  download(
    { url, ...(headers === undefined ? {} : { headers }) },
    { downloads: [], signal: new AbortController().signal, ...options },
  );

/** All bytes of a link, as text. */
async function read(url: string, asked: Asked = {}): Promise<string> {
  return new Response((await open(url, asked)) as ReadableStream<Uint8Array<ArrayBuffer>>).text();
}

async function refusal(url: string, asked: Asked = {}): Promise<unknown> {
  const error = await rejection(read(url, asked));
  errors.push(error);
  return error;
}

const refused = (reason: RegExp): unknown =>
  expect.objectContaining({ code: 'download-refused', message: expect.stringMatching(reason) as string });
const failed = (kind: string): unknown => expect.objectContaining({ code: 'provider', kind, accepted: 'no' });

describe('a link that may be followed', () => {
  it('gives the bytes, with the headers of the reference', async () => {
    const { origin, requests } = await serve((response) => response.end('film'));
    const text = await read(`${origin}/a?${QUERY}`, { downloads: [origin], headers: { 'x-key': 'secret' } });
    expect(text).toBe('film');
    expect(requests).toMatchObject([{ url: `/a?${QUERY}`, headers: { 'x-key': 'secret' } }]);
  });

  it('gives nothing, and ten megabytes', async () => {
    const large = Buffer.alloc(10_000_000, 'x');
    const { origin } = await serve((response, { url }) => response.end(url === '/0' ? '' : large));
    expect(await read(`${origin}/0`, { downloads: [origin] })).toBe('');
    expect((await read(`${origin}/1`, { downloads: [origin] })).length).toBe(large.length);
  });

  it('lets its reader go before the end, and the connection with it', async () => {
    let closed = (): void => undefined;
    const over = new Promise<void>((resolve) => (closed = resolve));
    const { origin } = await serve((response) => {
      response.on('close', closed).write('x'.repeat(100_000));
    });
    await (await open(origin, { downloads: [origin] })).cancel();
    await over;
  });
});

describe('the list of hosts', () => {
  it('refuses every other place before anything is sent', async () => {
    const { origin, requests } = await serve((response) => response.end('film'));
    const port = new URL(origin).port;
    const elsewhere = [
      'storage.example.com',
      'https://cdn.example.com',
      `http://127.0.0.2:${port}`,
      `http://localhost:${port}`,
    ];
    expect(await refusal(`${origin}/a?${QUERY}`, { downloads: elsewhere })).toEqual(refused(/not in the list/));
    expect(await refusal(`${origin}/a?${QUERY}`)).toEqual(refused(/not in the list/));
    expect(requests).toEqual([]);
  });

  const never: typeof fetch = () => Promise.reject(new Error('it was fetched'));
  it.each([
    'http://storage.example.com/a',
    'https://storage.example.com:8443/a',
    'https://storage.example.com.evil.test/a',
    'https://storage.example.com./a',
    'https://evil.test/storage.example.com',
    'https://storage.example.com@evil.test/a',
    'https://evil.test\\@storage.example.com/a',
    'https://sub.storage.example.com/a',
    'ftp://storage.example.com/a',
    'gopher://storage.example.com/a',
    'https://2130706433/a',
    'https://0x7f000001/a',
    'https://127.1/a',
    'https://[::ffff:7f00:1]/a',
    'https://169.254.169.254/latest/meta-data',
    'https://metadata.google.internal/a',
  ])('of one host refuses %s', async (link) => {
    const error = await refusal(`${link}?${QUERY}`, { downloads: ['storage.example.com'], fetch: never });
    expect(error).toBeInstanceOf(DownloadRefusedError);
  });

  it.each(['https://storage.example.com/a', 'https://STORAGE.example.com/a', 'https://storage.example.com:443/a'])(
    'of one host lets %s through',
    async (link) => {
      const fetched: string[] = [];
      const stub: typeof fetch = (url) => {
        fetched.push((url as URL).href);
        return Promise.resolve(new Response('film'));
      };
      expect(await read(link, { downloads: ['storage.example.com'], fetch: stub })).toBe('film');
      expect(fetched).toEqual(['https://storage.example.com/a']);
    },
  );

  it.each([
    [`file:///etc/passwd?${QUERY}`, /from file: was refused/],
    [`data:video/mp4;base64,${QUERY}`, /from data: was refused/],
    [`blob:https://storage.example.com/${QUERY}`, /from blob: was refused/],
    [`not a link?${QUERY}`, /not a URL/],
    [`/relative?${QUERY}`, /not a URL/],
    ['', /not a URL/],
    [`https://user:secret@storage.example.com/?${QUERY}`, /carries a user/],
    [`https://secret@storage.example.com/?${QUERY}`, /carries a user/],
  ])('refuses %s', async (link, reason) => {
    const downloads = ['storage.example.com', 'file://', 'data://'];
    expect(await refusal(link, { downloads, fetch: never })).toEqual(refused(reason));
  });
});

describe('a redirect', () => {
  const to = (location: string) => (response: ServerResponse) => void response.writeHead(302, { location }).end();

  it('is followed within the list, each hop checked, also when relative', async () => {
    const film = await serve((response) => response.end('film'));
    const first = await serve((response, { url }) =>
      url === '/a' ? to('/b')(response) : to(`${film.origin}/c?${QUERY}`)(response),
    );
    expect(await read(`${first.origin}/a`, { downloads: [first.origin, film.origin] })).toBe('film');
    expect(first.requests.map(({ url }) => url)).toEqual(['/a', '/b']);
    expect(film.requests.map(({ url }) => url)).toEqual([`/c?${QUERY}`]);
  });

  it('to another host is refused, and that host is never asked', async () => {
    const inner = await serve((response) => response.end('the secrets of the house'));
    const first = await serve(to(`${inner.origin}/latest/meta-data?${QUERY}`));
    expect(await refusal(first.origin, { downloads: [first.origin] })).toEqual(refused(/not in the list/));
    expect(inner.requests).toEqual([]);
  });

  it.each([
    'http://storage.example.com/b',
    'file:///etc/passwd',
    'data:text/plain,x',
    'https://u:secret@storage.example.com/b',
    '//evil.test/b',
  ])('from https to %s is refused', async (location) => {
    const hops: string[] = [];
    const stub: typeof fetch = (url) => {
      hops.push((url as URL).href);
      return Promise.resolve(new Response(null, { status: 307, headers: { location: `${location}?${QUERY}` } }));
    };
    const asked = { downloads: ['storage.example.com'], fetch: stub };
    expect(await refusal('https://storage.example.com/a', asked)).toEqual(refused(/refused/));
    expect(hops).toEqual(['https://storage.example.com/a']);
  });

  it('never carries the headers to a second origin, nor back to the first from there', async () => {
    const headers = { authorization: 'Bearer secret', 'x-goog-api-key': 'secret' };
    let back = '';
    const second = await serve((response) => to(back)(response));
    const first = await serve((response, { url }) => {
      if (url === '/a') to('/b')(response);
      else if (url === '/b') to(`${second.origin}/c`)(response);
      else response.end('film');
    });
    back = `${first.origin}/d`;
    expect(await read(`${first.origin}/a`, { downloads: [first.origin, second.origin], headers })).toBe('film');
    const carried = [...first.requests, ...second.requests].map(({ url, headers: sent }) => [
      url,
      sent.authorization === 'Bearer secret' && sent['x-goog-api-key'] === 'secret',
    ]);
    expect(carried).toEqual([
      ['/a', true],
      ['/b', true],
      ['/d', false],
      ['/c', false],
    ]);
    expect(JSON.stringify(second.requests)).not.toContain('secret');
  });

  it('is followed five times, not six, and never in a circle', async () => {
    const steps = await serve((response, _, nth) => (nth > 5 ? response.end('film') : to(`/next`)(response)));
    expect(await read(steps.origin, { downloads: [steps.origin] })).toBe('film');
    const six = await serve((response, _, nth) => (nth > 6 ? response.end('film') : to(`/next?${QUERY}`)(response)));
    expect(await refusal(six.origin, { downloads: [six.origin] })).toEqual(refused(/more than 5 redirects/));
    expect(six.requests).toHaveLength(6);
    const circle = await serve(to(`/?${QUERY}`));
    expect(await refusal(circle.origin, { downloads: [circle.origin] })).toEqual(refused(/more than 5 redirects/));
  });

  it('without a place is a failure', async () => {
    const { origin } = await serve((response) => response.writeHead(302).end());
    expect(await refusal(origin, { downloads: [origin] })).toEqual(failed('lost'));
  });
});

describe('the length', () => {
  it('is limited, whether announced or not', async () => {
    const announced = await serve((response) => {
      response.writeHead(200, { 'content-length': '11' }).write('0');
    });
    const asked = { downloads: [announced.origin], maxBytes: 10 };
    expect(await refusal(announced.origin, asked)).toMatchObject({ code: 'bad-output' });
    const endless = await serve((response) => {
      response.write('01234567890');
    });
    expect(await refusal(endless.origin, { downloads: [endless.origin], maxBytes: 10 })).toMatchObject({
      code: 'bad-output',
    });
    const exact = await serve((response) => response.end('0123456789'));
    expect(await read(exact.origin, { downloads: [exact.origin], maxBytes: 10 })).toBe('0123456789');
  });

  it('counts what comes out of a compressed body, so that a bomb is found', async () => {
    const { origin } = await serve((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1_000_000))),
    );
    expect(await refusal(origin, { downloads: [origin], maxBytes: 100_000 })).toMatchObject({ code: 'bad-output' });
  });

  it.each([
    ['announced', { 'content-length': '100' }],
    ['chunked', {}],
  ])('that ends too early is a failure that passes: %s', async (_, headers) => {
    const { origin } = await serve((response) => {
      response.writeHead(200, headers).write('half', () => response.destroy());
    });
    const error = await refusal(`${origin}/?${QUERY}`, { downloads: [origin] });
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toEqual(failed('transient'));
  });

  it.each(['3', '5'])('is compared with the one announced, where the client does not: %s', async (length) => {
    const stub: typeof fetch = () => Promise.resolve(new Response('four', { headers: { 'content-length': length } }));
    const error = await refusal('https://s.example.com', { downloads: ['s.example.com'], fetch: stub });
    expect(error).toEqual(failed('transient'));
  });

  it('is not compared where it counts compressed bytes, or is no number', async () => {
    const packed = gzipSync('film film film film');
    const { origin, requests } = await serve((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': packed.length }).end(packed),
    );
    expect(await read(origin, { downloads: [origin] })).toBe('film film film film');
    expect(requests[0]?.headers['accept-encoding']).toBe('identity');
    const stub: typeof fetch = () => Promise.resolve(new Response('four', { headers: { 'content-length': 'many' } }));
    expect(await read('https://s.example.com', { downloads: ['s.example.com'], fetch: stub })).toBe('four');
  });
});

describe('an answer that is no film', () => {
  it.each([
    [204, 'lost'],
    [304, 'lost'],
    [400, 'lost'],
    [401, 'auth'],
    [403, 'lost'],
    [404, 'lost'],
    [408, 'transient'],
    [410, 'lost'],
    [425, 'transient'],
    [429, 'rate-limited'],
    [500, 'transient'],
    [502, 'transient'],
    [503, 'transient'],
    [504, 'transient'],
  ] as const)('%i is %s', async (status, kind) => {
    const { origin } = await serve((response) => response.writeHead(status, { 'retry-after': '3' }).end());
    const error = await refusal(`${origin}/a?${QUERY}`, { downloads: [origin] });
    expect(error).toEqual(failed(kind));
    expect(error).toMatchObject({ details: { status }, retryAfterMs: 3000 });
  });

  it('is not read to its end', async () => {
    let closed = (): void => undefined;
    const over = new Promise<void>((resolve) => (closed = resolve));
    const { origin } = await serve((response) => {
      response.on('close', closed).writeHead(404).write('x'.repeat(100_000));
    });
    expect(await refusal(origin, { downloads: [origin] })).toEqual(failed('lost'));
    await over;
  });
});

describe('a connection that fails', () => {
  it('is a failure that passes, and says where, not what', async () => {
    const away = await nobody();
    const error = await refusal(`${away}/a?${QUERY}`, { downloads: [away] });
    expect(error).toEqual(failed('transient'));
    expect(String(error)).toContain(`The download from ${new URL(away).host} failed (ECONNREFUSED).`);
    const reset = await serve((response) => void response.socket?.resetAndDestroy());
    expect(await refusal(`${reset.origin}/a?${QUERY}`, { downloads: [reset.origin] })).toEqual(failed('transient'));
  });

  it('keeps the query out of what a talkative client says', async () => {
    const stub: typeof fetch = (url) =>
      Promise.reject(new Error(`request to ${(url as URL).href} failed`, { cause: new Error(`${QUERY} of the link`) }));
    const asked = { downloads: ['s.example.com'], fetch: stub, headers: { authorization: 'Bearer secret-token' } };
    expect(await refusal(`https://s.example.com/a?${QUERY}`, asked)).toEqual(failed('transient'));
    const header: typeof fetch = () => Promise.reject(new TypeError('bad value secret-token'));
    expect(await refusal('https://s.example.com/a', { ...asked, fetch: header })).toEqual(failed('transient'));
  });

  it('rejects with the reason of its signal, before and in the middle', async () => {
    const reason = new Error('enough');
    const { origin, requests } = await serve((response) => {
      response.write('half');
    });
    const early = { downloads: [origin], signal: AbortSignal.abort(reason) };
    expect(await refusal(origin, early)).toBe(reason);
    expect(requests).toEqual([]);
    const controller = new AbortController();
    const stream = await open(origin, { downloads: [origin], signal: controller.signal });
    const reader = stream.getReader();
    await reader.read();
    const next = rejection(reader.read());
    controller.abort(reason);
    expect(await next).toBe(reason);
  });
});
