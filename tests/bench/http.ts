// A film of 200 MB and 1,000 event streams of one run over HTTP, against `express.static` on the same file in the same run.
// The client is another process, so that its work is not counted.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { createHandler, toNodeHandler } from 'vidpipe/http';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { mockVideoModel, paper } from 'vidpipe/testing';
import { HttpWorld } from '../support/http.ts';
import { settingsFor } from '../support/world.ts';
import { median } from './median.ts';

const SIZE = 200 * 1024 ** 2;
const STREAMS = 1000;
const ROUNDS = 9;
/** Share of the speed of `express.static`, at least. */
const SLOWEST = 0.9;
const MOST_MB = 128;
const dir = mkdtempSync(join(tmpdir(), 'vidpipe-bench-'));
const assets = filesystem(dir);
const large = mockVideoModel({
  times: { typicalMs: 0 },
  start: () => Promise.resolve({ handle: {} }),
  check: () => {
    const bytes = paper({ kind: 'video', width: 1280, height: 720, seconds: 4, note: 'x'.repeat(SIZE) });
    return Promise.resolve({ state: 'succeeded', outputs: [{ bytes }], usage: { seconds: 4 } });
  },
});

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, () => resolve((server.address() as AddressInfo).port)));

/** Runs a script in a process of its own; answers what it prints. */
function client(script: string): { readonly said: Promise<string>; readonly ready: Promise<void> } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const ready = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  return { said: new Promise((resolve) => child.on('close', () => resolve(text))), ready };
}

/** MB per second of one download. */
async function download(url: string): Promise<number> {
  const script = `const t = performance.now(); const r = await fetch(${JSON.stringify(url)}); let n = 0;
    for await (const c of r.body) n += c.length; console.log(n / 1e3 / (performance.now() - t));`;
  return Number(await client(script).said);
}

async function downloads(): Promise<void> {
  const world = new HttpWorld({}, { assets }, { video: large });
  const { pipeline } = world;
  const made = await world.film();
  const { digest } = made.scenes[0]!.clip!;
  const app = express();
  app.use('/api', toNodeHandler(createHandler(pipeline, { authorize: () => true })));
  app.use('/static', express.static(dir));
  const server = createServer(app);
  const port = await listen(server);
  const hex = digest.slice('sha256-'.length);
  const urls = {
    vidpipe: `http://127.0.0.1:${port}/api/projects/${made.id}/assets/${digest}`,
    express: `http://127.0.0.1:${port}/static/${hex.slice(0, 2)}/${hex.slice(2)}`,
  };
  const rates = { vidpipe: [] as number[], express: [] as number[] };
  const work = { vidpipe: [] as number[], express: [] as number[] };
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of ['vidpipe', 'express'] as const) {
      const began = process.cpuUsage();
      rates[name].push(await download(urls[name]));
      const { user, system } = process.cpuUsage(began);
      work[name].push(user + system);
    }
  clearInterval(watch);
  const ratio = median(rates.vidpipe) / median(rates.express);
  const megabytes = (most - before) / 1e6;
  console.log(`http-200-mb-per-s ${median(rates.vidpipe).toFixed(0)} -`);
  console.log(`http-200-mb-against-express ${ratio.toFixed(2)} ${SLOWEST}`);
  console.log(`http-200-mb-cpu-against-express ${(median(work.express) / median(work.vidpipe)).toFixed(2)} -`);
  console.log(`http-200-mb-memory-mb ${megabytes.toFixed(0)} ${MOST_MB}`);
  if (ratio < SLOWEST || megabytes > MOST_MB) process.exitCode = 1;
  server.closeAllConnections();
  server.close();
  await pipeline.close();
}

async function streams(): Promise<void> {
  const { pipeline, handler } = new HttpWorld({ limits: { streamsPerProject: STREAMS } });
  const { id } = await pipeline.create(settingsFor(20));
  const server = createServer(toNodeHandler(handler));
  const port = await listen(server);
  const before = process.memoryUsage().rss;
  const script = `import { get } from 'node:http';
    const late = []; let open = 0, closed = 0;
    for (let i = 0; i < ${STREAMS}; i += 1) get('http://127.0.0.1:${port}/projects/${id}/events', { headers: { accept: 'text/event-stream' } }, (r) => {
      if ((open += 1) === ${STREAMS}) setTimeout(() => console.log('ready'), 500);
      r.setEncoding('utf8');
      r.on('data', (t) => { const now = Date.now(); for (const [, at] of t.matchAll(/"at":"([^"]+)"/g)) late.push(now - Date.parse(at)); });
      r.on('end', () => { if ((closed += 1) === ${STREAMS}) { late.sort((a, b) => a - b); const n = late.length;
        console.log('http-streams-late-p99-ms ' + late[Math.floor(n * 0.99)] + ' -'); process.exit(); } });
    });`;
  const { said, ready } = client(script);
  await ready;
  const each = (process.memoryUsage().rss - before) / STREAMS / 1000;
  await pipeline.run(id);
  console.log(`http-${STREAMS}-streams-kb-each ${each.toFixed(1)} -`);
  console.log((await said).split('\n')[1]);
  server.closeAllConnections();
  server.close();
  await pipeline.close();
}

await downloads();
await streams();
rmSync(dir, { recursive: true });
