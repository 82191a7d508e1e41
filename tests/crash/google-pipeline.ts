import { join } from 'node:path';
import { Pipeline } from 'vidpipe';
import type { Provider } from 'vidpipe/provider';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';

/** A pipeline with its stores under `dir`. */
export function googlePipeline(dir: string, provider: Provider): Pipeline {
  return new Pipeline({
    providers: [provider],
    events: sqlite(join(dir, 'vidpipe.db')),
    assets: filesystem(join(dir, 'assets')),
    workDir: join(dir, 'work'),
    leaseMs: 1000,
  });
}
