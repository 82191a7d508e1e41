import { isVidpipeError, type VidpipeError } from '../errors/index.ts';
import { InvalidRequest } from './body.ts';
import { Refusal } from './refusal.ts';

/** Body of every error, as `application/problem+json` (RFC 9457). */
export interface Problem {
  /** `urn:vidpipe:error:<code>`, or the error's page under the handler's `docs`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** Stable: that of the library's error, or one of docs/http.md. */
  readonly code: string;
  readonly detail?: string;
  /** What is wrong with settings, changes, a query or a body, each by its path. */
  readonly issues?: readonly string[];
  /** The error's page in the package. */
  readonly docs: string;
}

/** Errors whose message is for whoever sent the request. All others say nothing of the inside, and those that are not here are 500. */
const TOLD: Readonly<Record<string, number>> = {
  'asset-blocked': 403,
  'asset-not-found': 404,
  'project-not-found': 404,
  'project-deleted': 410,
  'open-calls': 409,
  'stale-plan': 409,
  'seq-conflict': 412,
  'invalid-settings': 422,
  'invalid-change': 422,
  'unknown-model': 422,
  'unknown-remedy': 422,
};

/** Errors whose messages name processes or pools: only their code is told. */
const UNTOLD: Readonly<Record<string, number>> = {
  'lease-held': 409,
  'pool-full': 409,
  'asset-store': 503,
  'cloud-storage': 503,
  'event-store': 503,
  'pipeline-closed': 503,
};

function ofLibrary(error: VidpipeError): Omit<Problem, 'type' | 'title'> {
  const { code, docs, details, message } = error;
  const told = TOLD[code];
  if (told === undefined) return { status: UNTOLD[code] ?? 500, code, docs };
  const issues = details['issues'] as readonly string[] | undefined;
  return { status: told, code, detail: message, ...(issues === undefined ? {} : { issues }), docs };
}

function factsOf(error: unknown): Omit<Problem, 'type' | 'title'> {
  if (isVidpipeError(error)) return ofLibrary(error);
  if (error instanceof Refusal) {
    const { status, code, message: detail } = error;
    return {
      status,
      code,
      detail,
      ...(error instanceof InvalidRequest ? { issues: error.issues } : {}),
      docs: 'docs/http.md',
    };
  }
  return { status: 500, code: 'internal', docs: 'docs/http.md' };
}

/** What an error is to a client. `base`: where the package's `docs` are to be read, `null` for nowhere. */
export function problemOf(error: unknown, base: string | null): Problem {
  const facts = factsOf(error);
  const type = base === null ? `urn:vidpipe:error:${facts.code}` : new URL(facts.docs, base).href;
  return { type, title: facts.code.replaceAll('-', ' '), ...facts };
}

/** The reply that tells of an error. */
export function problemReply(error: unknown, base: string | null): Response {
  const problem = problemOf(error, base);
  const headers = new Headers(error instanceof Refusal ? error.headers : {});
  headers.set('content-type', 'application/problem+json');
  if (problem.status === 503 && !headers.has('retry-after')) headers.set('retry-after', '5');
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}
