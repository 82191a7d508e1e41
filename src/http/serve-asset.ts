import type { AssetHandle } from '../engine/asset-handle.ts';
import { conditionOf, partOf } from './range.ts';
import { Refusal } from './refusal.ts';

/** Types that a browser may show; all others are saved as bytes. By what the bytes were probed to be. */
const SHOWN: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'video/quicktime': 'mov',
  'application/json': 'json',
};

/** Controls, path separators, quotes, and marks that turn the direction of text. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f"\\/\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** `Content-Disposition` of a download (RFC 6266, RFC 8187), safe whatever the name. */
function attachment(name: string): string {
  const safe = name.toWellFormed().replace(UNSAFE, '_');
  const plain = safe.replace(/[^ -~]|[%']/g, '_');
  const encoded = encodeURIComponent(safe).replace(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** How bytes are shown. */
export interface Showing {
  /** Name to be saved under; `null`: shown in place. */
  readonly download: string | null;
  /** They are always these: their address has their digest. */
  readonly immutable: boolean;
  /** Pages of other origins may embed them. */
  readonly embeddable: boolean;
  /** Life of a link of the store; 0: none is made. */
  readonly redirectSeconds: number;
}

function headersOf({ digest, mediaType }: AssetHandle, { download, immutable, embeddable }: Showing): Headers {
  const extension = SHOWN[mediaType];
  const name = download ?? (extension === undefined ? digest.slice(0, 19) : null);
  return new Headers({
    etag: `"${digest}"`,
    'cache-control': immutable ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    'content-type': extension === undefined ? 'application/octet-stream' : mediaType,
    'content-disposition': name === null ? 'inline' : attachment(name),
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': embeddable ? 'cross-origin' : 'same-origin',
  });
}

/** The same bytes; fails where they are not as many as were announced, since the client would wait for the rest for ever. */
function exactly(body: ReadableStream<Uint8Array>, length: number): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let left = length;
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await reader.read();
      left -= value?.byteLength ?? 0;
      if (left < 0 || (done && left > 0)) throw new Error('the store has other bytes than those of the log');
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** Sends a part of the bytes, or all. They were verified when they were stored: all of them are read as a range too, which no store hashes again. */
async function send(asset: AssetHandle, request: Request, headers: Headers): Promise<Response> {
  const { digest, size } = asset;
  const isHead = request.method === 'HEAD';
  if (size === null) return new Response(isHead ? null : await asset.stream(), { headers });
  headers.set('accept-ranges', 'bytes');
  const part = partOf(request, `"${digest}"`, size);
  if (part === 'none')
    throw new Refusal(416, 'range-not-satisfiable', 'The range holds no byte.', { 'content-range': `bytes */${size}` });
  const { start, end } = part === 'all' ? { start: 0, end: size - 1 } : part;
  const length = end - start + 1;
  headers.set('content-length', String(length));
  if (part !== 'all') headers.set('content-range', `bytes ${start}-${end}/${size}`);
  const body = isHead || length === 0 ? null : exactly(await asset.stream({ start, end }), length);
  return new Response(body, { status: part === 'all' ? 200 : 206, headers });
}

/** Answers a read of bytes that may be shown: whole, in part, not at all as they are known already, or from the store itself. */
export async function serveAsset(asset: AssetHandle, request: Request, showing: Showing): Promise<Response> {
  const headers = headersOf(asset, showing);
  const condition = conditionOf(request, `"${asset.digest}"`);
  if (condition === 412) throw new Refusal(412, 'precondition-failed', 'The bytes have another ETag.');
  if (condition === 304) {
    headers.delete('content-type');
    return new Response(null, { status: 304, headers });
  }
  const url = showing.redirectSeconds > 0 ? await asset.url(showing.redirectSeconds) : null;
  if (url !== null) return new Response(null, { status: 302, headers: { location: url, 'cache-control': 'no-store' } });
  return send(asset, request, headers);
}
