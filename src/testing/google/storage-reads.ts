import type { ObjectResource, StoredObject } from './storage-objects.ts';
import { json, StorageReply } from './storage-replies.ts';

/** The first and last byte that a `Range` names, `null` for all of them. Throws 416 for none. */
function rangeOf(header: string | null, size: number): { readonly start: number; readonly end: number } | null {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return null;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (start > end) throw new StorageReply(416, 'requestedRangeNotSatisfiable', 'Request range not satisfiable');
  return { start, end };
}

/** The bytes of an object, or a range of them. */
export function media({ resource, bytes }: StoredObject, request: Request): Response {
  const etag = `"${resource.etag}"`;
  const [header, only] = [request.headers.get('range'), request.headers.get('if-range')];
  const range = only === null || only === etag ? rangeOf(header, bytes.byteLength) : null;
  const { start, end } = range ?? { start: 0, end: bytes.byteLength - 1 };
  const headers = {
    'content-type': resource.contentType,
    'content-length': String(end - start + 1),
    'accept-ranges': 'bytes',
    etag,
    'x-goog-generation': resource.generation,
    'x-goog-metageneration': resource.metageneration,
    'x-goog-hash': `crc32c=${resource.crc32c},md5=${resource.md5Hash}`,
    'x-goog-stored-content-encoding': 'identity',
    'x-goog-stored-content-length': resource.size,
    ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${bytes.byteLength}` }),
  };
  const body = request.method === 'HEAD' ? null : bytes.subarray(start, end + 1);
  return new Response(body, { status: range === null ? 200 : 206, headers });
}

const MOST = 1000;

/** A page of the objects of a bucket, by name; what lies behind a delimiter is told by its prefix only. */
export function list(objects: readonly StoredObject[], query: URLSearchParams): Response {
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const after = Buffer.from(query.get('pageToken') ?? '', 'base64').toString();
  const most = Math.min(Number(query.get('maxResults') ?? MOST), MOST);
  const rows = new Map<string, ObjectResource | null>();
  for (const { resource } of objects) {
    const { name } = resource;
    if (!name.startsWith(prefix)) continue;
    const at = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    const row = at < 0 ? name : name.slice(0, at + delimiter.length);
    if (row <= after || rows.has(row)) continue;
    rows.set(row, at < 0 ? resource : null);
    if (rows.size > most) break;
  }
  const page = [...rows].slice(0, most);
  const last = page.at(-1)?.[0] ?? '';
  return json({
    kind: 'storage#objects',
    items: page.flatMap(([, resource]) => resource ?? []),
    prefixes: page.flatMap(([name, resource]) => (resource === null ? name : [])),
    ...(rows.size > most ? { nextPageToken: Buffer.from(last).toString('base64') } : {}),
  });
}
