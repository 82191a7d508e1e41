import type { Project } from '../engine/project-result.ts';
import type { ProjectEvent } from '../project/events.ts';
import type { ProjectView } from '../project/project.ts';
import { STATUS } from '../project/status.ts';
import { json } from './route.ts';
import { Refusal } from './refusal.ts';

/** An event as clients see it: without the provider's own reference, which may open doors, and without names of processes. */
export function shownEvent(event: ProjectEvent): unknown {
  const { handle: _handle, owner: _owner, ...body } = event.body as Record<string, unknown>;
  return { ...event, body };
}

/** A strong tag of a project: its `seq`, and whether it is interrupted, which no event says. */
export function tagOf({ seq, status }: Pick<ProjectView, 'seq' | 'status'>): string {
  return status === STATUS.interrupted ? `"${seq}-i"` : `"${seq}"`;
}

/** The `seq` of an `If-Match`; `undefined` without one, or for any. Throws `Refusal` (400) for what is none of our tags. */
export function matchedSeq(request: Request): number | undefined {
  const tag = request.headers.get('if-match')?.trim();
  if (tag === undefined || tag === '*') return undefined;
  const seq = /^"(\d{1,15})(?:-i)?"$/.exec(tag)?.[1];
  if (seq === undefined) throw new Refusal(400, 'invalid-request', 'If-Match takes one ETag of a project.');
  return Number(seq);
}

/** A project as plain data. */
export function shownProject(project: Project, headers: Readonly<Record<string, string>> = {}, status = 200): Response {
  const { film: _film, ...view } = project;
  return json(view, { etag: tagOf(project), ...headers }, status);
}
