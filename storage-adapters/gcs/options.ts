import { InvalidSettingsError } from 'vidpipe/storage';
import type { ClientOptions, StorageClient } from './client.ts';

/** Options of `gcs`. */
export interface GcsOptions extends ClientOptions {
  /** Name of a bucket that exists. */
  readonly bucket: string;
  /** Folder of the assets in the bucket. @default the whole bucket */
  readonly prefix?: string;
  /** A client of your own, used as it is, instead of the options that make one. */
  readonly storage?: StorageClient;
  /** Whether there is `url`, which needs credentials that can sign. @default true */
  readonly signedUrls?: boolean;
}

const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;

const OF_CLIENT = ['projectId', 'keyFilename', 'credentials', 'apiEndpoint'] as const;

function issuesOf(options: GcsOptions): string[] {
  const { bucket, prefix, storage } = options;
  const both = storage === undefined ? [] : OF_CLIENT.filter((name) => options[name] !== undefined);
  return [
    ...(BUCKET.test(bucket)
      ? []
      : [`bucket: expected a name such as my-films, without gs://, got ${JSON.stringify(bucket)}`]),
    ...(prefix === undefined || /^[^/]+(\/[^/]+)*$/.test(prefix)
      ? []
      : [`prefix: expected a folder such as films/assets, got ${JSON.stringify(prefix)}`]),
    ...both.map((name) => `${name}: belongs to a client that is made here, and storage was given`),
  ];
}

/** Throws `InvalidSettingsError` that names each option. */
export function assertOptions(options: GcsOptions): void {
  const issues = issuesOf(options);
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
}
