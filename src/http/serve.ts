import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler as convert } from 'srvx/node';
import { InvalidSettingsError } from '../errors/index.ts';
import type { Pipeline } from '../pipeline.ts';
import type { Authorize } from './authorize.ts';
import { createHandler, type Handler } from './handler.ts';
import { assertLocal, isLoopback, LOCAL, type Local } from './local.ts';
import type { HandlerOptions } from './options.ts';
import { problemReply } from './problem.ts';

/** What Node's own servers, Express and Connect call. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** The handler for servers with Node's `(request, response)`. Mount it before anything that reads bodies. */
export function toNodeHandler(handler: Handler): NodeHandler {
  const converted = convert(handler);
  return (request, response) => void converted(request as never, response as never);
}

/** Options of `serve`. */
export interface ServeOptions extends Omit<HandlerOptions, 'authorize' | 'signal'> {
  /** As for `createHandler`, or `local()`: whoever is on this machine may do everything. */
  readonly authorize: Authorize | Local;
  /** @default 0, any free one */
  readonly port?: number;
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string;
}

/** A server that listens. */
export interface Served extends AsyncDisposable {
  /** `http://127.0.0.1:8080`, with the `basePath`. */
  readonly url: string;
  /** Ends event streams, lets other requests come to their end for `graceMs`, and stops listening. The pipeline stays open. @default 5000 */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose reply has just ended is kept for the next request, which never comes.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const over = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(over);
}

/** Refuses what does not come from this machine before anything else is looked at. */
function guarded(handler: Handler, docs: string | null): NodeHandler {
  const inner = toNodeHandler(handler);
  return (request, response) => {
    try {
      assertLocal(request);
    } catch (error) {
      return toNodeHandler(() => Promise.resolve(problemReply(error, docs)))(request, response);
    }
    return inner(request, response);
  };
}

/**
 * Serves a pipeline with Node's own server. Throws `InvalidSettingsError` for options that are not valid, and for `local()` on an address that other
 * machines reach.
 */
export async function serve(pipeline: Pipeline, options: ServeOptions): Promise<Served> {
  const { authorize, port = 0, host = '127.0.0.1', ...others } = options;
  const isLocal = authorize === LOCAL;
  if (isLocal && !isLoopback(host))
    throw new InvalidSettingsError({ issues: [`host: local() is for 127.0.0.1 and ::1, got ${host}`] });
  const over = new AbortController();
  const allowed: Authorize = isLocal ? () => true : (authorize as Authorize);
  const handler = createHandler(pipeline, { ...others, authorize: allowed, signal: over.signal });
  const listener = isLocal ? guarded(handler, options.docs ?? null) : toNodeHandler(handler);
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 300_000, keepAliveTimeout: 5_000 }, listener);
  server.timeout = 120_000;
  const { address, family, port: bound } = await listen(server, port, host);
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}${options.basePath ?? ''}`;
  const close: Served['close'] = ({ graceMs = 5000 } = {}) => {
    over.abort();
    return closeServer(server, graceMs);
  };
  return { url, close, [Symbol.asyncDispose]: () => close() };
}
