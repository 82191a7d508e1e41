import { type SocketFault, withFault } from './serve.ts';
import { type ObjectFields, type ObjectResource, StoredObjects } from './storage-objects.ts';
import { list, media } from './storage-reads.ts';
import { json, StorageReply, xmlError } from './storage-replies.ts';
import { type Asked, askedOf, type StorageAction } from './storage-routes.ts';
import { linkFault, signingCredentials, type SigningCredentials } from './storage-signing.ts';
import { Uploads } from './storage-uploads.ts';

/** One line of the log of requests. */
export interface StorageRequest {
  readonly action: StorageAction;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What was answered, faults included. */
  readonly status: number;
}

/** What goes wrong, once or `times`. The socket's faults change how the answer is sent: `{ on: 'upload', resetAt: 'head' }` stores, and loses the answer. */
export interface StorageFault extends SocketFault {
  /** @default every request */
  readonly on?: StorageAction;
  /** @default 1 */
  readonly times?: number;
  /** Answered instead; the request is not carried out unless `done`. */
  readonly status?: number;
  readonly done?: true;
  /** Flips a bit of this byte: of the bytes that are uploaded, else of those that are answered. */
  readonly corruptAt?: number;
}

/** Options of `FakeStorage`. */
export interface FakeStorageOptions {
  /** Keeps the objects, also for the next process. @default in memory */
  readonly folder?: string;
  /** The buckets there are. @default every one that is asked for */
  readonly buckets?: readonly string[];
  /** Whose signed links are good. @default those of `FakeStorage.credentials`, made up */
  readonly credentials?: SigningCredentials;
  /** Milliseconds since 1970. @default the machine's */
  readonly now?: () => number;
}

type Bytes = Uint8Array<ArrayBuffer>;

function spoiled(bytes: Bytes, at: number | undefined): Bytes {
  if (at === undefined || at >= bytes.byteLength) return bytes;
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** The fields of a new object that come from another one. */
function copied({ contentType, metadata }: ObjectResource): ObjectFields {
  return { contentType, ...(metadata === undefined ? {} : { metadata }) };
}

/**
 * Cloud Storage as `@google-cloud/storage` speaks to it: uploads in one request and in chunks, preconditions, checksums, ranges, lists in pages, patch,
 * delete, rewrite, compose and signed links, which are really checked. Serve its `handle` with `serveWeb` and give the client its address as
 * `apiEndpoint`. Nothing asks who you are.
 */
export class FakeStorage {
  /** Every request that was answered, in order. */
  readonly requests: StorageRequest[] = [];
  readonly #options: FakeStorageOptions;
  readonly #now: () => number;
  readonly #objects: StoredObjects;
  readonly #uploads: Uploads;
  #faults: { readonly fault: StorageFault; left: number }[] = [];
  #credentials: SigningCredentials | undefined;

  constructor(options: FakeStorageOptions = {}) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#objects = new StoredObjects(options.folder, this.#now);
    this.#uploads = new Uploads(this.#objects);
    this.#credentials = options.credentials;
  }

  /** Give these to the client, and its signed links are good. */
  get credentials(): SigningCredentials {
    return (this.#credentials ??= signingCredentials());
  }

  /** Adds a fault to the script; of those that fit a request the first is used. */
  fault(fault: StorageFault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** The objects of a bucket, by name. */
  async objects(bucket: string): Promise<readonly ObjectResource[]> {
    await this.#objects.ready();
    return this.#objects.all(bucket).map(({ resource }) => resource);
  }

  /** Stores bytes as a client would, without a request. */
  async store(bucket: string, name: string, bytes: Bytes, fields: ObjectFields = {}): Promise<ObjectResource> {
    await this.#objects.ready();
    return this.#objects.create({ bucket, name }, fields, bytes, new URLSearchParams());
  }

  /** Answers a request; `undefined` for one that is not of Cloud Storage. */
  readonly handle = async (request: Request): Promise<Response | undefined> => {
    const asked = askedOf(request);
    if (asked === undefined) return undefined;
    await this.#objects.ready();
    const fault = this.#nextFault(asked.action);
    const response = await this.#faulty(asked, request, fault);
    const { method, url } = request;
    const path = url.slice(new URL(url).origin.length);
    const headers = Object.fromEntries(request.headers);
    this.requests.push({ action: asked.action, method, path, headers, status: response.status });
    return withFault(fault, response);
  };

  #nextFault(action: StorageAction): StorageFault {
    const next = this.#faults.find(({ fault: { on = action }, left }) => on === action && left > 0);
    if (next === undefined) return {};
    next.left -= 1;
    return next.fault;
  }

  async #faulty(asked: Asked, request: Request, { status, done, corruptAt }: StorageFault): Promise<Response> {
    const instead =
      status === undefined
        ? null
        : new StorageReply(status, 'backendError', `The fault script says ${status}.`).response;
    if (instead !== null && done !== true) return instead;
    const uploading = asked.action === 'upload' || asked.action === 'chunk';
    const spoil = (bytes: Bytes): Bytes => spoiled(bytes, uploading ? corruptAt : undefined);
    const response = await this.#answer(asked, request, spoil).catch((error: unknown) => {
      if (error instanceof StorageReply) return error.response;
      throw error;
    });
    if (instead !== null) return instead;
    if (uploading || corruptAt === undefined || !response.ok) return response;
    return new Response(spoiled(new Uint8Array(await response.arrayBuffer()), corruptAt), response);
  }

  async #answer(asked: Asked, request: Request, spoil: (bytes: Bytes) => Bytes): Promise<Response> {
    const { action, bucket, name, query } = asked;
    if (this.#options.buckets?.includes(bucket) === false)
      throw new StorageReply(404, 'notFound', 'The specified bucket does not exist.');
    if (action === 'upload') return this.#uploads.whole(request, bucket, query, spoil);
    if (action === 'start') return this.#uploads.start(request, bucket, query);
    const session = query.get('upload_id') ?? '';
    if (action === 'cancel') return this.#uploads.cancel(session);
    if (action === 'chunk' || action === 'offset') return this.#uploads.chunk(request, session, spoil);
    if (action === 'list') return list(this.#objects.all(bucket), query);
    if (action === 'link') return this.#link(request, bucket, name);
    if (action === 'compose') return this.#compose(bucket, name, query, await request.json());
    const found = this.#objects.get(bucket, name, action === 'rewrite' ? new URLSearchParams() : query);
    if (action === 'media') return media(found, request);
    if (action === 'fields') return json(found.resource);
    if (action === 'patch') return json(await this.#objects.patch(found, (await request.json()) as ObjectFields));
    if (action === 'rewrite') {
      const to = asked.to ?? { bucket, name };
      const resource = await this.#objects.create(to, copied(found.resource), found.bytes, query);
      const { size } = resource;
      return json({
        kind: 'storage#rewriteResponse',
        done: true,
        totalBytesRewritten: size,
        objectSize: size,
        resource,
      });
    }
    await this.#objects.delete(found);
    return new Response(null, { status: 204 });
  }

  #link(request: Request, bucket: string, name: string): Response {
    const fault = linkFault(request, this.credentials, this.#now());
    if (fault !== null) return fault;
    const found = this.#objects.find(bucket, name);
    return found === undefined
      ? xmlError(404, 'NoSuchKey', 'The specified key does not exist.')
      : media(found, request);
  }

  async #compose(bucket: string, name: string, query: URLSearchParams, body: unknown): Promise<Response> {
    const { sourceObjects, destination = {} } = body as {
      readonly sourceObjects: readonly { readonly name: string }[];
      readonly destination?: ObjectFields;
    };
    const parts = sourceObjects.map((part) => this.#objects.get(bucket, part.name, new URLSearchParams()).bytes);
    return json(await this.#objects.create({ bucket, name }, destination, Buffer.concat(parts), query));
  }
}
