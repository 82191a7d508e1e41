// Drives one project from the built package in a process of its own, and prints every durable event's type.
import { join } from 'node:path';
import { Pipeline } from 'vidpipe';
import { simulated } from 'vidpipe/providers/simulated';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

const [dir = '', id = '', keys = 'keys', leaseMs = '1000'] = process.argv.slice(2);
const pipeline = new Pipeline({
  providers: [
    simulated({ dir: join(dir, 'simulated'), speed: 200, idempotent: keys === 'keys', lookUp: keys === 'look-up' }),
  ],
  events: sqlite(join(dir, 'vidpipe.db')),
  assets: filesystem(join(dir, 'assets')),
  workDir: join(dir, 'work'),
  leaseMs: Number(leaseMs),
});
pipeline.on('event', ({ type }) => console.log(type));
const result = await pipeline.run(id);
console.log(`rest ${result.status}`);
await pipeline.close();
