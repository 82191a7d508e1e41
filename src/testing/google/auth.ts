import { GoogleRefusal } from './refusal.ts';
import type { Asked } from './routes.ts';

/** The one project and key of the loopback Google. */
export const PROJECT = 'loopback-project';
export const KEY = 'loopback-key';

const SECRETS = ['authorization', 'x-goog-api-key', 'cookie'];

/** Throws what a request without credentials, with a wrong key or for a foreign project gets. Any bearer token is good. */
export function authenticate({ surface, project, location }: Asked, { headers, url }: Request): void {
  const key = headers.get('x-goog-api-key') ?? new URL(url).searchParams.get('key');
  const bearer = /^Bearer \S+$/.test(headers.get('authorization') ?? '');
  if (key !== null && key !== KEY) {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }];
    throw new GoogleRefusal(400, 'API key not valid. Please pass a valid API key.', details);
  }
  if (key === null && surface === 'developer')
    throw new GoogleRefusal(
      403,
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    );
  if (key === null && !bearer)
    throw new GoogleRefusal(
      401,
      'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
    );
  if (project !== undefined && project !== PROJECT) {
    const resource = `//aiplatform.googleapis.com/projects/${project}/locations/${location}`;
    throw new GoogleRefusal(
      403,
      `Permission 'aiplatform.endpoints.predict' denied on resource '${resource}' (or it may not exist).`,
    );
  }
}

/** Headers without the values of secrets. */
export function shownHeaders(headers: Headers): Readonly<Record<string, string>> {
  const shown = [...headers].map(([name, value]) => [name, SECRETS.includes(name) ? '[secret]' : value]);
  return Object.fromEntries(shown) as Record<string, string>;
}

/** Path and query without keys and signatures. */
export function shownPath(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search.replace(/([?&](?:key|X-Goog-Signature|upload_id)=)[^&]*/gi, '$1[secret]');
}
