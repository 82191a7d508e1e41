import { CorruptLogError } from '../errors/corrupt-log-error.ts';
import type { Page, ProjectQuery, ProjectSummary, StoredEvent } from '../spec/events.ts';

/** A row as a driver answers it: whole numbers may come as text. */
export type SqlRow = Readonly<Record<string, string | number | null>>;

function parsed(what: string, projectId: string, seq: number, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new CorruptLogError({ what, reason: `the body of event ${seq} of ${projectId} can not be read` }, { cause });
  }
}

/** The events of the rows of `read`. Throws `CorruptLogError` that names the store, `what`, where one is missing or can not be read. */
export function* eventsOf(
  what: string,
  projectId: string,
  after: number,
  rows: () => readonly SqlRow[],
): Generator<StoredEvent, undefined> {
  let next = Math.max(0, after);
  for (const { seq, at, type, format, body } of rows()) {
    next += 1;
    if (Number(seq) !== next) throw new CorruptLogError({ what, reason: `event ${next} of ${projectId} is missing` });
    const read = parsed(what, projectId, next, String(body));
    yield { seq: next, at: String(at), projectId, type: String(type), format: Number(format), body: read };
  }
}

/** Where a page begins and how many rows it takes: one more than it shows, which tells whether there is a next one. */
export function pageAsked({ limit = 50, cursor }: ProjectQuery): {
  readonly createdAt: string | null;
  readonly projectId: string | null;
  readonly limit: number;
} {
  const [createdAt = null, projectId = null] =
    cursor === undefined ? [] : (JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[]);
  return { createdAt, projectId, limit: Math.min(200, Math.max(1, limit)) + 1 };
}

/** The page of the rows of `list`. */
export function pageOf(rows: readonly SqlRow[], limit: number): Page<ProjectSummary> {
  const shown = rows.slice(0, limit - 1);
  const last = rows.length < limit ? undefined : shown.at(-1);
  return {
    items: shown.map(({ summary }) => JSON.parse(String(summary)) as ProjectSummary),
    next:
      last === undefined
        ? null
        : Buffer.from(JSON.stringify([last['created_at'], last['project_id']])).toString('base64url'),
  };
}
