import { addRoute, createRouter, findRoute } from 'rou3';
import type { Pipeline } from '../pipeline.ts';
import { Turned } from './authorize.ts';
import { assertOrigin, corsHeaders, preflight } from './cors.ts';
import { type HandlerOptions, type Service, serviceOf } from './options.ts';
import { type Found, perform } from './perform.ts';
import { problemOf, problemReply } from './problem.ts';
import { Refusal } from './refusal.ts';
import type { Route } from './route.ts';
import { allRoutes } from './routes/index.ts';

type Router = ReturnType<typeof createRouter<Route>>;

/** A web-standard request handler. It answers every request and never rejects. */
export type Handler = (request: Request) => Promise<Response>;

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];

function routerOf(routes: readonly Route[]): Router {
  const router = createRouter<Route>();
  for (const route of routes) addRoute(router, route.method, route.path.replace(/\{(\w+)\}/g, ':$1'), route);
  return router;
}

/** The path below `basePath`. Throws `Refusal` (404) for one outside. */
function pathBelow(url: URL, basePath: string): string {
  if (url.pathname.startsWith(`${basePath}/`)) return url.pathname.slice(basePath.length);
  throw new Refusal(404, 'not-found', 'There is nothing here.');
}

/** The route of a request. Throws `Refusal`: 404, 405. */
function find(router: Router, method: string, path: string): Found {
  const at = (each: string) => findRoute(router, each, path);
  const found = at(method === 'HEAD' ? 'GET' : method);
  if (found !== undefined) return { route: found.data, params: { ...found.params } };
  const allowed = METHODS.filter((each) => at(each) !== undefined);
  if (allowed.length === 0) throw new Refusal(404, 'not-found', 'There is nothing here.');
  const allow = [...allowed, ...(allowed.includes('GET') ? ['HEAD'] : [])].join(', ');
  throw new Refusal(405, 'method-not-allowed', `The methods of this path are ${allow}.`, { allow });
}

/** The problem that an error is; the log is told of what clients see as a bare 5xx. */
function failure({ logger, docs }: Service, request: Request, error: unknown): Response {
  const { status, code } = problemOf(error, null);
  if (status >= 500 && !(error instanceof Refusal)) {
    const { pathname } = new URL(request.url);
    logger?.error({ method: request.method, path: pathname, code, error: String(error) }, 'a request failed');
  }
  return problemReply(error, docs ?? null);
}

async function answer(service: Service, router: Router, request: Request): Promise<Response> {
  try {
    const url = new URL(request.url);
    const path = pathBelow(url, service.basePath ?? '');
    if (request.method === 'OPTIONS') return preflight(service.cors, request);
    service.rate?.take(request);
    assertOrigin(service.cors, request);
    return await perform(service, request, url, find(router, request.method, path));
  } catch (error) {
    return error instanceof Turned ? error.reply : failure(service, request, error);
  }
}

/** The reply with what all replies have; a HEAD has no body, and what was opened for it is closed. */
async function dressed(service: Service, request: Request, response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  const defaults = {
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
  for (const [name, value] of Object.entries(defaults)) if (!headers.has(name)) headers.set(name, value);
  for (const [name, value] of Object.entries(corsHeaders(service.cors, request))) headers.append(name, value);
  const { status } = response;
  if (request.method !== 'HEAD') return new Response(response.body, { status, headers });
  await response.body?.cancel();
  return new Response(null, { status, headers });
}

/**
 * A handler of HTTP requests over a pipeline, for any server that speaks in `Request` and `Response`; `toNodeHandler` mounts it in those that do not.
 * The pipeline stays yours to close, after `signal` has ended the event streams. Throws `InvalidSettingsError`.
 */
export function createHandler(pipeline: Pipeline, options: HandlerOptions): Handler {
  const service = serviceOf(pipeline, options);
  const router = routerOf(allRoutes());
  return async (request) => {
    try {
      return await dressed(service, request, await answer(service, router, request));
    } catch (error) {
      // A reply of `authorize` that was given before: its body is used up.
      return dressed(service, request, failure(service, request, error));
    }
  };
}
