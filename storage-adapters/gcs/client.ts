import type { Readable, Writable } from 'node:stream';
import { MissingPackageError } from 'vidpipe/storage';

/** The fields of an object that the store reads. Cloud Storage has a `size` as text. */
export interface ObjectMetadata {
  readonly name?: string;
  readonly size?: string | number;
  readonly md5Hash?: string;
  readonly generation?: string | number;
  readonly metageneration?: string | number;
  readonly updated?: string;
}

/** Of which generation an object must be, and with which of its fields' versions. */
export interface Preconditions {
  readonly ifGenerationMatch?: string | number;
  readonly ifMetagenerationMatch?: string | number;
}

/** An object, as the official client gives it. */
export interface StorageFile {
  /** Changes the requests of this object. */
  readonly interceptors: { request?(options: object): object }[];
  readonly metadata: ObjectMetadata;
  getMetadata(): Promise<readonly [ObjectMetadata, ...unknown[]]>;
  setMetadata(fields: { metadata: Record<string, string> }, options: Preconditions): Promise<unknown>;
  delete(options: Preconditions): Promise<unknown>;
  createReadStream(options: { validation: false; decompress: false; start?: number; end?: number }): Readable;
  createWriteStream(options: {
    resumable: boolean;
    chunkSize: number;
    validation: false;
    metadata: { contentType: string; md5Hash: string };
    preconditionOpts: Preconditions;
  }): Writable;
  getSignedUrl(options: { version: 'v4'; action: 'read'; expires: number }): Promise<readonly [string, ...unknown[]]>;
}

/** What the store calls of the official client; a `Storage` of `@google-cloud/storage` fits. */
export interface StorageClient {
  bucket(name: string): {
    file(name: string): StorageFile;
    getFiles(query: {
      prefix: string;
      autoPaginate: false;
      maxResults: number;
      pageToken?: string;
    }): Promise<readonly [readonly StorageFile[], { readonly pageToken?: string } | null, ...unknown[]]>;
  };
}

/** How a client of the official package is made, unless one is given. For keys its auth library prints that it would rather have an auth client: give a `storage` of your own then. */
export interface ClientOptions {
  /** @default that of the credentials */
  readonly projectId?: string;
  /** Path of a service account's key file. @default the application default credentials */
  readonly keyFilename?: string;
  /** A service account's key, instead of its file. */
  readonly credentials?: { readonly client_email: string; readonly private_key: string };
  /** @default `https://storage.googleapis.com` */
  readonly apiEndpoint?: string;
}

/** Begins to read, and resolves when the answer begins. */
export async function openRead(
  file: StorageFile,
  range: { readonly start?: number; readonly end?: number },
): Promise<Readable> {
  // Two faults of the client (8.4.0): a read that it repeats leaves a rejection that nobody can handle, which ends the process; and a
  // read that is given up closes the connections of its agent, those of other requests too. So one try each, and not on its agent.
  file.interceptors.push({ request: (options) => ({ ...options, maxRetries: 0, forever: false }) });
  const stream = file.createReadStream({ validation: false, decompress: false, ...range });
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once('response', ({ statusCode }: { statusCode: number }) => {
      if (statusCode < 300) resolve(stream);
    });
    stream.read(0);
  });
}

/** Makes a client. Throws `MissingPackageError`. */
export async function loadClient(options: ClientOptions): Promise<StorageClient> {
  try {
    const { Storage } = await import('@google-cloud/storage');
    return new Storage(options);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new MissingPackageError({ package: '@google-cloud/storage', neededBy: 'gcs()' }, { cause });
  }
}
