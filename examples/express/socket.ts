import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Handler } from 'vidpipe/http';
import { type WebSocket, WebSocketServer } from 'ws';

const PATH = /^\/api(\/projects\/[\w-]+\/events)\/socket$/;

interface Options {
  readonly handler: Handler;
  readonly isForUs: (request: IncomingMessage) => boolean;
  readonly signal: AbortSignal;
}

/** The request for the same events as a stream, with the headers of the one that asks for a socket. */
function streamRequest({ url = '', headers }: IncomingMessage, method: string, signal?: AbortSignal): Request | null {
  const { pathname, search } = new URL(url, 'http://socket');
  const path = PATH.exec(pathname)?.[1];
  if (path === undefined) return null;
  const { host = '', origin = '', cookie = '', authorization = '' } = headers;
  return new Request(`http://${host}/api${path}${search}`, {
    method,
    headers: { accept: 'text/event-stream', host, origin, cookie, authorization },
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Browsers always name the page that asks, and let any page ask. */
const isOwnPage = ({ headers: { origin, host } }: IncomingMessage): boolean =>
  origin === undefined || URL.parse(origin)?.host === host;

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Sends each frame's JSON as a message. The next one is read when this one has gone out, so a client that does not read holds nothing up here. */
async function forward(body: ReadableStream<Uint8Array>, socket: WebSocket): Promise<void> {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
    const frames = `${text}${chunk}`.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data !== undefined) await new Promise((resolve) => socket.send(data, resolve));
    }
  }
}

/** Events by WebSocket at `/api/projects/{id}/events/socket?after=`: the handler's own stream, so with its `authorize`, its limits and its order. */
export function eventSocket({ handler, isForUs, signal }: Options) {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 });
  const stream = async (request: IncomingMessage, socket: WebSocket): Promise<void> => {
    const gone = new AbortController();
    socket.on('close', () => gone.abort()).on('error', () => gone.abort());
    const wanted = streamRequest(request, 'GET', AbortSignal.any([signal, gone.signal]));
    const { body } = await handler(wanted as Request);
    if (body !== null) await forward(body, socket).catch(() => undefined);
    socket.close(signal.aborted ? 1012 : 1000);
  };
  const answer = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const asked = streamRequest(request, 'HEAD');
    if (asked === null) return refuse(socket, 404);
    if (!isForUs(request) || !isOwnPage(request)) return refuse(socket, 403);
    const { ok, status } = await handler(asked);
    if (!ok) return refuse(socket, status);
    sockets.handleUpgrade(request, socket, head, (opened) => void stream(request, opened));
  };
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    void answer(request, socket, head);
  };
}
