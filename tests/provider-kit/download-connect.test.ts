import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { download, type DownloadOptions, type Lookup } from 'vidpipe/provider';
import { isPublicAddress } from '../../src/provider-kit/addresses.ts';
import { rejection, serve } from './serve.ts';

async function read(url: string, asked: Partial<DownloadOptions>): Promise<Buffer> {
  const body = await download({ url }, { downloads: [], signal: new AbortController().signal, ...asked });
  return Buffer.concat(await Array.fromAsync(body));
}

const refused = (reason: RegExp): unknown =>
  expect.objectContaining({ code: 'download-refused', message: expect.stringMatching(reason) as string });
const failed = expect.objectContaining({ code: 'provider', kind: 'transient', accepted: 'no' }) as unknown;

/** A name server that answers what it is told, one answer after the other, and counts. */
function answering(...answers: (readonly string[])[]): { readonly lookup: Lookup; readonly asked: string[] } {
  const asked: string[] = [];
  const lookup: Lookup = (host) => {
    asked.push(host);
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? [];
    return Promise.resolve(answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
  return { lookup, asked };
}

const INNER = [
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '192.0.0.192',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:a9fe:a9fe',
  '::ffff:0:7f00:1',
  '64:ff9b::7f00:1',
  '64:ff9b::10.0.0.1',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  'fd00:ec2::254',
  'fc00::1',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
];
const OUTER = ['8.8.8.8', '172.32.0.1', '100.128.0.1', '::ffff:8.8.8.8', '64:ff9b::808:808', '2607:f8b0:4005::1'];

describe('an address', () => {
  it.each(INNER)('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));
  it.each(OUTER)('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));
  it('that is none is not public', () => expect(isPublicAddress('storage.example.com')).toBe(false));
});

describe('a host of the list', () => {
  it.each(INNER)('that leads to %s is not connected to', async (address) => {
    const { lookup, asked } = answering([address]);
    const error = await rejection(read('https://s.example.com/a', { downloads: ['s.example.com'], lookup }));
    expect(error).toEqual(refused(/is not public/));
    expect(asked).toEqual(['s.example.com']);
  });

  it.each(['metadata.google.internal', 'localhost', 'localhost.', '127-0-0-1.nip.example'])(
    'such as %s, which leads home, is not connected to',
    async (host) => {
      const error = await rejection(read(`https://${host}/a`, { downloads: [host], ...answering(['127.0.0.1']) }));
      expect(error).toEqual(refused(/is not public/));
    },
  );

  it.each([
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://127.1/',
    'https://①②⑦.0.0.1/',
    'https://1/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[fd00:ec2::254]/',
    'https://169.254.169.254/',
  ])('that is itself an inner address is not connected to: %s', async (url) => {
    const { lookup, asked } = answering(['8.8.8.8']);
    const error = await rejection(read(url, { downloads: [new URL(url).hostname], lookup }));
    expect(error).toEqual(refused(/is not public/));
    expect(asked).toEqual([]);
  });

  it('that has one inner address among public ones is not connected to', async () => {
    const asked = { downloads: ['s.example.com'], ...answering(['8.8.8.8', '127.0.0.1']) };
    expect(await rejection(read('https://s.example.com/a', asked))).toEqual(refused(/127\.0\.0\.1 is not public/));
  });

  it('that has no address, or whose name server fails, is a failure that passes', async () => {
    const asked = { downloads: ['s.example.com'], ...answering([]) };
    expect(await rejection(read('https://s.example.com/a', asked))).toEqual(failed);
    const lookup = (): Promise<never> => Promise.reject(Object.assign(new Error('x'), { code: 'EAI_AGAIN' }));
    const error = await rejection(read('https://s.example.com/a', { downloads: ['s.example.com'], lookup }));
    expect([error, String(error)]).toEqual([failed, expect.stringContaining('EAI_AGAIN')]);
  });
});

describe('an origin of the list', () => {
  it('may be a neighbour, by its name or its address', async () => {
    const { origin } = await serve((response) => response.end('film'));
    const { port } = new URL(origin);
    const gpu = `http://gpu:${port}`;
    const { lookup, asked } = answering(['127.0.0.1']);
    expect(String(await read(`${gpu}/a`, { downloads: [gpu], lookup }))).toBe('film');
    expect(String(await read(origin, { downloads: [origin], lookup }))).toBe('film');
    expect(asked).toEqual(['gpu']);
  });

  it('is looked up once for a connection, so that a second answer changes nothing', async () => {
    const { origin, requests } = await serve((response) => response.end('film'));
    const gpu = `http://gpu:${new URL(origin).port}`;
    const { lookup, asked } = answering(['127.0.0.1'], ['127.0.0.2']);
    expect(String(await read(gpu, { downloads: [gpu], lookup }))).toBe('film');
    expect([asked, requests.length]).toEqual([['gpu'], 1]);
  });

  it('may not lead to a neighbour that only is a host of the list', async () => {
    const { origin, requests } = await serve((response) => {
      response.writeHead(302, { location: 'https://s.example.com/latest' }).end();
    });
    const asked = { downloads: [origin, 's.example.com'], ...answering(['127.0.0.1']) };
    expect(await rejection(read(origin, asked))).toEqual(refused(/is not public/));
    expect(requests).toHaveLength(1);
  });
});

describe('a body', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('that comes packed though it should not is unpacked: %s', async (encoding, pack) => {
    const { origin } = await serve((response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(pack('film film film'));
    });
    expect(String(await read(origin, { downloads: [origin] }))).toBe('film film film');
    const cut = await serve((response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(pack(randomBytes(9000)).subarray(0, 4000));
    });
    expect(await rejection(read(cut.origin, { downloads: [cut.origin] }))).toEqual(failed);
  });

  it('is compared with the MD5 that Cloud Storage tells', async () => {
    const md5 = createHash('md5').update('film').digest('base64');
    const { origin } = await serve((response, { url }) => {
      response.setHeader('x-goog-hash', ['crc32c=AAAAAA==', `md5=${md5}`]);
      response.end(url === '/good' ? 'film' : 'filn');
    });
    expect(String(await read(`${origin}/good`, { downloads: [origin] }))).toBe('film');
    const error = await rejection(read(`${origin}/bad`, { downloads: [origin] }));
    expect(error).toMatchObject({ code: 'bad-output', message: expect.stringContaining('checksum') as string });
  });
});

describe('a body that breaks off', () => {
  const film = randomBytes(300_000);
  const half = 150_000;
  const whole = { 'content-length': film.length, etag: '"v1"', 'accept-ranges': 'bytes' };

  /** Sends the first half, and then ends the connection. */
  const breakOff = (response: ServerResponse, headers: object): void => {
    response.writeHead(200, { ...headers });
    response.write(film.subarray(0, half), () => setImmediate(() => response.destroy()));
  };
  const rest = (response: ServerResponse, range = '', to = film.length): void => {
    const from = Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
    response.writeHead(206, { 'content-range': `bytes ${from}-${film.length - 1}/${film.length}`, etag: '"v1"' });
    if (to === film.length) return void response.end(film.subarray(from));
    response.write(film.subarray(from, to), () => setImmediate(() => response.destroy()));
  };

  it('goes on where it stopped, also more than once, and is the same film', async () => {
    const { origin, requests } = await serve((response, { headers }, nth) => {
      if (nth === 1) breakOff(response, whole);
      else rest(response, headers.range, nth < 4 ? half + nth * 20_000 : film.length);
    });
    const body = await read(`${origin}/a?X-Signature=s`, { downloads: [origin] });
    expect(body.equals(film)).toBe(true);
    expect(requests).toHaveLength(4);
    const [, second] = requests;
    expect(second?.url).toBe('/a?X-Signature=s');
    expect(second?.headers['if-range']).toBe('"v1"');
    expect(Number(/^bytes=(\d+)-$/.exec(second?.headers.range ?? '')?.[1])).toBeGreaterThan(0);
  });

  it('goes on behind a redirect, and the headers of the reference stay with the first origin', async () => {
    const second = await serve((response, { headers }, nth) =>
      nth === 1 ? breakOff(response, whole) : rest(response, headers.range),
    );
    const first = await serve((response) => void response.writeHead(302, { location: `${second.origin}/b` }).end());
    const downloads = [first.origin, second.origin];
    const ref = { url: first.origin, headers: { 'x-key': 'secret' } };
    const body = await download(ref, { downloads, signal: new AbortController().signal });
    expect(Buffer.concat(await Array.fromAsync(body)).equals(film)).toBe(true);
    expect(first.requests.map(({ headers }) => headers['x-key'])).toEqual(['secret', 'secret']);
    expect(JSON.stringify(second.requests)).not.toContain('secret');
  });

  it.each([
    ['without an ETag', { 'content-length': film.length }, 1],
    ['with a weak ETag', { ...whole, etag: 'W/"v1"' }, 1],
    ['of a server without ranges', { ...whole, 'accept-ranges': 'none' }, 1],
    ['that has changed, so that all of it comes', whole, 2],
  ])('is a failure that passes %s', async (_, headers, asked) => {
    const { origin, requests } = await serve((response, __, nth) => {
      if (nth === 1) breakOff(response, headers);
      else response.writeHead(200, { etag: '"v2"' }).end('another film');
    });
    expect(await rejection(read(origin, { downloads: [origin] }))).toEqual(failed);
    expect(requests).toHaveLength(asked);
  });

  it.each([
    ['another part', 'bytes 7-299999/300000'],
    ['a part of another whole', 'bytes 150000-299998/299999'],
    ['no range', ''],
  ])('is a failure where the rest is %s', async (_, range) => {
    const { origin } = await serve((response, __, nth) => {
      if (nth === 1) breakOff(response, whole);
      else response.writeHead(206, range === '' ? {} : { 'content-range': range }).end('x');
    });
    expect(await rejection(read(origin, { downloads: [origin] }))).toEqual(failed);
  });

  it('is given up when nothing new comes, and after eight breaks', async () => {
    const stuck = await serve((response, { headers }, nth) => {
      if (nth === 1) breakOff(response, whole);
      else rest(response, headers.range, Number(/\d+/.exec(headers.range ?? '')?.[0]));
    });
    expect(await rejection(read(stuck.origin, { downloads: [stuck.origin] }))).toEqual(failed);
    expect(stuck.requests).toHaveLength(2);
    const slow = await serve((response, { headers }, nth) => {
      if (nth === 1) breakOff(response, whole);
      else rest(response, headers.range, half + nth * 1000);
    });
    expect(await rejection(read(slow.origin, { downloads: [slow.origin] }))).toEqual(failed);
    expect(slow.requests).toHaveLength(9);
  });

  it('and then is refused, or too long, fails as a break and as too long', async () => {
    const away = await serve((response, _, nth) =>
      nth === 1 ? breakOff(response, whole) : response.writeHead(503).end(),
    );
    expect(await rejection(read(away.origin, { downloads: [away.origin] }))).toEqual(failed);
    const endless = await serve((response, _, nth) => {
      if (nth === 1) return breakOff(response, { etag: '"v1"' });
      response.writeHead(206, { 'content-range': 'bytes 150000-299999/300000' }).end(Buffer.alloc(900_000));
    });
    const error = await rejection(read(endless.origin, { downloads: [endless.origin], maxBytes: 400_000 }));
    expect(error).toMatchObject({ code: 'bad-output' });
  });
});

describe('time', () => {
  it('ends what stalls: before the answer, and in the middle, which goes on once', async () => {
    const silent = await serve(() => undefined);
    const error = await rejection(read(silent.origin, { downloads: [silent.origin], stallMs: 30 }));
    expect([error, String(error)]).toEqual([failed, expect.stringContaining('nothing came for 30 ms')]);
    const { origin, requests } = await serve((response, { headers }, nth) => {
      if (nth === 1) response.writeHead(200, { 'content-length': 8, etag: '"v1"' }).write('film');
      else if (headers.range === 'bytes=4-') response.writeHead(206, { 'content-range': 'bytes 4-7/8' }).end('FILM');
    });
    expect(String(await read(origin, { downloads: [origin], stallMs: 30 }))).toBe('filmFILM');
    expect(requests).toHaveLength(2);
  });

  it('is over for what drips for too long', async () => {
    const { origin } = await serve((response) => {
      const drip = setInterval(() => response.write('x'), 5);
      response.writeHead(200, { etag: '"v1"' }).on('close', () => clearInterval(drip));
    });
    const error = await rejection(read(origin, { downloads: [origin], maxMs: 60 }));
    expect([error, String(error)]).toEqual([failed, expect.stringContaining('its time was over')]);
  });

  it('does not run while nobody reads', async () => {
    const { origin } = await serve((response) => response.end(Buffer.alloc(4_000_000)));
    const options = { downloads: [origin], signal: new AbortController().signal, stallMs: 20 };
    const reader = (await download({ url: origin }, options)).getReader();
    let size = (await reader.read()).value?.byteLength ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 60));
    for (let next = await reader.read(); !next.done; next = await reader.read()) size += next.value.byteLength;
    expect(size).toBe(4_000_000);
  });

  it('ends at once with the signal, also while a name is looked up', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const lookup = (): Promise<never> => {
      controller.abort(reason);
      return new Promise(() => undefined);
    };
    const asked = { downloads: ['s.example.com'], signal: controller.signal, lookup };
    expect(await rejection(read('https://s.example.com/', asked))).toBe(reason);
  });
});
