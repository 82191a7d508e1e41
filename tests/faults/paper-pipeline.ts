import { join } from 'node:path';
import { Pipeline, type PipelineOptions } from 'vidpipe';
import { filesystem } from 'vidpipe/storage-adapters/filesystem';
import { sqlite } from 'vidpipe/storage-adapters/sqlite';
import { paperMedia } from 'vidpipe/testing';
import type { Keys } from '../soak/world.ts';
import { paperProvider } from './paper-provider.ts';

/** The folders of a project on disk, and the service that its models ask. */
export interface PaperPlace {
  /** For the database. */
  readonly database: string;
  /** For assets. */
  readonly assets: string;
  /** For bytes under way. */
  readonly work: string;
  readonly url: string;
  readonly keys: Keys;
  /** Bytes that must be free before anything is bought. @default 0 */
  readonly minFreeBytes?: number;
}

/** A pipeline on the real file and SQLite adapters; pictures, clips and films are paper. */
export function paperPipeline(
  { database, assets, work, url, keys, minFreeBytes = 0 }: PaperPlace,
  more: Partial<PipelineOptions> = {},
): Pipeline {
  return new Pipeline({
    providers: [paperProvider(url, keys)],
    events: sqlite(join(database, 'vidpipe.db')),
    assets: filesystem(join(assets, 'assets')),
    workDir: join(work, 'work'),
    media: paperMedia(),
    leaseMs: 1_000,
    minFreeBytes,
    ...more,
  });
}
