import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server on loopback that ends with its test. */
export interface Served {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** What it was asked, in order. */
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[];
}

/** Serves on a free port of 127.0.0.1. */
export async function serve(
  answer: (response: ServerResponse, request: IncomingMessage, nth: number) => void,
): Promise<Served> {
  const requests: Served['requests'] = [];
  const listener: RequestListener = (request, response) => {
    requests.push({ url: request.url ?? '', headers: request.headers });
    request.resume().on('end', () => answer(response, request, requests.length));
  };
  const server = createServer(listener);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** A loopback origin where nobody listens. */
export async function nobody(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

/** What a promise was rejected with; fails when it was not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const settled = await promise.then(
    () => ({ fulfilled: true }) as const,
    (error: unknown) => ({ error }),
  );
  if ('fulfilled' in settled) throw new Error('expected a rejection');
  return settled.error;
}
