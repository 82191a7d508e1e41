import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from 'vidpipe';

/** Answers a request, or leaves it to the next handler with `undefined`. `request.signal` is aborted when the client goes away. */
export type WebHandler = (request: Request) => Promise<Response | undefined>;

/** What happens to the connection of one answer. */
export interface SocketFault {
  /** Waits before anything is sent, milliseconds on the server's clock. */
  readonly delayMs?: number;
  /** Never answers; the connection stays open until the client or the server ends it. */
  readonly hang?: true;
  /** Resets the connection: `head` before the answer begins, else after so many bytes of the body. */
  readonly resetAt?: 'head' | number;
  /** Sends the body without content-length and ends it by closing the connection: after so many bytes, or `end` after all. */
  readonly closeAt?: 'end' | number;
}

/** Options of `serveWeb`. */
export interface ServeOptions {
  /** @default a free one */
  readonly port?: number;
  /** Time of `delayMs`. @default the machine's */
  readonly clock?: Pick<Clock, 'sleep'>;
}

/** A server on loopback. */
export interface WebServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Ends every connection, and then the server. */
  close(): Promise<void>;
}

const faults = new WeakMap<Response, SocketFault>();

/** The response with a fault of its connection, for a server of `serveWeb`. */
export function withFault(fault: SocketFault, response: Response = new Response(null)): Response {
  faults.set(response, fault);
  return response;
}

const machine: Pick<Clock, 'sleep'> = {
  sleep: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
};

/** The message as a web request; its body is streamed. */
function requestOf(message: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', url = '/', rawHeaders } = message;
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  const body = method === 'GET' || method === 'HEAD' ? null : Readable.toWeb(message);
  const init = { method, headers, body, signal, duplex: 'half' };
  return new Request(`http://${message.headers.host ?? '127.0.0.1'}${url}`, init as RequestInit);
}

async function answerOf(handlers: readonly WebHandler[], request: Request): Promise<Response> {
  try {
    for (const handler of handlers) {
      const response = await handler(request);
      if (response !== undefined) return response;
    }
    return new Response(`nothing is served at ${new URL(request.url).pathname}`, { status: 404 });
  } catch (error) {
    return new Response(`the fake server failed: ${(error as Error).stack ?? String(error)}`, { status: 500 });
  }
}

function writeHead(to: ServerResponse, response: Response, { closeAt }: SocketFault): void {
  const headers = new Headers(response.headers);
  if (closeAt !== undefined) {
    headers.delete('content-length');
    headers.set('connection', 'close');
    to.useChunkedEncodingByDefault = false;
  }
  to.writeHead(response.status, response.statusText, [...headers].flat());
  to.flushHeaders();
}

/** Sends the body, up to where the fault ends it. */
async function writeBody(to: ServerResponse, body: ReadableStream<Uint8Array>, most: number): Promise<void> {
  let left = most;
  const gone = new AbortController();
  to.once('close', () => gone.abort());
  for await (const chunk of body) {
    const part = chunk.subarray(0, Math.min(chunk.byteLength, left));
    left -= part.byteLength;
    if (!to.write(part)) await once(to, 'drain', { signal: gone.signal });
    if (left <= 0) return;
  }
}

async function send(to: ServerResponse, response: Response, clock: Pick<Clock, 'sleep'>): Promise<void> {
  const fault = faults.get(response) ?? {};
  if (fault.delayMs !== undefined) await clock.sleep(fault.delayMs);
  if (fault.hang === true || to.destroyed) return;
  if (fault.resetAt === 'head') return void to.socket?.resetAndDestroy();
  writeHead(to, response, fault);
  const [most] = [fault.resetAt, fault.closeAt].filter((at) => typeof at === 'number');
  if (response.body !== null) await writeBody(to, response.body, most ?? Infinity);
  if (fault.resetAt !== undefined) {
    const { socket } = to;
    // What was written must have left this process before the reset takes it away.
    to.write('', () => setImmediate(() => socket?.resetAndDestroy()));
  } else to.end();
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

/** Serves web-standard handlers over HTTP/1.1 on 127.0.0.1, tried in their order. Bodies are streamed both ways; a handler's throw is a 500 with its stack. */
export async function serveWeb(handlers: readonly WebHandler[], options: ServeOptions = {}): Promise<WebServer> {
  const { port = 0, clock = machine } = options;
  const serve = async (message: IncomingMessage, to: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    to.once('close', () => gone.abort());
    // A body that no handler read would block the next request of this connection.
    to.once('finish', () => void (message.complete || message.removeAllListeners('data').resume()));
    const response = await answerOf(handlers, requestOf(message, gone.signal));
    await send(to, response, clock).catch(() => to.destroy());
  };
  const server = createServer((message, to) => void serve(message, to));
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
