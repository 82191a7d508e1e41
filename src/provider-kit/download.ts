import { BadOutputError, DownloadRefusedError, ProviderError, type ProviderErrorKind } from '../errors/index.ts';
import type { MediaRef } from '../spec/index.ts';
import { networkFault } from './network.ts';
import { retryAfterMs } from './replies.ts';
import { causedBy, hideSecrets } from './secrets.ts';

/** How a download is guarded. */
export interface DownloadOptions {
  /** Hosts (`storage.example.com`, https only) or origins (`http://127.0.0.1:8000`) that are allowed. */
  readonly downloads: readonly string[];
  /** The `fetch` of the call's options. */
  readonly fetch: typeof fetch;
  /** Ends the download, also in the middle of its body; its reason is what is thrown. */
  readonly signal: AbortSignal;
  /** @default 20 GiB */
  readonly maxBytes?: number;
}

type Link = Extract<MediaRef, { readonly url: string }>;

const HOPS = 5;
const MOST = 20 * 1024 ** 3;
/** Shorter values would tear up messages and hide nothing. */
const SHORTEST = 4;

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
  const host = url.host === '' ? url.protocol : url.host;
  if (url.username !== '' || url.password !== '')
    throw new DownloadRefusedError({ host, reason: 'the link carries a user' });
  if (!allowed(url, downloads)) throw new DownloadRefusedError({ host, reason: 'the host is not in the list' });
  return url;
}

/** Makes the errors of one hop; the queries of links and the values of headers stay out of them. */
interface Teller {
  readonly signal: AbortSignal;
  /** What is thrown for what a client threw: the signal's reason once it is aborted. */
  broken(error: unknown, what: string): unknown;
}

function tellerOf(url: URL, ref: Link, signal: AbortSignal): Teller {
  const values = Object.values(ref.headers ?? {}).flatMap((value) => [value, ...value.split(' ').slice(1)]);
  const secrets = [url.search, url.search.slice(1), ...values].filter((each) => each.length >= SHORTEST);
  const broken = (error: unknown, what: string): unknown => {
    if (signal.aborted) return signal.reason;
    const name = hideSecrets(networkFault(error).name, secrets).slice(0, 200);
    const message = `The download from ${url.host} ${what} (${name}).`;
    return new ProviderError({ kind: 'transient', accepted: 'no', message }, causedBy(error, secrets));
  };
  return { signal, broken };
}

function kindOf(status: number): ProviderErrorKind {
  if (status === 429) return 'rate-limited';
  if (status === 401) return 'auth';
  return status >= 500 || status === 408 || status === 425 ? 'transient' : 'lost';
}

function answered({ status, headers }: Response): ProviderError {
  return new ProviderError({
    kind: kindOf(status),
    accepted: 'no',
    status,
    ...retryAfterMs(headers),
    message: `The download answered ${status}.`,
  });
}

/** The length that a body must have, where it was announced in bytes that we count. */
function lengthOf({ headers }: Response): number | null {
  const length = headers.get('content-length') ?? '';
  return /^\d+$/.test(length) && headers.get('content-encoding') === null ? Number(length) : null;
}

/** The body, which fails where it is longer than allowed, not as long as announced, or breaks off. */
function measured(response: Response, most: number, teller: Teller): ReadableStream<Uint8Array> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const announced = lengthOf(response);
  let size = 0;
  const next = async (): Promise<Uint8Array | null> => {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw teller.broken(error, 'broke off');
    });
    size += value?.byteLength ?? 0;
    if (size > most) throw new BadOutputError({ reason: `more than ${most} bytes` });
    if (done && announced !== null && size !== announced)
      throw teller.broken(new Error(`${size} of ${announced} bytes`), 'ended');
    return done ? null : value;
  };
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    try {
      const chunk = await next();
      if (chunk === null) controller.close();
      else controller.enqueue(chunk);
    } catch (error) {
      controller.error(error);
      reader.cancel(error).catch(() => undefined);
    }
  };
  return new ReadableStream({ pull, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 });
}

async function accepted(response: Response, most: number, teller: Teller): Promise<ReadableStream<Uint8Array>> {
  const tooLong = (lengthOf(response) ?? 0) > most;
  if (response.ok && response.body !== null && !tooLong) return measured(response, most, teller);
  await response.body?.cancel().catch(() => undefined);
  throw tooLong ? new BadOutputError({ reason: `more than ${most} bytes` }) : answered(response);
}

/**
 * Opens a result link. Every hop (at most 5 redirects) is checked against the list before it is asked; the headers of the reference go to the
 * first origin only, and not back to it from another; no error names a query. Throws `DownloadRefusedError` for a link that may not be followed,
 * `BadOutputError` for more bytes than allowed, `ProviderError` (accepted `no`) for the rest: 429 is `rate-limited`, 401 `auth`, 408, 425, 5xx and
 * connections that fail or break off `transient`, everything else (403, 404, 410) `lost`.
 */
export async function download(ref: Link, options: DownloadOptions): Promise<ReadableStream<Uint8Array>> {
  const { downloads, signal, maxBytes = MOST } = options;
  const first = check(ref.url, null, downloads);
  let [url, headers] = [first, { 'accept-encoding': 'identity', ...ref.headers }];
  for (let hop = 0; hop <= HOPS; hop += 1) {
    signal.throwIfAborted();
    const teller = tellerOf(url, ref, signal);
    const response = await options.fetch(url, { redirect: 'manual', headers, signal }).catch((error: unknown) => {
      throw teller.broken(error, 'failed');
    });
    const location = response.headers.get('location');
    if (location === null || response.status < 300 || response.status >= 400)
      return accepted(response, maxBytes, teller);
    await response.body?.cancel().catch(() => undefined);
    url = check(location, url, downloads);
    if (url.origin !== first.origin) headers = { 'accept-encoding': 'identity' };
  }
  throw new DownloadRefusedError({ host: url.host, reason: `more than ${HOPS} redirects` });
}
