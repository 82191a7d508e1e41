import type { Logger } from '../spec/index.ts';
import { Refusal } from './refusal.ts';

/** Who else may call: pages of other origins. */
export interface CorsOptions {
  /** Exact origins, as `https://studio.example`, or `['*']`. */
  readonly origins: readonly string[];
  /** Whether cookies are sent along; not with `*`. @default false */
  readonly credentials?: boolean;
}

const LOCAL = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
const METHODS = 'GET, HEAD, POST, PUT, DELETE';
const ASKED = 'authorization, content-type, idempotency-key, if-match, if-none-match, if-range, last-event-id, range';
const SHOWN = 'accept-ranges, content-disposition, content-range, etag, location, retry-after';

function originIssue(origin: string): string | null {
  const url = URL.parse(origin);
  if (url === null || !/^https?:$/.test(url.protocol) || url.origin !== origin)
    return `cors.origins: expected an origin as https://studio.example, without a path, got ${JSON.stringify(origin)}`;
  return null;
}

/** What is wrong with the configuration. */
export function corsIssues({ origins, credentials = false }: CorsOptions): string[] {
  if (origins.includes('*')) {
    if (credentials) return ['cors.origins: * can not be had with credentials; name the origins'];
    return origins.length === 1 ? [] : ['cors.origins: * stands for all; name no others beside it'];
  }
  return origins.flatMap((origin) => originIssue(origin) ?? []);
}

/** Tells of origins of the developer's own machine in production. */
export function warnOfLocal({ origins }: CorsOptions, logger: Logger): void {
  if (process.env['NODE_ENV'] !== 'production') return;
  for (const origin of origins)
    if (LOCAL.test(URL.parse(origin)?.hostname ?? ''))
      logger.warn({ origin }, 'CORS lets pages of the local machine in, in production');
}

/** Whether a page of the request's `Origin` may read the reply. */
function isLetIn(cors: CorsOptions | undefined, origin: string): boolean {
  return cors?.origins.some((each) => each === '*' || each === origin) ?? false;
}

/** Headers that let the page that asks read the reply, if it may. */
export function corsHeaders(cors: CorsOptions | undefined, request: Request): Record<string, string> {
  if (cors === undefined) return {};
  const origin = request.headers.get('origin');
  if (origin === null || !isLetIn(cors, origin)) return { vary: 'origin' };
  return {
    vary: 'origin',
    'access-control-allow-origin': cors.origins.includes('*') ? '*' : origin,
    'access-control-expose-headers': SHOWN,
    ...(cors.credentials === true ? { 'access-control-allow-credentials': 'true' } : {}),
  };
}

/** The reply to a preflight; without permission it lets nobody in. */
export function preflight(cors: CorsOptions | undefined, request: Request): Response {
  const headers = corsHeaders(cors, request);
  const letIn = headers['access-control-allow-origin'] !== undefined;
  const more = { 'access-control-allow-methods': METHODS, 'access-control-allow-headers': ASKED };
  return new Response(null, {
    status: 204,
    headers: { ...headers, ...(letIn ? { ...more, 'access-control-max-age': '600' } : {}) },
  });
}

/** Throws `Refusal` where a page of another origin wants to change something: browsers send such requests without asking first. */
export function assertOrigin(cors: CorsOptions | undefined, request: Request): void {
  const origin = request.headers.get('origin');
  if (origin === null || request.method === 'GET' || request.method === 'HEAD') return;
  const host = request.headers.get('host') ?? new URL(request.url).host;
  if (URL.parse(origin)?.host === host || isLetIn(cors, origin)) return;
  throw new Refusal(403, 'foreign-origin', 'Pages of this origin may not change anything here.');
}
