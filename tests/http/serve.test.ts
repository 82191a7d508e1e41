import { readdirSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventSource } from 'eventsource';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Project } from 'vidpipe';
import { createHandler, local, serve, type Served, toNodeHandler } from 'vidpipe/http';
import type { StoredEvent } from 'vidpipe/storage';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { paper } from 'vidpipe/testing';
import { memoryEvents } from 'vidpipe/storage-adapters/memory';
import { HttpWorld } from '../support/http.ts';
import { withMembers } from '../support/runs.ts';
import { settingsFor } from '../support/world.ts';

const openFiles = (): number => readdirSync('/proc/self/fd').length;
const portOf = (url: string): number => Number(new URL(url).port);

let folder: string;
let world: HttpWorld;
let served: Served;
let film: Project;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vidpipe-serve-'));
  world = new HttpWorld({}, { assets: filesystem(folder) });
  film = await world.film();
  served = await serve(world.pipeline, { authorize: local(), limits: { streams: 20 } });
});
afterAll(async () => {
  await served.close();
  await world.pipeline.close();
  await rm(folder, { recursive: true });
});

/** Sends a request and hangs up with the first bytes that come. */
function hangUp(port: number, path: string, headers = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    let first = '';
    socket.once('data', (chunk) => {
      first = chunk.toString('latin1');
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(first));
    socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${headers}\r\n`);
  });
}

describe('clients that hang up', () => {
  it('1,000 streams leave no file and no place behind', async () => {
    const { id } = await world.pipeline.create(settingsFor(1));
    const port = portOf(served.url);
    const path = `/projects/${id}/events`;
    await hangUp(port, path, 'accept: text/event-stream\r\n');
    const before = openFiles();
    for (let round = 0; round < 100; round += 1) {
      const all = Array.from({ length: 10 }, () => hangUp(port, path, 'accept: text/event-stream\r\n'));
      for (const first of await Promise.all(all)) expect(first).toMatch(/^HTTP\/1\.1 (200|503)/);
    }
    await expect.poll(openFiles).toBeLessThanOrEqual(before);
    expect(await hangUp(port, path, 'accept: text/event-stream\r\n')).toMatch(/^HTTP\/1\.1 200/);
  });

  it('100 downloads that end in the middle close the files of the store', async () => {
    const scene = film.scenes[0]!.id;
    const start = paper({ kind: 'image', width: 1280, height: 720, note: 'x'.repeat(8_000_000) });
    const { scenes } = await world.pipeline.revise(film.id, { supply: { [scene]: { start } } });
    const path = `/projects/${film.id}/assets/${scenes[0]!.start!.digest}`;
    expect(await hangUp(portOf(served.url), path)).toMatch(/^HTTP\/1\.1 200/);
    const before = openFiles();
    for (let round = 0; round < 5; round += 1)
      await Promise.all(Array.from({ length: 20 }, () => hangUp(portOf(served.url), path)));
    await expect.poll(openFiles).toBeLessThanOrEqual(before);
  });
});

it('a client that never reads makes the server hold next to nothing', async () => {
  const note = 'x'.repeat(1000);
  let produced = 0;
  const inner = memoryEvents();
  const endless = async function* (id: string, after = 0): AsyncGenerator<StoredEvent> {
    let last: StoredEvent | undefined;
    for await (last of inner.read(id, after)) yield last;
    if (after !== 0) return;
    for (let seq = 2; seq < 200_000; seq += 1, produced += 1)
      yield { ...last!, seq, type: 'budget.warned', format: 1, body: { pool: note, spent: 1, cap: 1, share: 1 } };
  };
  const other = new HttpWorld({}, { events: inner });
  const { id } = await other.pipeline.create(settingsFor(1));
  await other.pipeline.get(id);
  const flooded = new HttpWorld({}, { events: withMembers(inner, { read: endless }) });
  const handler = createHandler(withMembers(other.pipeline, { watch: flooded.pipeline.watch.bind(flooded.pipeline) }), {
    authorize: () => true,
  });
  const replies: ServerResponse[] = [];
  const listener = toNodeHandler(handler);
  const server = createServer((request, response) => {
    replies.push(response);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  socket.write(`GET /projects/${id}/events HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n`);
  let before = -1;
  await expect
    .poll(
      () => {
        const isStill = produced > 0 && produced === before;
        before = produced;
        return isStill;
      },
      { interval: 100 },
    )
    .toBe(true);
  console.log(`a client that never reads: ${produced} events read, ${replies[0]!.writableLength} bytes held`);
  expect(produced).toBeLessThan(50_000);
  expect(replies[0]!.writableLength).toBeLessThan(100_000);
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await flooded.pipeline.close();
});

it('a real EventSource reads to the end, and is told to stop', async () => {
  const seen: number[] = [];
  const { id, seq } = await world.film();
  const source = new EventSource(`${served.url}/projects/${id}/events`);
  await new Promise<void>((resolve) => {
    source.addEventListener('message', ({ data, lastEventId }) => {
      seen.push((JSON.parse(String(data)) as { seq: number }).seq);
      expect(lastEventId).toBe(String(seen.at(-1)));
      if (seen.length === seq) resolve();
    });
  });
  source.close();
  const again = await fetch(`${served.url}/projects/${id}/events`, {
    headers: { accept: 'text/event-stream', 'last-event-id': String(seq) },
  });
  expect([seen, again.status]).toEqual([Array.from({ length: seq }, (_, index) => index + 1), 204]);
});

describe('local()', () => {
  const head = (headers: Record<string, string>): Promise<string> => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return new Promise((resolve, reject) => {
      const socket = connect(portOf(served.url), '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('end', () => resolve(text.split('\r\n')[0]!.split(' ')[1]!));
      socket.on('error', reject);
      socket.write(`GET /models HTTP/1.1\r\n${lines.join('')}connection: close\r\n\r\n`);
    });
  };
  const own = () => `127.0.0.1:${portOf(served.url)}`;

  it('answers under its own names', async () => {
    const port = portOf(served.url);
    for (const host of [own(), `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
      expect([host, await head({ host, origin: `http://localhost:${port}` })]).toEqual([host, '200']);
  });

  it.each([
    ['evil.test', {}],
    ['evil.test:PORT', {}],
    ['127.0.0.1', {}],
    ['127.0.0.1:1', {}],
    ['localhost.evil.test:PORT', {}],
    ['127.0.0.1.nip.io:PORT', {}],
    ['localhost:PORT@evil.test', {}],
    ['0.0.0.0:PORT', {}],
    ['2130706433:PORT', {}],
    ['', {}],
    ['127.0.0.1:PORT', { origin: 'http://evil.test' }],
    ['127.0.0.1:PORT', { origin: 'https://127.0.0.1:PORT' }],
    ['127.0.0.1:PORT', { origin: 'null' }],
    ['127.0.0.1:PORT', { origin: 'http://127.0.0.1:1' }],
    ['127.0.0.1:PORT', { 'x-forwarded-for': '203.0.113.9' }],
    ['127.0.0.1:PORT', { forwarded: 'for=203.0.113.9' }],
  ])('refuses the name %s with %j', async (host, more) => {
    const port = String(portOf(served.url));
    const headers = Object.entries({ host, ...more }).map(([name, value]) => [name, value.replace('PORT', port)]);
    expect(await head(Object.fromEntries(headers) as Record<string, string>)).toBe('403');
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'localhost.evil.test', ''])('is not to be had on %s', async (host) => {
    await expect(serve(world.pipeline, { authorize: local(), host })).rejects.toThrow('local() is for 127.0.0.1');
  });

  it("is nothing that a handler of one's own takes", () => {
    expect(() => createHandler(world.pipeline, { authorize: local() as never })).toThrow('- authorize');
  });
});

it('a server closes while streams are open, and leaves the pipeline as it is', async () => {
  const { id } = await world.pipeline.create(settingsFor(1));
  const mine = await serve(world.pipeline, { authorize: () => true, basePath: '/api' });
  const reply = await fetch(`${mine.url}/projects/${id}/events`, { headers: { accept: 'text/event-stream' } });
  const reading = reply.text();
  await mine.close();
  expect(await reading).toContain('retry: 2000');
  await expect(fetch(mine.url)).rejects.toThrow('fetch failed');
  expect((await world.pipeline.get(id)).id).toBe(id);
});
