/** What a failed request tells of itself. `arrived`: whether any byte of it can have reached the provider. */
export interface NetworkFault {
  /** The system's or client's code, else the name of a DOM exception, else the message. */
  readonly name: string;
  readonly arrived: 'never' | 'maybe';
}

/** Codes of failures before the first byte of a request is written. */
const NEVER_ARRIVED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_INVALID_URL',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const BEFORE_SENDING = new Set(['connect', 'getaddrinfo']);

interface Failure {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
  readonly name?: unknown;
  readonly message?: unknown;
}

function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null;
}

/** The error with its causes, outermost first; a circle of causes ends. */
function chain(error: unknown): Failure[] {
  const found: Failure[] = [];
  for (let at = error; isFailure(at) && found.length < 8; at = at.cause) found.push(at);
  return found;
}

/** Several addresses were tried: each of them must have failed before sending. */
function neverArrived(failure: Failure): boolean {
  if (Array.isArray(failure.errors) && failure.errors.length > 0)
    return failure.errors.every((each) => isFailure(each) && neverArrived(each));
  return NEVER_ARRIVED.has(String(failure.code)) || BEFORE_SENDING.has(String(failure.syscall));
}

/** Reads what a client threw: the first error in the chain of causes that has a code decides. Throws never. */
export function networkFault(error: unknown): NetworkFault {
  const failures = chain(error);
  const coded = failures.find(({ code }) => typeof code === 'string' && code !== '');
  if (coded !== undefined) return { name: String(coded.code), arrived: neverArrived(coded) ? 'never' : 'maybe' };
  const { name, message } = failures.at(-1) ?? {};
  const text = error instanceof DOMException ? name : message;
  return { name: typeof text === 'string' && text !== '' ? text : 'unknown', arrived: 'maybe' };
}
