import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checksums } from './storage-checksums.ts';
import { StorageReply } from './storage-replies.ts';

/** What a client may set of an object. */
export interface ObjectFields {
  /** Where the query does not tell it. */
  readonly name?: string;
  /** @default `application/octet-stream` */
  readonly contentType?: string;
  /** Base64; compared with the bytes. */
  readonly md5Hash?: string;
  /** Base64; compared with the bytes. */
  readonly crc32c?: string;
  /** The user's own fields. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An object as the JSON API shows it. */
export interface ObjectResource extends ObjectFields {
  readonly bucket: string;
  readonly name: string;
  readonly generation: string;
  readonly metageneration: string;
  readonly size: string;
  readonly md5Hash: string;
  readonly crc32c: string;
  readonly contentType: string;
  readonly timeCreated: string;
  readonly updated: string;
  readonly etag: string;
}

/** An object and its bytes. */
export interface StoredObject {
  readonly resource: ObjectResource;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const CONDITIONS = [
  ['ifGenerationMatch', 'generation', true],
  ['ifGenerationNotMatch', 'generation', false],
  ['ifMetagenerationMatch', 'metageneration', true],
  ['ifMetagenerationNotMatch', 'metageneration', false],
] as const;

/** Throws 412 where a precondition of the query does not hold; a generation of 0 stands for no object. */
export function assertConditions(query: URLSearchParams, found: StoredObject | undefined): void {
  for (const [name, field, wanted] of CONDITIONS) {
    const value = query.get(name);
    if (value !== null && (value === (found?.resource[field] ?? '0')) !== wanted)
      throw new StorageReply(412, 'conditionNotMet', `At least one of the pre-conditions did not hold: ${name}.`);
  }
}

function withEtag(resource: Omit<ObjectResource, 'etag'>): ObjectResource {
  const etag = Buffer.from(`${resource.generation}/${resource.metageneration}`).toString('base64');
  return { ...resource, etag };
}

const keyOf = (bucket: string, name: string): string => `${bucket}/${name}`;

/** The objects of all buckets: in memory, and in a folder where one is given. */
export class StoredObjects {
  readonly #folder: string | undefined;
  readonly #now: () => number;
  readonly #objects = new Map<string, StoredObject>();
  #loaded: Promise<void> | undefined;
  #last = 0;

  constructor(folder: string | undefined, now: () => number) {
    this.#folder = folder;
    this.#now = now;
  }

  /** Reads the folder, once. */
  ready(): Promise<void> {
    return (this.#loaded ??= this.#load());
  }

  find(bucket: string, name: string): StoredObject | undefined {
    return this.#objects.get(keyOf(bucket, name));
  }

  /** The object. Throws 404 where there is none, 412 where a precondition fails. */
  get(bucket: string, name: string, query: URLSearchParams): StoredObject {
    const found = this.find(bucket, name);
    const generation = query.get('generation');
    if (found === undefined || (generation !== null && generation !== found.resource.generation))
      throw new StorageReply(404, 'notFound', `No such object: ${keyOf(bucket, name)}`);
    assertConditions(query, found);
    return found;
  }

  /** Those of a bucket, by name. */
  all(bucket: string): StoredObject[] {
    return [...this.#objects.values()]
      .filter(({ resource }) => resource.bucket === bucket)
      .sort((a, b) => (a.resource.name < b.resource.name ? -1 : 1));
  }

  /** Stores a new generation. Throws 412 where a precondition fails, 400 where a checksum is not that of the bytes. */
  async create(
    { bucket, name }: { readonly bucket: string; readonly name: string },
    fields: ObjectFields,
    bytes: Uint8Array<ArrayBuffer>,
    query: URLSearchParams,
  ): Promise<ObjectResource> {
    assertConditions(query, this.find(bucket, name));
    const sums = checksums(bytes);
    for (const field of ['md5Hash', 'crc32c'] as const) {
      const [given, sum] = [fields[field], sums[field]];
      if (given !== undefined && given !== sum)
        throw new StorageReply(400, 'invalid', `Provided ${field} "${given}" doesn't match calculated "${sum}".`);
    }
    const at = new Date(this.#now()).toISOString();
    this.#last = Math.max(this.#last + 1, this.#now() * 1000);
    const generation = String(this.#last);
    const { contentType = 'application/octet-stream' } = fields;
    const made = { kind: 'storage#object', id: `${bucket}/${name}/${generation}`, bucket, name, generation };
    const facts = { ...sums, contentType, size: String(bytes.byteLength), timeCreated: at, updated: at };
    return this.#keep({ resource: withEtag({ ...fields, ...made, ...facts, metageneration: '1' }), bytes });
  }

  /** Changes fields; of `metadata`, the keys that are given. */
  async patch(found: StoredObject, fields: ObjectFields): Promise<ObjectResource> {
    const metageneration = String(Number(found.resource.metageneration) + 1);
    const { etag: _, ...resource } = found.resource;
    const metadata = { ...resource.metadata, ...fields.metadata };
    const changed = { ...resource, ...fields, metadata, metageneration, updated: new Date(this.#now()).toISOString() };
    return this.#keep({ resource: withEtag(changed), bytes: found.bytes });
  }

  async delete({ resource }: StoredObject): Promise<void> {
    const { bucket, name } = resource;
    this.#objects.delete(keyOf(bucket, name));
    if (this.#folder !== undefined) await rm(this.#place(bucket, name), { force: true });
  }

  #place(bucket: string, name: string): string {
    return join(this.#folder ?? '', createHash('sha256').update(keyOf(bucket, name)).digest('hex'));
  }

  /** One file of an object: a line of JSON, then the bytes. It appears whole. */
  async #keep(stored: StoredObject): Promise<ObjectResource> {
    const { resource, bytes } = stored;
    this.#objects.set(keyOf(resource.bucket, resource.name), stored);
    if (this.#folder !== undefined) {
      const place = this.#place(resource.bucket, resource.name);
      const temp = `${place}.${resource.generation}.${resource.metageneration}.part`;
      await writeFile(temp, [`${JSON.stringify(resource)}\n`, bytes]);
      await rename(temp, place);
    }
    return resource;
  }

  async #load(): Promise<void> {
    if (this.#folder === undefined) return;
    await mkdir(this.#folder, { recursive: true });
    for (const file of await readdir(this.#folder)) {
      if (!/^[0-9a-f]{64}$/.test(file)) continue;
      const content = await readFile(join(this.#folder, file));
      const end = content.indexOf('\n');
      const resource = JSON.parse(content.subarray(0, end).toString()) as ObjectResource;
      this.#last = Math.max(this.#last, Number(resource.generation));
      this.#objects.set(keyOf(resource.bucket, resource.name), {
        resource,
        bytes: new Uint8Array(content.subarray(end + 1)),
      });
    }
  }
}
