// Engine cost per completed step with PostgreSQL on loopback, synced to disk, against bare pg that writes the same rows in the same
// transactions, one plain statement a row and nothing looked at. Models answer at once and files are made of paper.
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { AppendBatch } from 'vidpipe/storage';
import { postgres } from 'vidpipe/storage-adapters/postgres';
import { withMembers } from '../support/runs.ts';
import { startPostgres, type TestServer } from '../support/postgres.ts';
import { providerOf, settingsFor, systemClock, worldPipeline } from '../support/world.ts';
import { median } from './median.ts';

const ROUNDS = 5;
const SCENES = 20;
const COST_LIMIT = 3;
const WORK = join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `vidpipe-bench-${process.pid}`);
let serial = 0;

/** Wall time of a film, its steps, and what it appended. */
async function drive(server: TestServer): Promise<{ wallMs: number; steps: number; batches: AppendBatch[] }> {
  const clock = systemClock();
  const batches: AppendBatch[] = [];
  const store = postgres({ ...server.connection, schema: `film_${(serial += 1)}` });
  const append = (batch: AppendBatch): ReturnType<typeof store.append> => {
    batches.push(batch);
    return store.append(batch);
  };
  const events = withMembers(store, { append });
  const pipeline = worldPipeline(clock, providerOf({ clock, stillMs: 0, clipMs: 0, clipsAtOnce: 10 }), {
    events,
    workDir: WORK,
  });
  const { id } = await pipeline.create(settingsFor(SCENES));
  batches.length = 0;
  const began = performance.now();
  const result = await pipeline.run(id);
  const wallMs = performance.now() - began;
  await pipeline.close();
  await store.close?.();
  if (result.status !== 'completed') throw new Error(`the run ended ${result.status}`);
  return { wallMs, steps: result.project.steps.length, batches };
}

/** The rows of a batch. */
async function write(client: Client, { batchId, projectId, events, summary, holds = [] }: AppendBatch): Promise<void> {
  const at = new Date().toISOString();
  await client.query('begin');
  for (const { type, format, body } of events)
    await client.query(
      'insert into events select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5 from events where project_id = $1',
      [projectId, at, type, format, JSON.stringify(body)],
    );
  await client.query(
    'insert into projects (project_id, seq, at, summary) values ($1, 1, $2, $3) on conflict (project_id) do update set seq = projects.seq + 1, summary = $3',
    [projectId, at, JSON.stringify(summary)],
  );
  await client.query('insert into batches values ($1, $2, 1, $3)', [batchId, projectId, at]);
  for (const hold of holds) {
    const amount = 'amount' in hold ? hold.amount : 0;
    const callId = 'callId' in hold ? hold.callId : '';
    await client.query(
      'insert into holds values ($1, $2, $3, $3, 1) on conflict (pool, call_id) do update set held = $3, released = 1',
      [hold.pool, callId, amount],
    );
    await client.query(
      'insert into pools (name, held) values ($1, $2) on conflict (name) do update set held = pools.held + $2',
      [hold.pool, amount],
    );
  }
  await client.query('commit');
}

/** Wall time of the same rows without a store or an engine. */
async function bare(server: TestServer, batches: readonly AppendBatch[]): Promise<number> {
  const schema = `bare_${(serial += 1)}`;
  const store = postgres({ ...server.connection, schema });
  await store.pool('made');
  await store.close?.();
  const client = new Client(server.connection);
  await client.connect();
  await client.query(`set search_path to ${schema}`);
  const began = performance.now();
  for (const batch of batches) await write(client, batch);
  const wallMs = performance.now() - began;
  await client.end();
  return wallMs;
}

const server = await startPostgres('on');
try {
  const { batches } = await drive(server);
  const films: { readonly wallMs: number; readonly steps: number }[] = [];
  const rows: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    films.push(await drive(server));
    rows.push(await bare(server, batches));
  }
  const wall = median(films.map(({ wallMs }) => wallMs));
  const ratio = wall / median(rows);
  console.log(`postgres-step-${SCENES}-scenes ${ratio.toFixed(2)} ${COST_LIMIT}`);
  console.log(`postgres-step-${SCENES}-scenes-ms ${(wall / (films[0]?.steps ?? 1)).toFixed(2)} -`);
  console.log(`postgres-appends-per-step ${(batches.length / (films[0]?.steps ?? 1)).toFixed(2)} -`);
  process.exitCode = ratio > COST_LIMIT ? 1 : 0;
} finally {
  await server.stop();
  rmSync(WORK, { recursive: true, force: true });
}
