import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClientEvent } from 'vidpipe/client';
import { WebSocket } from 'ws';
import { Studio } from '../browser/studio.ts';

const studio = new Studio(1000);
beforeAll(() => studio.start());
afterAll(() => studio[Symbol.asyncDispose]());

interface Heard {
  readonly events: readonly ClientEvent[];
  readonly code: number;
}

const connect = (path: string, headers = {}): WebSocket =>
  new WebSocket(`${studio.url.replace('http', 'ws')}/api/projects/${path}`, { headers });

/** All that a socket says until it ends. */
function listen(path: string, headers = {}): Promise<Heard> {
  const socket = connect(path, headers);
  const events: ClientEvent[] = [];
  socket.on('message', (data: Buffer) => {
    const told = JSON.parse(data.toString()) as ClientEvent;
    if ('seq' in told) events.push(told);
  });
  return new Promise((resolve, reject) => {
    socket.on('close', (code) => resolve({ events, code }));
    socket.on('error', reject);
  });
}

const written = () => studio.film({ prompt: 'A film', gates: ['storyboard'] });

describe('the Express example', () => {
  it('says the same by WebSocket as in a stream', async () => {
    const id = await written();
    const all = (await studio.client.events(id)).items;
    expect(all.length).toBeGreaterThan(4);
    expect(await listen(`${id}/events/socket`)).toEqual({ events: all, code: 1000 });
    const own = { origin: studio.url };
    expect(await listen(`${id}/events/socket?after=3`, own)).toEqual({ events: all.slice(3), code: 1000 });
  });

  it('opens sockets for its own pages only, and for what is there', async () => {
    const id = await written();
    const refused = (status: number) => `Unexpected server response: ${status}`;
    await expect(listen(`${id}/events/socket`, { origin: 'https://elsewhere.example' })).rejects.toThrow(refused(403));
    await expect(listen(`${id}/events/socket`, { host: 'elsewhere.example' })).rejects.toThrow(refused(403));
    await expect(listen('nobody/events/socket')).rejects.toThrow(refused(404));
    await expect(listen(`${id}/nothing`)).rejects.toThrow(refused(404));
    await expect(listen(`${id}/events/socket?after=-1`)).rejects.toThrow(refused(400));
  });

  it('answers to its own name only', async () => {
    const { port } = new URL(studio.url);
    const status = async (host: string): Promise<number | undefined> => {
      const asked = get({ port, host: '127.0.0.1', path: '/api/health', headers: { host } });
      const [reply] = (await once(asked, 'response')) as [IncomingMessage];
      reply.resume();
      return reply.statusCode;
    };
    expect(await Promise.all([status(`localhost:${port}`), status('elsewhere.example')])).toEqual([200, 403]);
  });

  it('ends when it is told to, and goes on with what ran at its next start', async () => {
    const { id } = await studio.client.create({ prompt: 'A film', duration: 4, clipDuration: 4 });
    await studio.client.run(id);
    const socket = connect(`${id}/events/socket`);
    await once(socket, 'message');
    const [code, [reason]] = await Promise.all([studio.end('SIGTERM'), once(socket, 'close')]);
    expect([code, reason]).toEqual([0, 1012]);
    await studio.start();
    for await (const _event of studio.client.watch(id)) continue;
    const { status } = await studio.client.get(id);
    expect(status).toBe('completed');
    const { entries } = await studio.client.ledger(id);
    expect(entries.map(({ stepId }) => stepId.split(':')[0])).toEqual(['storyboard', 'keyframe', 'keyframe', 'clip']);
  });
});
