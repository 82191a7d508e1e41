import type { Problem } from '../http/problem.ts';

/** A request that was not done. */
export class ApiError extends Error {
  /** HTTP status; 0 where there was no reply. */
  readonly status: number;
  /** Stable: that of the library's error, or one of docs/http.md; `unreachable` without a reply. */
  readonly code: string;
  /** What is wrong with what was sent, each by its path. */
  readonly issues: readonly string[];

  constructor({ status, code, title, detail, issues = [] }: Partial<Problem>, options?: { readonly cause: unknown }) {
    super(detail ?? title ?? code ?? 'The request failed.', options);
    this.name = 'ApiError';
    this.status = status ?? 0;
    this.code = code ?? 'unreachable';
    this.issues = issues;
  }
}

/** The error of a reply that is none of success. */
export async function errorOf(reply: Response): Promise<ApiError> {
  const { status } = reply;
  const problem = await reply.json().catch(() => ({}));
  const { code = 'unknown', title, detail, issues } = problem as Partial<Problem>;
  const given = { title, detail, issues };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return new ApiError({ status, code, ...known });
}
