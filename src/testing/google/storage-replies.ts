/** An answer that ends a request early: thrown where it is known, sent as the JSON API sends errors. */
export class StorageReply extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }

  get response(): Response {
    const { status, reason, message } = this;
    if (status === 304) return new Response(null, { status });
    return json({ error: { code: status, message, errors: [{ message, domain: 'global', reason }] } }, status);
  }
}

/** A JSON answer. */
export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json; charset=UTF-8' } });
}

/** An error of the XML API, which serves signed links. */
export function xmlError(status: number, code: string, message: string): Response {
  const body = `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return new Response(body, { status, headers: { 'content-type': 'application/xml; charset=UTF-8' } });
}
