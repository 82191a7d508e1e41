import {
  type Blocked,
  causedBy,
  type Failed,
  fetchError,
  hideSecrets,
  ProviderError,
  replyError,
} from 'vidpipe/provider';
import { readRefusal } from './safety.ts';

/** google.rpc.Status, as replies and operations carry it. Every field may be missing. */
export interface RpcError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly status?: unknown;
  readonly details?: unknown;
}

const MOST_MESSAGE = 2_000;

const shown = (text: string): string => hideSecrets(text).slice(0, MOST_MESSAGE);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The error that a body holds: an object, or a list with one, as front ends answer. */
function rpcErrorOf(body: string): RpcError | null {
  try {
    const parsed: unknown = JSON.parse(body);
    const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    const error = isObject(first) ? first['error'] : null;
    return isObject(error) ? error : null;
  } catch {
    return null;
  }
}

function detailsOf({ details }: RpcError): Readonly<Record<string, unknown>>[] {
  return Array.isArray(details) ? details.filter(isObject) : [];
}

/** Everything that a refusal may be told in. */
function wordsOf(error: RpcError): string[] {
  return [textOf(error.message), ...detailsOf(error).map(({ detail }) => textOf(detail))].filter((text) => text !== '');
}

function blocked(error: RpcError): Blocked | null {
  const refusal = readRefusal(wordsOf(error), { otherwise: 'prompt' });
  return refusal === null ? null : { ...refusal, reasons: refusal.reasons.map(shown), charged: 'no' };
}

/** `google.rpc.RetryInfo`: `{ retryDelay: '30s' }`. */
function retryDelay(error: RpcError): { readonly retryAfterMs?: number } {
  const delays = detailsOf(error).map(({ retryDelay: delay }) => /^([\d.]+)s$/.exec(textOf(delay))?.[1]);
  const seconds = delays.find((delay) => delay !== undefined);
  return seconds === undefined ? {} : { retryAfterMs: Math.ceil(Number(seconds) * 1000) };
}

/** How Google refuses a model that it has shut. */
const RETIRED = /no longer available/i;

/** What to change, where Google's words do not say. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /api key not valid|API_KEY_INVALID|API key expired/i,
    'Check the key: google({ apiKey }), google({ vertex: { apiKey } }) or GEMINI_API_KEY.',
  ],
  [RETIRED, 'The model is retired: choose another one of the catalogue.'],
  [
    /was not found|not found for api version|is not supported in|unsupported location/i,
    'Check the model id, vertex.project and vertex.location.',
  ],
  [/consumer_invalid|CONSUMER_INVALID|permission denied on resource project/i, 'Check vertex.project.'],
  [/SERVICE_DISABLED|has not been used in project|BILLING_DISABLED/i, 'Enable the API and billing of the project.'],
  [
    /aiplatform\.endpoints\.predict|caller does not have permission/i,
    'Check vertex.project or the key, and give the account the role roles/aiplatform.user.',
  ],
  [
    /authentication credential/i,
    'Check vertex.credentials, vertex.keyFile, vertex.apiKey or GOOGLE_APPLICATION_CREDENTIALS.',
  ],
  [
    /quota|resource.?exhausted/i,
    'Wait, ask for more quota, or lower limits.concurrency of the model: google({ models }).',
  ],
];

const hint = (text: string): string => HINTS.find(([pattern]) => pattern.test(text))?.[1] ?? '';

/** What to change where a reply is not one of the API: a proxy or another server has answered. */
const ASTRAY = 'That is no answer of the API: check vertex.location and baseUrls.';
const LOST = 'Google keeps it no more, or it is of another project or key than vertex.project or apiKey say.';

function messageOf(status: number, body: string, error: RpcError | null, lost: boolean): string {
  if (error === null) {
    const page = /<(html|!doctype)/i.test(body) ? `a web page${titleOf(body)}` : shown(body).slice(0, 500);
    return `Google answered ${status}: ${page || 'an empty body'}${status < 500 ? `. ${ASTRAY}` : ''}`;
  }
  const name = textOf(error.status) || String(status);
  const told = wordsOf(error).join(' ') || 'no message';
  const advice = lost ? LOST : hint(body);
  return [`Google answered ${status} (${name}): ${shown(told)}`, advice].filter((part) => part !== '').join(' ');
}

function titleOf(page: string): string {
  const title = /<title>([^<]*)<\/title>/i.exec(page)?.[1]?.trim() ?? '';
  return title === '' ? '' : ` (${shown(title).slice(0, 200)})`;
}

/** A look at an operation or interaction that Google does not know any more. */
const GONE = /invalid interaction name|not found/i;

/**
 * What a reply that is not 2xx means: a refusal by a content filter, which is never billed, or an error. Kinds and `accepted` are those of
 * `replyError`; a wrong key is `auth` also where Google calls it a bad argument, a model that it has shut `retired`. A `look` that finds nothing is `lost`.
 */
export async function replyFailure(response: Response, look: boolean): Promise<ProviderError | Blocked> {
  const { status, headers } = response;
  const body = await response.text().catch(() => '');
  const error = rpcErrorOf(body);
  const refusal = status === 400 && error !== null ? blocked(error) : null;
  if (refusal !== null) return refusal;
  const { kind, accepted, retryAfterMs } = await replyError(new Response(body, { status, headers }));
  const lost = look && (status === 404 || (status === 400 && GONE.test(body)));
  const wrongKey = status === 400 && /API_KEY_INVALID|api key (not valid|expired)/i.test(body);
  const retired = status === 404 && !look && RETIRED.test(body);
  return new ProviderError({
    kind: lost ? 'lost' : wrongKey ? 'auth' : retired ? 'retired' : kind,
    accepted,
    status,
    message: messageOf(status, body, error, lost),
    ...(retryAfterMs === null ? retryDelay(error ?? {}) : { retryAfterMs }),
  });
}

/** Codes of google.rpc that pass by themselves: cancelled, unknown, deadline, aborted, internal, unavailable. */
const PASSING = [1, 2, 4, 10, 13, 14];

function failureKind(code: number): Failed['kind'] {
  if (code === 8) return 'rate-limited';
  if (code === 7 || code === 16) return 'auth';
  return PASSING.includes(code) ? 'transient' : 'invalid-request';
}

/** How an operation ended that reports an `error`; without a video nothing is billed. */
export function operationFailure(error: RpcError): Blocked | Failed {
  const refusal = blocked(error);
  if (refusal !== null) return refusal;
  const told = wordsOf(error).join(' ');
  const message = [`Google could not make the video: ${shown(told) || 'no message'}`, hint(told)];
  return {
    state: 'failed',
    kind: failureKind(Number(error.code ?? 2)),
    message: message.filter((part) => part !== '').join(' '),
    charged: 'no',
  };
}

/** Whatever else a request threw: before anything was sent, or on the way, or an answer that can not be read. */
export function requestFailure(error: unknown, sent: boolean): ProviderError {
  if (error instanceof ProviderError) return error;
  if (sent) return fetchError(error);
  const told = error instanceof Error ? error.message : String(error);
  return new ProviderError(
    { kind: 'invalid-request', accepted: 'no', message: `The request was not sent: ${shown(told)}` },
    causedBy(error),
  );
}
