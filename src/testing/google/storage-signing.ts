import { createHash, createVerify, generateKeyPairSync } from 'node:crypto';
import { xmlError } from './storage-replies.ts';

/** What a client signs with: the same two fields as in a service account's key file. */
export interface SigningCredentials {
  readonly client_email: string;
  readonly private_key: string;
}

/** Makes a key pair that no real service knows. */
export function signingCredentials(): SigningCredentials {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { client_email: 'signer@fake.iam.gserviceaccount.com', private_key };
}

const LONGEST = 604_800;

function encoded(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The text that the client must have signed: the V4 canonical request of the link as it came. */
function signedText(request: Request, url: URL): string {
  const at = (name: string): string => url.searchParams.get(name) ?? '';
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Goog-Signature')
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort((a, b) => (a[0] < b[0] ? -1 : 1))
    .map((pair) => pair.join('='));
  const names = at('X-Goog-SignedHeaders').split(';');
  // The client signs the host without its port.
  const headers = names.map(
    (name) => `${name}:${name === 'host' ? url.hostname : (request.headers.get(name) ?? '')}\n`,
  );
  const canonical = [
    request.method,
    url.pathname,
    query.join('&'),
    headers.join(''),
    names.join(';'),
    'UNSIGNED-PAYLOAD',
  ];
  const scope = at('X-Goog-Credential').split('/').slice(1).join('/');
  const hash = createHash('sha256').update(canonical.join('\n')).digest('hex');
  return ['GOOG4-RSA-SHA256', at('X-Goog-Date'), scope, hash].join('\n');
}

/** Milliseconds of `20261122T101500Z`. */
function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

/** What is wrong with a signed link: nothing, or the answer to it. */
export function linkFault(
  request: Request,
  { client_email, private_key }: SigningCredentials,
  now: number,
): Response | null {
  const url = new URL(request.url);
  const at = (name: string): string => url.searchParams.get(`X-Goog-${name}`) ?? '';
  const seconds = Number(at('Expires'));
  const begin = timeOf(at('Date'));
  if (at('Algorithm') !== 'GOOG4-RSA-SHA256' || Number.isNaN(begin) || !(seconds >= 1 && seconds <= LONGEST))
    return xmlError(400, 'AuthorizationQueryParametersError', 'The query of the link is not valid.');
  const verify = createVerify('RSA-SHA256').update(signedText(request, url));
  const known = at('Credential').startsWith(`${client_email}/`);
  if (!known || !verify.verify(private_key, Buffer.from(at('Signature'), 'hex')))
    return xmlError(403, 'SignatureDoesNotMatch', 'The signature does not match.');
  if (now > begin + seconds * 1000) return xmlError(400, 'ExpiredToken', 'The provided token has expired.');
  return null;
}
