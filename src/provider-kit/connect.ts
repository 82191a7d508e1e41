import type { LookupAddress } from 'node:dns';
import { lookup as resolve } from 'node:dns/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { DownloadRefusedError } from '../errors/index.ts';
import { isPublicAddress } from './addresses.ts';

/** Finds the addresses of a host. */
export type Lookup = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const systemLookup: Lookup = (host) => resolve(host, { all: true });

/** One request that is not followed anywhere. */
export interface Get {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Whether the host may be a neighbour: loopback, private, link-local. */
  readonly anyAddress: boolean;
  /** @default the system's */
  readonly lookup?: Lookup | undefined;
}

const UNPACK: Readonly<Record<string, () => NodeJS.ReadWriteStream>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};
const BODILESS = [204, 205, 304];

/** The addresses of a host. Throws `DownloadRefusedError` where one of them is not public and must be. */
async function addressesOf(
  { host, hostname, origin }: URL,
  { anyAddress, lookup = systemLookup }: Get,
): Promise<LookupAddress[]> {
  const name = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(name);
  const found = family === 0 ? await lookup(name) : [{ address: name, family }];
  const inner = anyAddress ? undefined : found.find(({ address }) => !isPublicAddress(address));
  if (inner !== undefined) {
    const reason = `its address ${inner.address} is not public; a neighbour is named by its origin, ${origin}`;
    throw new DownloadRefusedError({ host, reason });
  }
  return [...found];
}

function responseOf(message: IncomingMessage): Response {
  const { statusCode = 0, rawHeaders } = message;
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  const unpack = UNPACK[headers.get('content-encoding') ?? ''];
  // The failure of the first is the failure of the last, which is read.
  const body = unpack === undefined ? message : pipeline(message, unpack(), () => undefined);
  const bodiless = BODILESS.includes(statusCode);
  if (bodiless) message.resume();
  const stream = bodiless ? null : (Readable.toWeb(body as Readable) as ReadableStream<Uint8Array<ArrayBuffer>>);
  return new Response(stream, { status: statusCode, headers });
}

/** Asks on a connection of its own, to the very addresses that were checked. Rejects with `DownloadRefusedError`, or with what the system says. */
export async function get(url: URL, options: Get): Promise<Response> {
  const { headers, signal } = options;
  const found = await addressesOf(url, options);
  const lookup: LookupFunction = (host, { all }, callback) => {
    const [first] = found;
    if (first === undefined) callback(Object.assign(new Error(`no address of ${host}`), { code: 'ENOTFOUND' }), '');
    else if (all === true) callback(null, found);
    else callback(null, first.address, first.family);
  };
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const message = await new Promise<IncomingMessage>((answered, failed) => {
    request(url, { headers, signal, agent: false, lookup }, answered).on('error', failed).end();
  });
  return responseOf(message);
}
