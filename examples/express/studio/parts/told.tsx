import type { ProjectStatus, Warning } from 'vidpipe';
import { messagesOf } from '../lib/api.ts';
import { STATUS_NAMES } from '../lib/format.ts';

/** What went wrong, said at once. */
export function Problem({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  if (error === null || error === undefined) return null;
  return (
    <div className="notice bad" role="alert">
      {messagesOf(error).map((message) => (
        <p key={message}>{message}</p>
      ))}
      {retry === undefined ? null : (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** A status in its colour and by its name. */
export function StatusChip({ status }: { readonly status: ProjectStatus }) {
  return (
    <span className="chip" data-status={status}>
      {STATUS_NAMES[status]}
    </span>
  );
}

/** What was adapted, and what a person should know. */
export function Warnings({ warnings }: { readonly warnings: readonly Warning[] }) {
  const messages = [...new Set(warnings.map(({ message }) => message))];
  if (messages.length === 0) return null;
  return (
    <ul className="notice warn" aria-label="Warnings">
      {messages.map((message) => (
        <li key={message}>{message}</li>
      ))}
    </ul>
  );
}

/** Something is on its way. */
export function Loading() {
  return (
    <p className="loading" role="status">
      Loading…
    </p>
  );
}
