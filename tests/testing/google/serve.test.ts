import { EventEmitter, once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ServeOptions,
  serveWeb,
  withFault,
  type WebHandler,
  type WebServer,
} from '../../../src/testing/google/serve.ts';

const open: WebServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

async function serve(handlers: readonly WebHandler[], options: ServeOptions = {}): Promise<string> {
  const server = await serveWeb(handlers, options);
  open.push(server);
  return server.url;
}

const whole = (): Response => new Response('0123456789', { headers: { 'content-length': '10' } });

describe('a server of web-standard handlers', () => {
  it('asks its handlers in order, answers 404 for what none takes and 500 for a throw', async () => {
    const url = await serve([
      async (request) => (request.url.endsWith('/a') ? new Response('first') : undefined),
      async (request) => (new URL(request.url).pathname === '/bad' ? Promise.reject(new Error('oh')) : undefined),
      async (request) => (request.url.includes('/b?') ? new Response(new URL(request.url).search) : undefined),
    ]);
    expect(await (await fetch(`${url}/a`)).text()).toBe('first');
    expect(await (await fetch(`${url}/b?x=1`)).text()).toBe('?x=1');
    expect((await fetch(`${url}/c`)).status).toBe(404);
    const bad = await fetch(`${url}/bad`);
    expect([bad.status, await bad.text()]).toEqual([500, expect.stringContaining('oh')]);
  });

  it('streams bodies both ways', async () => {
    const url = await serve([
      async (request) => new Response(request.body, { headers: { 'x-method': request.method } }),
    ]);
    const sent = new Uint8Array(3_000_000).map((_, index) => index % 251);
    const echo = await fetch(url, { method: 'PUT', body: sent });
    expect(echo.headers.get('x-method')).toBe('PUT');
    expect(Buffer.from(await echo.arrayBuffer()).equals(sent)).toBe(true);
  });

  it('answers the next request of a connection whose body no handler read', async () => {
    const url = await serve([async () => new Response('unread')]);
    for (let nth = 0; nth < 3; nth += 1) {
      const reply = await fetch(url, { method: 'POST', body: new Uint8Array(2_000_000) });
      expect(await reply.text()).toBe('unread');
    }
  });

  it('resets before an answer and in the middle of a body', async () => {
    const url = await serve([
      async ({ url: asked }) => withFault({ resetAt: asked.endsWith('/head') ? 'head' : 4 }, whole()),
    ]);
    await expect(fetch(`${url}/head`)).rejects.toThrow('fetch failed');
    const reply = await fetch(`${url}/body`);
    expect(reply.status).toBe(200);
    await expect(reply.text()).rejects.toThrow('terminated');
  });

  it('ends a body without a length by closing: whole, or early as if it were whole', async () => {
    const url = await serve([
      async ({ url: asked }) => withFault({ closeAt: asked.endsWith('/end') ? 'end' : 4 }, whole()),
    ]);
    const end = await fetch(`${url}/end`);
    expect([end.headers.get('content-length'), end.headers.get('transfer-encoding')]).toEqual([null, null]);
    expect(await end.text()).toBe('0123456789');
    expect(await (await fetch(`${url}/early`)).text()).toBe('0123');
  });

  it('hangs until the client leaves, and tells the handler', async () => {
    const left = new EventEmitter();
    const told = once(left, 'told');
    const url = await serve([
      async ({ signal }) => {
        signal.addEventListener('abort', () => left.emit('told'));
        return withFault({ hang: true });
      },
    ]);
    await expect(fetch(url, { signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout');
    await told;
  });

  it('delays by its clock', async () => {
    const slept: number[] = [];
    const clock = { sleep: async (ms: number) => void slept.push(ms) };
    const url = await serve([async () => withFault({ delayMs: 90_000 }, whole())], { clock });
    expect(await (await fetch(url)).text()).toBe('0123456789');
    expect(slept).toEqual([90_000]);
  });

  it('closes with connections open', async () => {
    const server = await serveWeb([async () => withFault({ hang: true })]);
    const asked = fetch(server.url).catch((error: Error) => error.message);
    await fetch(server.url, { signal: AbortSignal.timeout(50) }).catch(() => undefined);
    await server.close();
    expect(await asked).toBe('fetch failed');
  });
});
