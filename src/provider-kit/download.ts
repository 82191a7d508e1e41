import { BadOutputError, DownloadRefusedError, ProviderError } from '../errors/index.ts';
import type { MediaRef } from '../spec/index.ts';

/** How a download is guarded. */
export interface DownloadOptions {
  /** Hosts (`storage.example.com`, https only) or origins (`http://127.0.0.1:8000`) that are allowed. */
  readonly downloads: readonly string[];
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** @default 20 GiB */
  readonly maxBytes?: number;
}

const HOPS = 5;
const MOST = 20 * 1024 ** 3;

function allowed(url: URL, downloads: readonly string[]): boolean {
  const origin = `${url.protocol}//${url.host}`;
  return downloads.some((each) =>
    each.includes('://')
      ? new URL(each).origin === origin
      : url.protocol === 'https:' && url.port === '' && url.hostname === each,
  );
}

function check(link: string, from: URL | null, downloads: readonly string[]): URL {
  const url = URL.canParse(link, from?.href) ? new URL(link, from?.href) : null;
  if (url === null) throw new DownloadRefusedError({ host: 'unknown', reason: 'the link is not a URL' });
  if (url.username !== '' || url.password !== '')
    throw new DownloadRefusedError({ host: url.host, reason: 'the link carries a user' });
  if (!allowed(url, downloads))
    throw new DownloadRefusedError({ host: url.host, reason: 'the host is not in the list' });
  return url;
}

/** Errors the stream that is longer than allowed, or shorter than declared. */
function measured(body: ReadableStream<Uint8Array>, declared: number | null, most: number): ReadableStream<Uint8Array> {
  let size = 0;
  const meter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size > most) throw new BadOutputError({ reason: `more than ${most} bytes` });
      controller.enqueue(chunk);
    },
    flush() {
      if (declared !== null && size !== declared)
        throw new ProviderError({
          kind: 'transient',
          accepted: 'no',
          message: `The download ended after ${size} of ${declared} bytes.`,
        });
    },
  });
  return body.pipeThrough(meter);
}

/** Opens a result link: allow-list on every hop, headers for the first origin only, no automatic redirects. Throws `DownloadRefusedError`, `ProviderError`. */
export async function download(
  ref: Extract<MediaRef, { readonly url: string }>,
  options: DownloadOptions,
): Promise<ReadableStream<Uint8Array>> {
  const first = check(ref.url, null, options.downloads);
  let url = first;
  for (let hop = 0; hop <= HOPS; hop += 1) {
    const headers = url.origin === first.origin ? { ...ref.headers } : {};
    const response = await options.fetch(url, { redirect: 'manual', headers, signal: options.signal });
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      url = check(location, url, options.downloads);
      continue;
    }
    if (!response.ok || response.body === null)
      throw new ProviderError({
        kind: response.status >= 500 ? 'transient' : 'lost',
        accepted: 'no',
        status: response.status,
        message: `The download answered ${response.status}.`,
      });
    const length = response.headers.get('content-length');
    const encoded = response.headers.get('content-encoding') !== null;
    return measured(response.body, length === null || encoded ? null : Number(length), options.maxBytes ?? MOST);
  }
  throw new DownloadRefusedError({ host: url.host, reason: `more than ${HOPS} redirects` });
}
