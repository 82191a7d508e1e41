import { json } from './storage-replies.ts';

const NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
};

/** A request that is not accepted: thrown where that is known, answered as Google answers. */
export class GoogleRefusal extends Error {
  readonly code: number;
  readonly details: readonly object[];

  constructor(code: number, message: string, details: readonly object[] = []) {
    super(message);
    this.code = code;
    this.details = details;
  }

  get response(): Response {
    const { code, message, details } = this;
    const error = { code, message, status: NAMES[code] ?? 'UNKNOWN', ...(details.length > 0 ? { details } : {}) };
    return json({ error }, code);
  }
}
