// Drives one project in a process of its own that stops itself (SIGSTOP) at a point of its first paid clip.
// Arguments: folder, project, keys, point (`none` for a driver that never freezes). Prints every durable event's type.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LeaseHeldError, Pipeline, type RunResult } from 'vidpipe';
import type { Provider, VideoModel } from 'vidpipe/provider';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const [dir = '', id = '', keys = 'keys', point = 'none'] = process.argv.slice(2);
let frozen = false;

function freeze(at: string): void {
  if (frozen || point !== at) return;
  frozen = true;
  process.kill(process.pid, 'SIGSTOP');
}

/** The simulated models with a short time to send and to answer. */
function quick(provider: Provider): Provider {
  return {
    ...provider,
    catalogue: provider.catalogue.map((entry) => ({
      ...entry,
      times: { ...entry.times, submitWithinMs: 700, requestDeadlineMs: 900 },
    })),
    model: (name) => {
      const model = provider.model(name);
      if (model.kind !== 'video') return model;
      const start: VideoModel['start'] = async (request, call) => {
        const found = await model.start(request, call);
        freeze('after acceptance');
        return found;
      };
      return { ...model, start };
    },
  };
}

const events = sqlite(join(dir, 'vidpipe.db'));
const append = events.append.bind(events);
events.append = (batch) => {
  if (batch.events.some(({ type }) => type === 'call.submitted')) freeze('before recording');
  return append(batch);
};
const models = simulated({
  dir: join(dir, 'simulated'),
  speed: 200,
  acceptDelayMs: 20,
  idempotent: keys === 'keys',
  lookUp: keys === 'look-up',
});
const pipeline = new Pipeline({
  providers: [quick(models)],
  events,
  assets: filesystem(join(dir, 'assets')),
  workDir: join(dir, 'work'),
  leaseMs: 600,
});
pipeline.on('event', ({ type, body }) => {
  console.log(type);
  if (type === 'call.intended' && 'kind' in body && body.kind === 'video') freeze('before request');
});

/** Runs as soon as nobody else has the project. */
async function run(): Promise<RunResult> {
  for (;;) {
    try {
      return await pipeline.run(id);
    } catch (error) {
      if (!(error instanceof LeaseHeldError)) throw error;
      await sleep(50);
    }
  }
}

const result = await run();
console.log(`rest ${result.status}`);
await pipeline.close();
