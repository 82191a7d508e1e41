import { MissingKeyError, ProviderError, type ProviderErrorFields } from '../errors/index.ts';

function retryAfterMs(headers: Headers): { readonly retryAfterMs?: number } {
  const value = headers.get('retry-after');
  if (value === null) return {};
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? { retryAfterMs: Math.max(0, ms) } : {};
}

function classify(status: number): Pick<ProviderErrorFields, 'kind' | 'accepted'> {
  if (status === 429) return { kind: 'rate-limited', accepted: 'no' };
  if (status === 401 || status === 403) return { kind: 'auth', accepted: 'no' };
  if (status >= 400 && status < 500 && status !== 408) return { kind: 'invalid-request', accepted: 'no' };
  return { kind: 'transient', accepted: 'unknown' };
}

/** The error of a reply that is not 2xx. A 5xx may have been accepted; a 4xx was not. */
export async function replyError(response: Response): Promise<ProviderError> {
  const text = (await response.text().catch(() => '')).slice(0, 500);
  return new ProviderError({
    ...classify(response.status),
    ...retryAfterMs(response.headers),
    status: response.status,
    message: `The provider answered ${response.status}: ${text}`,
  });
}

/** The JSON of a reply. Throws a `ProviderError` for anything else. */
// eslint-disable-next-line typescript/no-explicit-any -- a provider's author knows the shape, the kit does not
export async function readJson(response: Response): Promise<any> {
  if (!response.ok) throw await replyError(response);
  const text = await response.text();
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ProviderError(
      {
        kind: 'transient',
        accepted: 'unknown',
        status: response.status,
        message: `The provider answered no JSON: ${text.slice(0, 200)}`,
      },
      { cause },
    );
  }
}

const NEVER_ARRIVED = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** The typed error of a `fetch` that threw: certain only where no byte can have arrived. */
export function fetchError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  const code = (error as { cause?: { code?: string } }).cause?.code ?? (error as { code?: string }).code ?? '';
  const accepted = NEVER_ARRIVED.includes(code) ? 'no' : 'unknown';
  return new ProviderError(
    { kind: 'transient', accepted, message: `The request failed${code === '' ? '' : ` (${code})`}.` },
    { cause: error },
  );
}

/** A key from an option or its environment variable. Throws `MissingKeyError` that names both. */
export function readKey({
  value,
  option,
  variable,
}: {
  readonly value?: string | undefined;
  readonly option: string;
  readonly variable: string;
}): string {
  const key = value ?? process.env[variable];
  if (key === undefined || key === '') throw new MissingKeyError({ option, variable });
  return key;
}
