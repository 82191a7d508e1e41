import { CloudStorageError } from 'vidpipe/storage';

interface Failure {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly message?: unknown;
  readonly response?: { readonly status?: unknown };
}

/** The HTTP status of what the client threw; `undefined` where there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const { code, status, response } = (error ?? {}) as Failure;
  return [code, status, response?.status].map(Number).find((each) => each >= 300 && each < 600);
}

/** A message of the API, also out of its JSON; tokens and the queries of links, which are keys too, are taken out. */
function messageOf(error: unknown): string {
  const { code, message } = (error ?? {}) as Failure;
  const text = String(message ?? error);
  const said = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text;
  const named = typeof code === 'string' && !said.includes(code) ? `${said} (${code})` : said;
  return named
    .replace(/\?[^\s"']+/g, '?…')
    .replace(/\b(Bearer|Basic)\s+\S+|\bya29\.\S+/gi, '…')
    .slice(0, 500)
    .replace(/[.\s]*$/, '.');
}

/** The typed error of what the client threw while it did `action`. It has no cause: the client's errors carry the request with its token. */
export function storageError(error: unknown, action: string, bucket: string): CloudStorageError {
  const status = statusOf(error);
  return new CloudStorageError({
    action,
    bucket,
    reason: messageOf(error),
    ...(status === undefined ? {} : { status }),
  });
}

/** Whether there is no such object; a bucket that is missing is another matter. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && !/bucket does not exist/i.test(messageOf(error));
}
