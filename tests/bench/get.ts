// `Pipeline.get` of a project of 1,000 scenes and some 15,000 events in SQLite on disk, against a bare read and JSON.parse of
// the same rows. The log is a real run's: every scene has bought two stills, one of them twice, and its clip three times.
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reply } from 'vidpipe/provider';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { mockImageModel, mockVideoModel } from 'vidpipe/testing';
import {
  clip,
  imageOf,
  providerOf,
  settingsFor,
  still,
  storyboardOf,
  systemClock,
  videoOf,
  worldPipeline,
} from '../support/world.ts';
import { median } from './median.ts';

const SCENES = 1000;
const ROUNDS = 15;
const LIMIT = 3;
const dir = mkdtempSync(join(tmpdir(), 'vidpipe-bench-'));
const file = join(dir, 'vidpipe.db');

const failed: Reply = { state: 'failed', kind: 'transient', message: 'the machine is busy', charged: 'no' };

/** Fails the first `times` requests of each prompt. */
function flaky(times: number): (prompt: string) => boolean {
  const seen = new Map<string, number>();
  return (prompt) => {
    const count = seen.get(prompt) ?? 0;
    seen.set(prompt, count + 1);
    return count < times;
  };
}

/** Runs the whole film; answers its id. */
async function makeProject(): Promise<string> {
  const clock = systemClock();
  const options = { clock, stillMs: 0, clipMs: 0 };
  const [picture, film] = [imageOf(still(options)), videoOf(clip(options))];
  const [failsFrame, failsClip] = [flaky(1), flaky(2)];
  const failing = new Set<string>();
  const limits = { concurrency: SCENES };
  const image = mockImageModel({
    limits,
    generate: (request, call) =>
      request.prompt.includes('start') && failsFrame(request.prompt)
        ? Promise.resolve(failed)
        : picture.generate(request, call),
  });
  const video = mockVideoModel({
    limits,
    times: { typicalMs: 0, pollMs: 1 },
    start: (request, call) => {
      if (failsClip(request.prompt)) failing.add(call.callId);
      return film.start(request, call);
    },
    check: (handle, call) => (failing.has(call.callId) ? Promise.resolve(failed) : film.check(handle, call)),
  });
  const pipeline = worldPipeline(clock, providerOf(options, { image, video }), { events: sqlite(file) });
  const { id } = await pipeline.create(settingsFor(SCENES, { storyboard: storyboardOf(SCENES, 1) }));
  const { status } = await pipeline.run(id);
  if (status !== 'completed') throw new Error(`the run ended ${status}`);
  await pipeline.close();
  return id;
}

async function ours(id: string): Promise<{ readonly ms: number; readonly events: number }> {
  const clock = systemClock();
  const pipeline = worldPipeline(clock, providerOf({ clock }), { events: sqlite(file) });
  await pipeline.list();
  const began = performance.now();
  const { seq } = await pipeline.get(id);
  const ms = performance.now() - began;
  await pipeline.close();
  return { ms, events: seq };
}

function bare(id: string): number {
  const db = new DatabaseSync(file);
  const rows = db.prepare('select * from events where project_id = ? order by seq');
  db.prepare('select count(*) from projects').get();
  const began = performance.now();
  const bodies = rows.all(id).map(({ body }) => JSON.parse(String(body)) as unknown);
  const ms = performance.now() - began;
  db.close();
  if (bodies.length === 0) throw new Error('no rows were read');
  return ms;
}

try {
  const id = await makeProject();
  const [us, them]: [number[], number[]] = [[], []];
  let events = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { ms, events: seq } = await ours(id);
    events = seq;
    us.push(ms);
    them.push(bare(id));
  }
  const ratio = median(us) / median(them);
  console.log(`get-${SCENES}-scenes-${events}-events ${ratio.toFixed(2)} ${LIMIT}`);
  console.log(`get-${SCENES}-scenes-ms ${median(us).toFixed(1)} -`);
  process.exitCode = ratio > LIMIT ? 1 : 0;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
