import { z } from 'zod';
import { once } from '../project/once.ts';
import type { Action } from './authorize.ts';
import type { Service } from './options.ts';

/** What a route is given when its request is allowed. */
export interface Call<Q = unknown, B = unknown> {
  readonly service: Service;
  readonly request: Request;
  readonly url: URL;
  /** The project that the path names; `''` where it names none. */
  readonly id: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Q;
  readonly body: B;
}

/** One route: what it takes is checked by these schemas, and described by them in the OpenAPI document. */
export interface Route<Q extends z.ZodType = z.ZodType, B extends z.ZodType = z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As OpenAPI writes it: `/projects/{id}`. */
  readonly path: string;
  readonly action: Action;
  readonly summary: string;
  readonly query: () => Q;
  /** `null`: it takes none that the handler reads. */
  readonly body: (() => B) | null;
  /** Media types of a body that goes to the route as it comes. @default none */
  readonly upload?: readonly string[];
  /** Request headers that it heeds, with what they are for. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Its replies but for problems: media type, and what is in it. */
  readonly replies: Readonly<Record<number, { readonly type?: string; readonly what: string }>>;
  handle(call: Call): Promise<Response>;
}

/** What routes write down; a query that they do not name is empty. */
type Written<Q extends z.ZodType, B extends z.ZodType> = Omit<Route<Q, B>, 'handle' | 'query' | 'body'> & {
  readonly query?: () => Q;
  readonly body?: () => B;
  handle(call: Call<z.output<Q>, z.output<B>>): Promise<Response>;
};

/** A query without anything. */
const noQuery = once(() => z.strictObject({}));

/** A route whose `handle` is typed by its schemas. */
export function route<Q extends z.ZodType, B extends z.ZodType>(written: Written<Q, B>): Route {
  return { query: noQuery, body: null, ...written };
}

/** A reply with a JSON body. */
export function json(body: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}
