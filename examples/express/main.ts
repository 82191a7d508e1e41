// A film studio on this machine: the HTTP API of a pipeline, its events by WebSocket as well, and the web app in `studio`.
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import express from 'express';
import { Pipeline } from 'vidpipe';
import { type Authorize, createHandler, toNodeHandler } from 'vidpipe/http';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { googleFromEnvironment } from './google.ts';
import { eventSocket } from './socket.ts';

const { VIDPIPE_OUT: dir = 'out/studio', VIDPIPE_SPEED: speed = '10', PORT = '8080' } = process.env;
const port = Number(PORT);
const built = join(import.meta.dirname, 'studio/dist');

const pipeline = new Pipeline({
  providers: [simulated({ dir: join(dir, 'simulated'), speed: Number(speed) }), ...googleFromEnvironment()],
  events: sqlite(join(dir, 'vidpipe.db')),
  assets: filesystem(join(dir, 'assets')),
  workDir: join(dir, 'work'),
});
pipeline.on('error', ({ source, projectId, error }) => console.error(source, projectId, error.message));

// Everybody on this machine may do everything. An app with users looks at its session here: `subject` has the action, the project and its owner.
const authorize: Authorize = () => true;

const closing = new AbortController();
const handler = createHandler(pipeline, { basePath: '/api', authorize, signal: closing.signal });

/** Whether a request was meant for this server: a page elsewhere may point a name of its own at 127.0.0.1. */
const isForUs = ({ headers }: IncomingMessage): boolean => /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '');

const app = express();
app.disable('x-powered-by');
app.set('env', 'production');
app.use((request, response, next) => (isForUs(request) ? next() : response.sendStatus(403)));
app.all('/api/{*path}', toNodeHandler(handler));
app.use((_request, response, next) => {
  response.set({
    'content-security-policy': "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  next();
});
app.use(express.static(built, { index: false }));
// Every other address is a place in the web app.
app.get('/{*path}', (_request, response) => response.sendFile(join(built, 'index.html')));

const server = createServer(app);
server.on('upgrade', eventSocket({ handler, isForUs, signal: closing.signal }));

/** What is under way gets ten seconds to come to its end; the next start goes on with the rest. */
async function close(): Promise<void> {
  closing.abort();
  server.close();
  await pipeline.close({ graceMs: 10_000 });
  server.closeAllConnections();
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void close());

if (!existsSync(built)) console.log('the web app is not built: npm run build:studio');
const recovered = await pipeline.recover();
if (recovered.length > 0) console.log(`going on with ${recovered.join(', ')}`);
server.listen(port, '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : port}`);
});
