import { ApiError, errorOf } from './api-error.ts';

/** Where the handler is, and how to ask it. */
export interface ClientOptions {
  /** Address of the handler, with its `basePath`: `https://films.example/api`, or in a page a path: `/api`. */
  readonly baseUrl: string;
  /** Headers of every request, such as `Authorization`; a function is asked each time. @default none */
  readonly headers?: Readonly<Record<string, string>> | (() => HeadersInit | Promise<HeadersInit>);
  /** Whether cookies go along to other origins. @default 'same-origin' */
  readonly credentials?: RequestCredentials;
  /** @default the global one */
  readonly fetch?: typeof fetch;
}

/** What one request sends. */
export interface Sent {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly bytes?: Blob;
  /** Those that are `undefined` are left out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** Sends requests to a handler. */
export class Transport {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** The address of a path. */
  url(path: string, query: Sent['query'] = {}): string {
    const pairs = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [value].flat().map((each): [string, string] => [name, String(each)]),
    );
    const search = pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`;
    return `${this.#options.baseUrl.replace(/\/$/, '')}${path}${search}`;
  }

  /** The reply, whatever it says. Throws `ApiError` without one. */
  async ask(path: string, { method = 'GET', json, bytes, headers = {}, query, signal }: Sent = {}): Promise<Response> {
    const { headers: given = {}, credentials = 'same-origin', fetch: send = fetch } = this.#options;
    const all = new Headers(typeof given === 'function' ? await given() : given);
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) all.set(name, value);
    if (json !== undefined) all.set('content-type', 'application/json');
    const body = json === undefined ? bytes : JSON.stringify(json);
    const init = { method, headers: all, credentials, ...(body === undefined ? {} : { body }) };
    try {
      return await send(this.url(path, query), signal === undefined ? init : { ...init, signal });
    } catch (cause) {
      if (signal?.aborted === true) throw cause;
      throw new ApiError({ detail: 'The server could not be reached.' }, { cause });
    }
  }

  /** The JSON of a reply. Throws `ApiError`. */
  async json<T>(path: string, sent: Sent = {}): Promise<T> {
    const reply = await this.ask(path, sent);
    if (!reply.ok) throw await errorOf(reply);
    return (reply.status === 204 ? undefined : await reply.json()) as T;
  }
}
