import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve as serveHono } from '@hono/node-server';
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import { afterAll, describe, expect, it } from 'vitest';
import { createClient } from 'vidpipe/client';
import { createHandler, toNodeHandler } from 'vidpipe/http';
import { paper } from 'vidpipe/testing';
import { HttpWorld } from '../support/http.ts';
import { settingsFor } from '../support/world.ts';

const { pipeline } = new HttpWorld();
afterAll(() => pipeline.close());

interface Mounted {
  readonly port: number;
  readonly close: () => Promise<unknown>;
}

async function listening(server: Server): Promise<Mounted> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { port: (server.address() as AddressInfo).port, close };
}

const authorize = (): boolean => true;

/** As docs/http.md shows them. */
const servers: Record<string, () => Promise<Mounted>> = {
  node: () => {
    // #region node
    const handler = createHandler(pipeline, { authorize, basePath: '/films' });
    const server = createServer(toNodeHandler(handler));
    // #endregion
    return listening(server.listen(0, '127.0.0.1'));
  },
  express: () => {
    // #region express
    const app = express();
    app.use('/films', toNodeHandler(createHandler(pipeline, { authorize })));
    app.use(express.json());
    // #endregion
    return listening(app.listen(0, '127.0.0.1'));
  },
  hono: () => {
    // #region hono
    const handler = createHandler(pipeline, { authorize, basePath: '/films' });
    const app = new Hono();
    app.all('/films/*', (c) => handler(c.req.raw));
    // #endregion
    return listening(serveHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server);
  },
  fastify: async () => {
    // #region fastify
    const handler = toNodeHandler(createHandler(pipeline, { authorize, basePath: '/films' }));
    const app = fastify();
    await app.register((films, _options, done) => {
      films.removeAllContentTypeParsers();
      films.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
      films.all('/films/*', (request, reply) => {
        reply.hijack();
        handler(request.raw, reply.raw);
      });
      done();
    });
    // #endregion
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
  },
};

describe.each(Object.keys(servers))('in %s', (name) => {
  it('a film is made, watched, changed and downloaded', async () => {
    const { port, close } = await servers[name]!();
    const client = createClient({ baseUrl: `http://127.0.0.1:${port}/films` });
    try {
      const { id } = await client.create(settingsFor(1), { idempotencyKey: `${name}-1` });
      const watching = Array.fromAsync(client.watch(id));
      await client.run(id);
      const events = await watching;
      const film = await client.get(id);
      expect([film.status, events.length]).toEqual(['completed', film.seq]);
      expect(events.at(-1)).toMatchObject({ type: 'run.ended', body: { status: 'completed' } });

      const [scene] = film.scenes;
      const part = await fetch(client.assetUrl(id, scene!.clip!.digest), { headers: { range: 'bytes=1-4' } });
      expect([part.status, part.headers.get('content-range'), (await part.bytes()).length]).toEqual([
        206,
        `bytes 1-4/${scene!.clip!.size}`,
        4,
      ]);
      const head = await fetch(client.filmUrl(id), { method: 'HEAD' });
      expect([head.status, head.headers.get('content-length')]).toEqual([200, String(film.filmAsset!.size)]);

      const bytes = paper({ kind: 'image', width: 1280, height: 720, note: 'x'.repeat(3_000_000) });
      const mine = await client.supply(id, scene!.id, 'start', new Blob([bytes.slice()], { type: 'image/png' }));
      expect(mine.scenes[0]!.start!.size).toBe(bytes.length);
      const large = { prompt: 'x'.repeat(2_000_000) };
      await expect(client.create(large)).rejects.toMatchObject({ status: 413, code: 'body-too-large' });
      await expect(client.get('none')).rejects.toMatchObject({ status: 404, code: 'project-not-found' });
    } finally {
      await close();
    }
  });
});
