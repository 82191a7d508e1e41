import type { GoogleAuth } from 'google-auth-library';
import { causedBy, hideSecrets, ProviderError, readKey, rememberSecret } from 'vidpipe/provider';
import type { VertexOptions } from './options.ts';
import { loaded } from './sdk.ts';

/** Headers that sign a request. Nothing is read or opened before the first call. Throws `ProviderError`, never accepted, or `MissingKeyError`. */
export type Auth = () => Promise<Readonly<Record<string, string>>>;

/** Signs with a key. `variables` are looked at in turn when there is no option. */
export function keyAuth(value: string | undefined, option: string, variables: readonly string[]): Auth {
  return async () => {
    const found = variables.find((name) => (process.env[name] ?? '').trim() !== '') ?? variables[0] ?? '';
    return { 'x-goog-api-key': readKey({ value, option, variable: found }) };
  };
}

/** The frame of a key (`-----BEGIN PRIVATE KEY-----`) is no secret. */
const LONGEST_WORD = 40;
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

async function googleAuth({ credentials, keyFile }: VertexOptions): Promise<GoogleAuth> {
  const { GoogleAuth } = await loaded('google-auth-library', () => import('google-auth-library'));
  if (credentials !== undefined) {
    const { clientEmail, privateKey } = credentials;
    const lines = privateKey.split(/\\n|\s*\n/);
    for (const line of [privateKey, ...lines]) if (line.length >= LONGEST_WORD) rememberSecret(line);
    return new GoogleAuth({ scopes: SCOPE, credentials: { client_email: clientEmail, private_key: lines.join('\n') } });
  }
  return new GoogleAuth({ scopes: SCOPE, ...(keyFile === undefined ? {} : { keyFilename: keyFile }) });
}

interface AuthFailure {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly response?: { readonly status?: unknown };
}

/** No credentials, wrong ones, or a token service that did not answer. Nothing was sent to a model. */
function authError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  const { message, status, response } = (error ?? {}) as AuthFailure;
  const told = hideSecrets(typeof message === 'string' ? message : String(error)).slice(0, 500);
  const answered = Number(response?.status ?? status ?? 0);
  const passing =
    answered >= 500 ||
    answered === 429 ||
    /ECONN|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|socket|fetch failed|network/i.test(told);
  const advice = /default credentials/i.test(told)
    ? 'Run `gcloud auth application-default login`, or give google({ vertex: { credentials } }), { keyFile } or { apiKey }.'
    : 'Check vertex.credentials, vertex.keyFile or GOOGLE_APPLICATION_CREDENTIALS.';
  return new ProviderError(
    {
      kind: passing ? 'transient' : 'auth',
      accepted: 'no',
      message: `Google gave no access token: ${told} ${passing ? '' : advice}`.trim(),
    },
    causedBy(error),
  );
}

/** Signs with credentials: those of the options, a file's, or what the machine has. */
export function credentialAuth(options: VertexOptions): Auth {
  let auth: Promise<GoogleAuth> | null = null;
  return async () => {
    try {
      auth ??= googleAuth(options);
      const headers = await (await auth).getRequestHeaders();
      rememberSecret(headers.get('authorization')?.replace(/^Bearer /, '') ?? '');
      return Object.fromEntries(headers.entries());
    } catch (error) {
      auth = null;
      throw authError(error);
    }
  };
}
