import type { MediaRef } from 'vidpipe/provider';
import type { ModelFaultKind } from './faults.ts';
import { SECRETS } from './secrets.ts';

/** The only host that results are fetched from. */
export const FILES_HOST = 'files.world.test';

interface Linked {
  readonly bytes: Uint8Array;
  readonly fault: ModelFaultKind | null;
  asked: number;
}

/** Faults that only a delivery by link can have. */
export const LINK_FAULTS: readonly ModelFaultKind[] = ['download-fails', 'download-cut', 'link-expired'];

/** Answers 503 so often before the bytes come. */
const FAILURES = 3;

/** Ends half way, without a word. */
function half(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(bytes.subarray(0, bytes.byteLength >> 1));
      controller.close();
    },
  });
}

/** Results that the service delivers by signed link. */
export class LinkedResults {
  readonly #results = new Map<string, Linked>();

  /** A link to bytes of a call, of which `fault` says how they are fetched. */
  link(callId: string, bytes: Uint8Array, fault: ModelFaultKind | null): MediaRef {
    const path = `/${callId}/${this.#results.size}`;
    this.#results.set(path, { bytes, fault, asked: 0 });
    const url = `https://${FILES_HOST}${path}?signature=${SECRETS.signature}`;
    return { url, headers: { authorization: `Bearer ${SECRETS.token}` } };
  }

  /** One request for a result. */
  answer(url: URL, headers: Headers): Response {
    const linked = this.#results.get(url.pathname);
    const signed = url.searchParams.get('signature') === SECRETS.signature;
    const known = headers.get('authorization') === `Bearer ${SECRETS.token}`;
    if (linked === undefined || !signed || !known) return new Response('nothing for you', { status: 404 });
    const { bytes, fault } = linked;
    linked.asked += 1;
    if (fault === 'link-expired') return new Response('expired', { status: 403 });
    if (fault === 'download-fails' && linked.asked <= FAILURES) return new Response('later', { status: 503 });
    const body = fault === 'download-cut' && linked.asked === 1 ? half(bytes) : bytes.slice();
    return new Response(body, { headers: { 'content-length': String(bytes.byteLength) } });
  }
}
