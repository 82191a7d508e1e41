import type { Project } from '../../engine/project-result.ts';
import { STATUS } from '../../project/status.ts';
import { eventStream } from '../event-stream.ts';
import { Refusal } from '../refusal.ts';
import { type Call, json, type Route, route } from '../route.ts';
import { eventsQuery } from '../schemas.ts';
import { shownEvent } from '../shown.ts';

const isMoving = ({ status }: Project): boolean =>
  status === STATUS.pending || status === STATUS.running || status === STATUS.interrupted;

/** Where a reader stands: by `Last-Event-ID`, else by `after`. Throws `Refusal` (400) for an event that is not there. */
function placeOf(request: Request, after: number, { seq }: Project): number {
  const last = request.headers.get('last-event-id') ?? '';
  const place = last === '' ? after : /^\d{1,15}$/.test(last) ? Number(last) : Infinity;
  if (place <= seq) return place;
  throw new Refusal(400, 'invalid-request', `There is no such event; the last one has the id ${seq}.`);
}

/** Events that are there already, a page of them. */
async function page({ service, id }: Call, after: number, limit: number, { seq }: Project): Promise<Response> {
  const items: unknown[] = [];
  let last = after;
  if (after < seq)
    for await (const event of service.pipeline.watch(id, { after })) {
      items.push(shownEvent(event));
      last = event.seq;
      if (items.length === limit || last >= seq) break;
    }
  return json({ items, next: last < seq ? last : null });
}

/** Routes of events. */
export const eventRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/projects/{id}/events',
    action: 'events',
    summary:
      'All events after one, once and in order: as a stream until the project rests, or as JSON a page at a time',
    query: eventsQuery,
    headers: { 'Last-Event-ID': 'The last id that was received', Accept: '`text/event-stream` for a stream' },
    replies: {
      200: {
        type: 'text/event-stream',
        what: 'Frames with the event as data and its `seq` as id; `progress` without an id',
      },
      204: { what: 'The project rests, and there is nothing new' },
    },
    handle: async (call) => {
      const { service, request, id, query } = call;
      const project = await service.pipeline.get(id);
      const after = placeOf(request, query.after ?? 0, project);
      if (request.headers.get('accept')?.includes('text/event-stream') !== true)
        return page(call, after, Math.min(query.limit ?? 50, service.limits.page), project);
      if (after >= project.seq && !isMoving(project)) return new Response(null, { status: 204 });
      return eventStream(service, request, id, after);
    },
  }),
];
