import { inspect } from 'node:util';

/** Shorter ones are words: hiding them would tear up every message. */
const SHORTEST = 8;
const known = new Set<string>();

/** Remembers a secret, so that `hideSecrets` takes it out of every text. */
export function rememberSecret(secret: string): void {
  if (secret.length < SHORTEST) return;
  known.add(secret).add(encodeURIComponent(secret));
}

const QUERY = /(https?:\\?\/\\?\/[^\s"'<>?]*)\?[^\s"'<>]+/gi;
const TOKEN = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;

/** A text without the keys that were read and `also` what is given, without bearer tokens and without the queries of links, which may be signed. */
export function hideSecrets(text: string, also: readonly string[] = []): string {
  let hidden = text;
  for (const secret of [...known, ...also]) if (secret !== '') hidden = hidden.replaceAll(secret, '…');
  return hidden.replace(QUERY, '$1?…').replace(TOKEN, '$1 …');
}

/** Options of an error that was caused by `cause`: without it where it would show a secret. */
export function causedBy(cause: unknown, also: readonly string[] = []): { readonly cause?: unknown } {
  const shown = inspect(cause, { depth: 20 });
  return hideSecrets(shown, also) === shown ? { cause } : {};
}
