import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunResult } from 'vidpipe';
import { google } from 'vidpipe/providers/google';
import { paper } from '../../support/media.ts';
import { providerOf, settingsFor, systemClock, worldPipeline } from '../../support/world.ts';

const VEO = 'veo-3.1-generate-001';

/** Vertex and Cloud Storage on this machine. What it accepts it writes; `loses` says which submissions never get their answer, or never arrive. */
class Cloud {
  /** Folders of accepted submissions. */
  readonly billed: string[] = [];
  readonly asked: string[] = [];
  listings = 0;
  server: Server | null = null;
  readonly loses: (nth: number) => 'answer' | 'request' | 'nothing';
  readonly writtenAfter: number;

  constructor(loses: Cloud['loses'], writtenAfter: number) {
    this.loses = loses;
    this.writtenAfter = writtenAfter;
  }

  async open(): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.#answer(request, response, Buffer.concat(chunks).toString()));
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  #answer({ url = '' }: IncomingMessage, response: ServerResponse, body: string): void {
    const json = (value: object): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (url.endsWith(':predictLongRunning')) return this.#submit(response, body, json);
    if (url.endsWith(':fetchPredictOperation')) {
      const gcsUri = `${this.billed.at(-1)}77/sample_0.mp4`;
      return json({ done: true, response: { videos: [{ gcsUri, mimeType: 'video/mp4' }] } });
    }
    const { pathname, searchParams } = new URL(url, 'http://cloud');
    if (searchParams.get('alt') === 'media') {
      const bytes = paper({ kind: 'video', width: 1280, height: 720, seconds: 4, note: pathname });
      response.writeHead(200, { 'content-length': bytes.byteLength }).end(bytes);
      return;
    }
    this.listings += 1;
    const folder = `gs://films/${searchParams.get('prefix')}`;
    const there = this.billed.includes(folder) && this.listings >= this.writtenAfter;
    json(there ? { items: [{ name: `${searchParams.get('prefix')}77/sample_0.mp4`, size: '9' }] } : {});
  }

  #submit(response: ServerResponse, body: string, json: (value: object) => void): void {
    const { parameters } = JSON.parse(body) as { parameters: { storageUri: string } };
    this.asked.push(parameters.storageUri);
    const lost = this.loses(this.asked.length);
    if (lost !== 'request') this.billed.push(parameters.storageUri);
    if (lost !== 'nothing') response.destroy();
    else json({ name: `projects/proj/locations/us-central1/publishers/google/models/${VEO}/operations/1` });
  }
}

let cloud: Cloud;
afterEach(async () => {
  cloud.server?.closeAllConnections();
  await new Promise((resolve) => cloud.server?.close(resolve));
});

async function filmed(deadlineMs: number): Promise<RunResult> {
  const origin = await cloud.open();
  const times = { typicalMs: 0, pollMs: 20, deadlineMs };
  const veo = google({
    vertex: { project: 'proj', apiKey: 'key-of-vertex', bucket: 'films' },
    baseUrls: { vertex: origin, storage: origin },
    models: { [VEO]: { times } },
  });
  const clock = systemClock();
  const mock = providerOf({ clock, stillMs: 0 });
  await using pipeline = worldPipeline(clock, mock, { providers: [mock, veo] });
  const models = { text: 'mock:writer', image: 'mock:still', video: `google:${VEO}` } as const;
  const { id } = await pipeline.create(settingsFor(1, { models, budget: 10_000_000 as never }));
  return await pipeline.run(id);
}

const MONEY = 2 * 20_000 + 4 * 400_000;

describe('a film with Veo', () => {
  it('is made of what lies in the bucket', async () => {
    cloud = new Cloud(() => 'nothing', 0);
    const { status, project } = await filmed(60_000);
    expect([status, cloud.billed.length, cloud.listings]).toEqual(['completed', 1, 0]);
    expect(project.money).toEqual({ charged: MONEY, held: 0, unknown: 0 });
  });

  it('finds a submission whose answer was lost by its folder: one bill, and nobody is asked', async () => {
    cloud = new Cloud(() => 'answer', 4);
    const { status, project } = await filmed(60_000);
    expect([status, cloud.asked.length, cloud.billed.length, cloud.listings]).toEqual(['completed', 1, 1, 4]);
    expect(project.money).toEqual({ charged: MONEY, held: 0, unknown: 0 });
  });

  it('sends a submission that never arrived again once nothing can come of it, to another folder', async () => {
    cloud = new Cloud((nth) => (nth === 1 ? 'request' : 'nothing'), 0);
    const { status, project } = await filmed(200);
    expect([status, cloud.asked.length, cloud.billed.length]).toEqual(['completed', 2, 1]);
    expect(new Set(cloud.asked).size).toBe(2);
    expect(project.money).toEqual({ charged: MONEY, held: 0, unknown: 0 });
  });
});
