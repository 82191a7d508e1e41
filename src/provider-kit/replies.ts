import { InvalidSettingsError, MissingKeyError, ProviderError, type ProviderErrorFields } from '../errors/index.ts';
import { networkFault } from './network.ts';
import { causedBy, hideSecrets, rememberSecret } from './secrets.ts';

/** `Retry-After` in milliseconds: seconds, or a date, which counts from the reply's own date. */
export function retryAfterMs(headers: Headers): { readonly retryAfterMs?: number } {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(value)) return { retryAfterMs: Math.ceil(Number(value) * 1000) };
  const at = /^[a-z]{3,9}, .*gmt$/i.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(at)) return {};
  const sent = Date.parse(headers.get('date') ?? '');
  return { retryAfterMs: Math.max(0, at - (Number.isNaN(sent) ? Date.now() : sent)) };
}

/** A 409 may be the echo of an earlier sending that was taken; 408 and 499 end a request that may have been read. */
const UNSURE = [408, 409, 499];

function classify(status: number): Pick<ProviderErrorFields, 'kind' | 'accepted'> {
  if (status === 429) return { kind: 'rate-limited', accepted: 'no' };
  if (status === 425) return { kind: 'transient', accepted: 'no' };
  if (status === 401 || status === 403) return { kind: 'auth', accepted: 'no' };
  if (status >= 400 && status < 500 && !UNSURE.includes(status)) return { kind: 'invalid-request', accepted: 'no' };
  return { kind: 'transient', accepted: 'unknown' };
}

const QUOTED = 500;
const READ_OF_ERROR = 65_536;

/** The beginning of a body. It never waits for an end that may not come, and never throws. */
async function beginning(response: Response): Promise<string> {
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    while (reader !== undefined && text.length < READ_OF_ERROR) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    return text;
  }
  reader?.cancel().catch(() => undefined);
  return text;
}

/**
 * The error of a reply that is not 2xx, with the first 500 characters of its body, keys and link queries hidden. By status: 429 is `rate-limited`,
 * 401 and 403 `auth`, 425 `transient`, other 4xx `invalid-request`, all accepted `no`; 408, 409, 499 and everything else `transient`, accepted `unknown`.
 */
export async function replyError(response: Response): Promise<ProviderError> {
  const text = hideSecrets(await beginning(response)).slice(0, QUOTED);
  return new ProviderError({
    ...classify(response.status),
    ...retryAfterMs(response.headers),
    status: response.status,
    message: `The provider answered ${response.status}: ${text}`,
  });
}

/**
 * The JSON of a 2xx reply. Throws a `ProviderError`: that of `replyError` for another status; accepted `unknown` for a body that is empty, breaks
 * off or is no JSON, since the request may well have been taken.
 */
// eslint-disable-next-line typescript/no-explicit-any -- a provider's author knows the shape, the kit does not
export async function readJson(response: Response): Promise<any> {
  if (!response.ok) throw await replyError(response);
  const unsure = { kind: 'transient', accepted: 'unknown', status: response.status } as const;
  const text = await response.text().catch((error: unknown) => {
    const message = `The provider's answer broke off (${hideSecrets(networkFault(error).name).slice(0, QUOTED)}).`;
    throw new ProviderError({ ...unsure, message }, causedBy(error));
  });
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const shown = text.trim() === '' ? 'an empty body' : hideSecrets(text).slice(0, 200);
    throw new ProviderError({ ...unsure, message: `The provider answered no JSON: ${shown}` }, causedBy(error));
  }
}

/**
 * The typed error of a `fetch` that threw; a `ProviderError` is given back as it is. Accepted `no` only where no byte of the request can have
 * arrived: no address, no connection, no trust in the certificate. The `fetch` of `CallOptions` does this already in models of `defineProvider`.
 */
export function fetchError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  const { name, arrived } = networkFault(error);
  const accepted = arrived === 'never' ? 'no' : 'unknown';
  return new ProviderError(
    { kind: 'transient', accepted, message: `The request failed (${hideSecrets(name).slice(0, QUOTED)}).` },
    causedBy(error),
  );
}

/**
 * A key from an option or, where that is absent, its environment variable; white space around it is dropped, and errors of the kit never repeat it.
 * Call it at the first request, not at import. Throws `MissingKeyError` that names both, `InvalidSettingsError` for a key that no header can carry.
 */
export function readKey({
  value,
  option,
  variable,
}: {
  readonly value?: string | undefined;
  readonly option: string;
  readonly variable: string;
}): string {
  const key = (value ?? process.env[variable] ?? '').trim();
  if (key === '') throw new MissingKeyError({ option, variable });
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new InvalidSettingsError({ issues: [`${option}: expected printable characters without white space`] });
  rememberSecret(key);
  return key;
}
