import { ApiError, createClient } from 'vidpipe/client';

/** The handler beside this page. */
export const api = createClient({ baseUrl: '/api' });

/** What a person is told of an error. */
export function messagesOf(error: unknown): readonly string[] {
  if (!(error instanceof ApiError)) return [error instanceof Error ? error.message : String(error)];
  return error.issues.length > 0 ? error.issues : [error.message];
}

/** Whether another try may help: the server is away, or has a fault. */
export function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
}
