import { BadOutputError, DownloadRefusedError, ProviderError, type ProviderErrorKind } from '../errors/index.ts';
import type { MediaRef } from '../spec/index.ts';
import type { Lookup } from './connect.ts';
import { bodyOf, lengthOf } from './download-body.ts';
import { networkFault } from './network.ts';
import { retryAfterMs } from './replies.ts';
import { causedBy, hideSecrets } from './secrets.ts';

/** How a download is guarded. */
export interface DownloadOptions {
  /** Hosts (`storage.example.com`, https only) or origins (`http://127.0.0.1:8000`, `http://gpu:8000`) that are allowed. Only an origin may have an address that is not public. */
  readonly downloads: readonly string[];
  /** A client of your own, for example one of a proxy. It is yours then to check the address that a name leads to, when it connects. @default one that does, with a connection for each request */
  readonly fetch?: typeof fetch | undefined;
  /** Ends the download, also in the middle of its body; its reason is what is thrown. */
  readonly signal: AbortSignal;
  /** @default 20 GiB */
  readonly maxBytes?: number;
  /** Longest wait for an answer, and for the next bytes while they are asked for. @default 60000 */
  readonly stallMs?: number;
  /** Longest time of the whole download, milliseconds. @default 3600000 */
  readonly maxMs?: number;
  /** Finds the addresses of hosts. Not asked when `fetch` is given. @default the system's */
  readonly lookup?: Lookup;
}

type Link = Extract<MediaRef, { readonly url: string }>;

const HOPS = 5;
const MOST = 20 * 1024 ** 3;
/** Shorter values would tear up messages and hide nothing. */
const SHORTEST = 4;

function isNamed({ protocol, host }: URL, downloads: readonly string[]): boolean {
  return downloads.some((each) => each.includes('://') && new URL(each).origin === `${protocol}//${host}`);
}

function check(link: string, from: URL | null, downloads: readonly string[]): URL {
  const url = URL.canParse(link, from?.href) ? new URL(link, from?.href) : null;
  if (url === null) throw new DownloadRefusedError({ host: 'unknown', reason: 'the link is not a URL' });
  const host = url.host === '' ? url.protocol : url.host;
  if (url.username !== '' || url.password !== '')
    throw new DownloadRefusedError({ host, reason: 'the link carries a user' });
  const listed = url.protocol === 'https:' && url.port === '' && downloads.includes(url.hostname);
  if (!listed && !isNamed(url, downloads))
    throw new DownloadRefusedError({ host, reason: 'the host is not in the list' });
  return url;
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

/** One download: its hops, its times and its errors. The queries of links and the values of headers stay out of them. */
class Download {
  readonly #ref: Link;
  readonly #options: DownloadOptions;
  readonly #end: number;
  readonly #first: URL;
  /** The hop that is being asked. */
  #url: URL;
  /** Of the request that is under way. */
  #late = new AbortController();

  constructor(ref: Link, options: DownloadOptions) {
    this.#ref = ref;
    this.#options = options;
    this.#end = performance.now() + (options.maxMs ?? 3_600_000);
    this.#first = check(ref.url, null, options.downloads);
    this.#url = this.#first;
  }

  async open(): Promise<ReadableStream<Uint8Array>> {
    const { maxBytes = MOST } = this.#options;
    const response = await this.#follow({});
    const tooLong = (lengthOf(response) ?? 0) > maxBytes;
    if (!response.ok || response.body === null || tooLong) {
      await response.body?.cancel().catch(() => undefined);
      throw tooLong ? new BadOutputError({ reason: `more than ${maxBytes} bytes` }) : answered(response);
    }
    return bodyOf(response, {
      maxBytes,
      step: (work, what) => this.#step(work, what),
      short: (came, announced) => this.#broken(new Error(`${came} of ${announced} bytes`), 'ended'),
      reopen: (headers) => this.#follow(headers),
    });
  }

  /** Asks the link, and where it leads to, each hop checked. The headers of the reference go to the first origin only, and not back to it from another. */
  async #follow(extra: Readonly<Record<string, string>>): Promise<Response> {
    const { downloads, signal } = this.#options;
    this.#url = this.#first;
    const own = { 'accept-encoding': 'identity' };
    let headers = { ...own, ...this.#ref.headers, ...extra };
    for (let hop = 0; hop <= HOPS; hop += 1) {
      signal.throwIfAborted();
      const response = await this.#step(this.#ask(headers), 'failed');
      const location = response.headers.get('location');
      if (location === null || response.status < 300 || response.status >= 400) return response;
      await response.body?.cancel().catch(() => undefined);
      this.#url = check(location, this.#url, downloads);
      if (this.#url.origin !== this.#first.origin) headers = { ...own, ...extra };
    }
    throw new DownloadRefusedError({ host: this.#url.host, reason: `more than ${HOPS} redirects` });
  }

  async #ask(headers: Readonly<Record<string, string>>): Promise<Response> {
    const { fetch, downloads, lookup, signal: given } = this.#options;
    this.#late = new AbortController();
    const signal = AbortSignal.any([given, this.#late.signal]);
    if (fetch !== undefined) return fetch(this.#url, { redirect: 'manual', headers, signal });
    // Loaded on first use: the clients of Node would cost every import some milliseconds.
    const { get } = await import('./connect.ts');
    return get(this.#url, { headers, signal, anyAddress: isNamed(this.#url, downloads), lookup });
  }

  /** Waits for a part of the work, at most until it stalls, its time is over or it is stopped. */
  async #step<T>(work: Promise<T>, what: string): Promise<T> {
    const { stallMs = 60_000, signal } = this.#options;
    const left = Math.max(0, Math.min(stallMs, this.#end - performance.now()));
    const why = left < stallMs ? 'its time was over' : `nothing came for ${stallMs} ms`;
    let end: (reason: Error) => void = () => undefined;
    const ended = new Promise<never>((_, reject) => {
      end = (reason) => {
        reject(reason);
        this.#late.abort(reason);
      };
    });
    // The connection keeps the process alive, not the wait for it.
    const timer = setTimeout(() => end(new Error(why)), left).unref();
    const stop = (): void => end(signal.reason as Error);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    try {
      return await Promise.race([work, ended]);
    } catch (error) {
      throw this.#broken(error, what);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  /** What is thrown for what a client threw: the signal's reason once it is aborted. */
  #broken(error: unknown, what: string): unknown {
    if (this.#options.signal.aborted) return this.#options.signal.reason;
    if (error instanceof DownloadRefusedError) return error;
    const values = Object.values(this.#ref.headers ?? {}).flatMap((value) => [value, ...value.split(' ').slice(1)]);
    const { host, search } = this.#url;
    const secrets = [search, search.slice(1), ...values].filter((each) => each.length >= SHORTEST);
    const name = hideSecrets(networkFault(error).name, secrets).slice(0, 200);
    const message = `The download from ${host} ${what} (${name}).`;
    return new ProviderError({ kind: 'transient', accepted: 'no', message }, causedBy(error, secrets));
  }
}

/**
 * Opens a result link. Every hop (at most 5 redirects) is checked against the list before it is asked, and the address that its name leads to when the
 * connection is made; the headers of the reference go to the first origin only, and not back to it from another; no error names a query. A body that
 * breaks off is taken up where it stopped (up to 8 times, each after new bytes) if it has a strong `ETag` and the server gives ranges. Its length and
 * MD5 (`x-goog-hash`) are compared where they were told. Throws `DownloadRefusedError` for a link that may not be followed, `BadOutputError` for more
 * bytes than allowed or another checksum, `ProviderError` (accepted `no`) for the rest: 429 is `rate-limited`, 401 `auth`, 408, 425, 5xx and
 * connections that fail, stall or break off `transient`, everything else (403, 404, 410) `lost`.
 */
export async function download(ref: Link, options: DownloadOptions): Promise<ReadableStream<Uint8Array>> {
  return new Download(ref, options).open();
}
