import { hideSecrets } from '../provider-kit/index.ts';

const SECRET = /token|secret|password|credential|signature|authorization|cookie|api.?key/i;

/** A provider's reference without what opens something: values under names of secrets, tokens, queries of links. */
export function redacted(value: unknown): unknown {
  if (typeof value === 'string') return hideSecrets(value);
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, SECRET.test(key) ? '…' : redacted(inner)]),
  );
}
