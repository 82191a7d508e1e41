import { createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal } from './refusal.ts';

/** Keys of signed links. */
export interface LinkOptions {
  /** Secrets of at least 32 characters by their ids; links of each are valid, so that a new one can take over before the old one goes. */
  readonly keys: Readonly<Record<string, string>>;
  /** The one that signs. */
  readonly current: string;
}

/** What a link allows: to read these bytes of this project, under this name, until a time. */
export interface Linked {
  readonly projectId: string;
  readonly digest: string;
  /** Seconds since 1970. */
  readonly expires: number;
  /** Name of the download; `null`: shown in place. */
  readonly download: string | null;
}

/** Longest life of a link, seconds: 7 days. */
export const LONGEST_LINK = 7 * 24 * 3600;

/** What is wrong with the keys. */
export function linkIssues({ keys, current }: LinkOptions): string[] {
  const weak = Object.entries(keys).flatMap(([id, secret]) =>
    secret.length >= 32 ? [] : [`links.keys.${id}: expected at least 32 characters`],
  );
  return Object.hasOwn(keys, current) ? weak : [...weak, `links.current: no key has the id ${current}`];
}

function signature(secret: string, { projectId, digest, expires, download }: Linked, key: string): Buffer {
  const signed = JSON.stringify(['GET', projectId, digest, expires, download, key]);
  return createHmac('sha256', secret).update(signed).digest();
}

/** The query of a link. */
export function signedQuery({ keys, current }: LinkOptions, linked: Linked): URLSearchParams {
  const { expires, download } = linked;
  return new URLSearchParams({
    ...(download === null ? {} : { download }),
    expires: String(expires),
    key: current,
    signature: signature(keys[current] ?? '', linked, current).toString('base64url'),
  });
}

const refusal = (): Refusal => new Refusal(403, 'invalid-link', 'The link is not valid, or not any more.');

/**
 * Whether a request is one by link. Throws `Refusal` (403) for a link that was changed, is of other bytes, has expired, or names a key that is gone;
 * such a request is never asked about again in another way.
 */
export function isLinked(
  links: LinkOptions | undefined,
  query: URLSearchParams,
  asked: Pick<Linked, 'projectId' | 'digest'>,
): boolean {
  if (!['expires', 'key', 'signature'].some((name) => query.has(name))) return false;
  const names = [...query.keys()];
  const [expires, key, given] = ['expires', 'key', 'signature'].map((name) => query.get(name) ?? '');
  const secret = links !== undefined && Object.hasOwn(links.keys, key ?? '') ? links.keys[key ?? ''] : undefined;
  if (secret === undefined || new Set(names).size !== names.length || !/^\d{1,12}$/.test(expires ?? ''))
    throw refusal();
  const linked = { ...asked, expires: Number(expires), download: query.get('download') };
  const wanted = signature(secret, linked, key ?? '');
  const found = Buffer.from(given ?? '', 'base64url');
  // The text as well: several spellings of base64 have the same bytes.
  const isSame = found.length === wanted.length && timingSafeEqual(found, wanted);
  if (!isSame || wanted.toString('base64url') !== given || Date.now() >= linked.expires * 1000) throw refusal();
  return true;
}
