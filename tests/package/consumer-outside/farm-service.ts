// The service that `render-farm.ts` talks to, on loopback. What it delivers is no more than the head of an MP4.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Job {
  readonly id: string;
  readonly callId: string;
  readonly seconds: number;
  readonly takes: number;
  state: 'rendering' | 'done' | 'cancelled';
}

const MP4 = Buffer.from('\0\0\0\x14ftypisom\0\0\0\0isom', 'latin1');

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Jobs that are done when `finish` is called, one for each callId. */
export class FarmService {
  readonly key = 'key-of-the-farm';
  /** Requests of every sort. */
  requests = 0;
  readonly #jobs = new Map<string, Job>();
  readonly #server = createServer((request, response) => {
    this.requests += 1;
    this.#answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });

  /** Listens on a free port of 127.0.0.1. */
  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get billed(): number {
    return this.#jobs.size;
  }

  finish(): void {
    for (const job of this.#jobs.values()) if (job.state === 'rendering') job.state = 'done';
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.origin);
    const json = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname.startsWith('/clips/')) return void response.writeHead(200, { 'content-type': 'video/mp4' }).end(MP4);
    if (request.headers.authorization !== `Bearer ${this.key}`) return json(401, { error: 'which key?' });
    if (request.method === 'POST') return json(201, this.#shown(this.#accept(await textOf(request))));
    const callId = searchParams.get('callId');
    const jobs = [...this.#jobs.values()];
    if (callId !== null)
      return json(
        200,
        jobs.filter((job) => job.callId === callId),
      );
    const job = jobs.find(({ id }) => pathname === `/jobs/${id}`);
    if (job === undefined) return json(404, { error: 'no such job' });
    if (request.method === 'DELETE' && job.state === 'done') return json(409, { error: 'it is done' });
    if (request.method === 'DELETE') job.state = 'cancelled';
    json(200, this.#shown(job));
  }

  #accept(body: string): Job {
    const { callId, seconds, takes } = JSON.parse(body) as Job;
    const job = this.#jobs.get(callId) ?? { id: `job-${this.#jobs.size}`, callId, seconds, takes, state: 'rendering' };
    this.#jobs.set(callId, job);
    return job;
  }

  #shown({ id, state, seconds, takes }: Job): object {
    if (state !== 'done') return { id, state, progress: 0.5 };
    const links = Array.from({ length: takes }, (_, take) => `${this.origin}/clips/${id}/${take}.mp4`);
    return { id, state, links, seconds: seconds * takes };
  }
}
