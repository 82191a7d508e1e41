import { randomUUID } from 'node:crypto';
import { assertConditions, type ObjectFields, type StoredObjects } from './storage-objects.ts';
import { json, StorageReply } from './storage-replies.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Where an upload goes. */
export interface Target {
  readonly bucket: string;
  readonly name: string;
}

/** Cloud Storage keeps unfinished uploads in whole pieces of this many bytes. */
const PIECE = 262_144;

interface Session {
  readonly target: Target;
  readonly fields: ObjectFields;
  readonly query: URLSearchParams;
  kept: Bytes;
  done: unknown;
}

interface Part {
  readonly type: string;
  readonly bytes: Bytes;
}

/** The parts of a `multipart/related` body. */
function partsOf(body: Bytes, contentType: string): Part[] {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) throw new StorageReply(400, 'badRequest', 'A multipart upload needs a boundary.');
  const buffer = Buffer.from(body);
  const mark = `--${boundary}`;
  const parts: Part[] = [];
  for (let at = buffer.indexOf(mark); at >= 0;) {
    const next = buffer.indexOf(`\r\n${mark}`, at + mark.length);
    const head = buffer.indexOf('\r\n\r\n', at);
    if (next < 0 || head < 0 || head > next) break;
    const type = /content-type:\s*([^\r\n]+)/i.exec(buffer.subarray(at, head).toString())?.[1]?.trim() ?? '';
    parts.push({ type, bytes: new Uint8Array(buffer.subarray(head + 4, next)) });
    at = next + 2;
  }
  if (parts.length !== 2) throw new StorageReply(400, 'badRequest', 'A multipart upload has two parts.');
  return parts;
}

function fieldsOf(text: string): ObjectFields {
  return text.trim() === '' ? {} : (JSON.parse(text) as ObjectFields);
}

/** The checksums of an `x-goog-hash` header, by the names of the resource. */
function announced(headers: Headers): ObjectFields {
  const header = headers.get('x-goog-hash') ?? '';
  const of = (name: string): string | undefined => new RegExp(`${name}=([^,\\s]+)`).exec(header)?.[1];
  const [md5Hash, crc32c] = [of('md5'), of('crc32c')];
  return { ...(md5Hash === undefined ? {} : { md5Hash }), ...(crc32c === undefined ? {} : { crc32c }) };
}

/** A body as far as it comes, and what cut it off. */
async function received(request: Request): Promise<{ readonly bytes: Bytes; readonly cut: Error | undefined }> {
  const chunks: Uint8Array[] = [];
  let cut: Error | undefined;
  try {
    for await (const chunk of request.body ?? []) chunks.push(chunk);
  } catch (error) {
    cut = new Error('The body was cut off.', { cause: error });
  }
  return { bytes: Buffer.concat(chunks), cut };
}

interface Span {
  readonly start: number;
  readonly total: number | null;
  /** The body is the rest of the object, whatever its length. */
  readonly last: boolean;
}

/** `bytes 0-99/100`, `bytes 0-*\/*`; `null` for a question, `bytes *\/*`. */
function spanOf(header: string): Span | null {
  const [, start = '', end = '', total = ''] = /^bytes (\d+|\*)(?:-(\d+|\*))?\/(\d+|\*)$/.exec(header) ?? [];
  if (total === '') throw new StorageReply(400, 'badRequest', `Bad Content-Range: ${header}`);
  const whole = total === '*' ? null : Number(total);
  if (start === '*') return whole === null ? null : { start: whole, total: whole, last: true };
  return { start: Number(start), total: whole, last: end === '*' };
}

/** Takes uploads: in one piece, in two parts, and in many chunks. Sessions are gone with the process. */
export class Uploads {
  readonly #objects: StoredObjects;
  readonly #sessions = new Map<string, Session>();

  constructor(objects: StoredObjects) {
    this.#objects = objects;
  }

  /** An upload of one request. `spoil` may change the bytes on their way. */
  async whole(
    request: Request,
    bucket: string,
    query: URLSearchParams,
    spoil: (bytes: Bytes) => Bytes,
  ): Promise<Response> {
    const contentType = request.headers.get('content-type') ?? '';
    const { bytes, cut } = await received(request);
    if (cut !== undefined) throw cut;
    const parts = query.get('uploadType') === 'multipart' ? partsOf(bytes, contentType) : [];
    const [about, media = { type: contentType, bytes }] = parts;
    const given = fieldsOf(about === undefined ? '' : Buffer.from(about.bytes).toString());
    const typed = media.type === '' ? {} : { contentType: media.type };
    const name = query.get('name') ?? given.name;
    if (name === undefined || name === '') throw new StorageReply(400, 'required', 'An object needs a name.');
    const fields = { ...typed, ...given, ...announced(request.headers) };
    return json(await this.#objects.create({ bucket, name }, fields, spoil(media.bytes), query));
  }

  /** Opens a session and tells its link. */
  async start(request: Request, bucket: string, query: URLSearchParams): Promise<Response> {
    const given = fieldsOf(await request.text());
    const name = query.get('name') ?? given.name ?? '';
    assertConditions(query, this.#objects.find(bucket, name));
    const contentType = request.headers.get('x-upload-content-type');
    const fields = { ...given, ...(contentType === null ? {} : { contentType }) };
    const id = randomUUID();
    this.#sessions.set(id, { target: { bucket, name }, fields, query, kept: new Uint8Array(), done: null });
    const link = new URL(request.url);
    link.search = new URLSearchParams({ uploadType: 'resumable', name, upload_id: id }).toString();
    return new Response(null, { headers: { location: link.href, 'x-guploader-uploadid': id } });
  }

  /** A chunk of a session, or the question how far it is. */
  async chunk(request: Request, id: string, spoil: (bytes: Bytes) => Bytes): Promise<Response> {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new StorageReply(404, 'notFound', 'The upload session is gone.');
    const { bytes, cut } = await received(request);
    const span = spanOf(request.headers.get('content-range') ?? `bytes 0-*/*`);
    if (session.done === null && span !== null) {
      const { start, total, last } = span;
      if (start > session.kept.byteLength)
        throw new StorageReply(503, 'backendError', 'Bytes before these are missing.');
      const all = Buffer.concat([session.kept.subarray(0, start), spoil(bytes)]);
      const whole = cut === undefined && (total === null ? last : all.byteLength === total);
      session.kept = whole ? all : all.subarray(0, all.byteLength - (all.byteLength % PIECE));
      const fields = { ...session.fields, ...announced(request.headers) };
      if (whole) session.done = await this.#objects.create(session.target, fields, all, session.query);
    }
    if (cut !== undefined) throw cut;
    if (session.done !== null) return json(session.done);
    const { byteLength } = session.kept;
    return new Response(null, { status: 308, headers: byteLength === 0 ? {} : { range: `bytes=0-${byteLength - 1}` } });
  }

  /** Gives a session up. */
  cancel(id: string): Response {
    this.#sessions.delete(id);
    return new Response(null, { status: 499 });
  }
}
