import { createHash, type Hash } from 'node:crypto';
import { BadOutputError } from '../errors/index.ts';

/** Asks for the link again, from an offset on; the answer is not read yet. */
export type Reopen = (headers: Readonly<Record<string, string>>) => Promise<Response>;

/** How a body is read. */
export interface BodyGuard {
  readonly maxBytes: number;
  /** Waits for a step of a download; throws what a caller of it is told, also when it takes too long. */
  step<T>(work: Promise<T>, what: string): Promise<T>;
  /** The error of a body that ends too early. */
  short(came: number, announced: number): unknown;
  readonly reopen: Reopen;
}

/** Breaks of one download after which the rest is asked for. */
const RESUMES = 8;

/** The length that a body must have, where it was announced in bytes that we count. */
export function lengthOf({ headers }: Response): number | null {
  const length = headers.get('content-length') ?? '';
  return /^\d+$/.test(length) && headers.get('content-encoding') === null ? Number(length) : null;
}

/** The MD5 that Cloud Storage tells of the bytes, and what it is compared with. */
function checksumOf({ headers }: Response): { readonly md5: string; readonly hash: Hash } | null {
  const md5 = /md5=([\w+/]+=*)/.exec(headers.get('x-goog-hash') ?? '')?.[1];
  return md5 === undefined || headers.get('content-encoding') !== null ? null : { md5, hash: createHash('md5') };
}

/** What names these very bytes, where the server can give a part of them. */
function resumableAs({ headers }: Response): string | null {
  const etag = headers.get('etag') ?? '';
  const whole = headers.get('content-encoding') !== null || headers.get('accept-ranges') === 'none';
  return !whole && etag.startsWith('"') ? etag : null;
}

/** A body that is counted, hashed where its hash was told, and taken up again where it breaks off. */
class Body {
  readonly #guard: BodyGuard;
  readonly #announced: number | null;
  readonly #checksum: ReturnType<typeof checksumOf>;
  readonly #etag: string | null;
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #size = 0;
  #resumes = 0;
  #resumedAt = 0;

  constructor(response: Response, guard: BodyGuard) {
    this.#guard = guard;
    this.#announced = lengthOf(response);
    this.#checksum = checksumOf(response);
    this.#etag = resumableAs(response);
    this.#reader = (response.body as ReadableStream<Uint8Array>).getReader();
  }

  /** The next bytes; `null` at the end. */
  async next(): Promise<Uint8Array | null> {
    try {
      return await this.#read();
    } catch (error) {
      await this.#resume(error);
      return this.next();
    }
  }

  cancel(reason: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }

  async #read(): Promise<Uint8Array | null> {
    const { done, value } = await this.#guard.step(this.#reader.read(), 'broke off');
    if (done) return this.#end();
    this.#size += value.byteLength;
    if (this.#size > this.#guard.maxBytes)
      throw new BadOutputError({ reason: `more than ${this.#guard.maxBytes} bytes` });
    this.#checksum?.hash.update(value);
    return value;
  }

  #end(): null {
    if (this.#announced !== null && this.#size !== this.#announced)
      throw this.#guard.short(this.#size, this.#announced);
    if (this.#checksum !== null && this.#checksum.hash.digest('base64') !== this.#checksum.md5)
      throw new BadOutputError({ reason: 'the checksum differs' });
    return null;
  }

  /** Opens the rest. Throws the error that broke the body where there is no rest to be had, so that all is asked for again. */
  async #resume(broken: unknown): Promise<void> {
    const [etag, at] = [this.#etag, this.#size];
    const fresh = at > this.#resumedAt && this.#resumes < RESUMES && (this.#announced === null || at < this.#announced);
    if (etag === null || !fresh || broken instanceof BadOutputError) throw broken;
    this.#resumes += 1;
    this.#resumedAt = at;
    this.cancel(broken).catch(() => undefined);
    const rest = await this.#guard.reopen({ range: `bytes=${at}-`, 'if-range': etag }).catch(() => {
      throw broken;
    });
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(rest.headers.get('content-range') ?? '') ?? [];
    const fits = Number(from) === at && (this.#announced === null || Number(total) === this.#announced);
    if (rest.status === 206 && fits && rest.body !== null) this.#reader = rest.body.getReader();
    else {
      await rest.body?.cancel().catch(() => undefined);
      throw broken;
    }
  }
}

/** The body of an answer as a stream that fails where it is longer than allowed, not as announced, or breaks off for good. */
export function bodyOf(response: Response, guard: BodyGuard): ReadableStream<Uint8Array> {
  const body = new Body(response, guard);
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    try {
      const chunk = await body.next();
      if (chunk === null) controller.close();
      else controller.enqueue(chunk);
    } catch (error) {
      controller.error(error);
      body.cancel(error).catch(() => undefined);
    }
  };
  return new ReadableStream({ pull, cancel: (reason) => body.cancel(reason) }, { highWaterMark: 0 });
}
