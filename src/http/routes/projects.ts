import { createHash } from 'node:crypto';
import type { ProjectSettings } from '../../project/settings.ts';
import type { ProjectQuery } from '../../spec/index.ts';
import { InvalidRequest } from '../body.ts';
import { conditionOf } from '../range.ts';
import { json, type Route, route } from '../route.ts';
import { deleteQuery, listQuery, settingsBody } from '../schemas.ts';
import { shownProject, tagOf } from '../shown.ts';

const project = { type: 'application/json', what: '`Project`, without its film handle' };

/** The key as one of its owner: what others have named so is theirs. Throws `InvalidRequest` (400). */
function keyOf(request: Request, { account, labels = {} }: ProjectSettings): { idempotencyKey?: string } {
  const key = request.headers.get('idempotency-key');
  if (key === null) return {};
  if (key.length < 1 || key.length > 200)
    throw new InvalidRequest(400, ['Idempotency-Key: expected 1 to 200 characters']);
  const owned = JSON.stringify([
    account ?? null,
    Object.entries(labels)
      .map(String)
      .toSorted((a, b) => (a < b ? -1 : 1)),
    key,
  ]);
  return { idempotencyKey: `http/${createHash('sha256').update(owned).digest('hex')}` };
}

/** A page of a list. What a store can not read in a cursor is the client's. */
async function pageOf(list: () => Promise<unknown>): Promise<Response> {
  try {
    return json(await list());
  } catch (error) {
    if (error instanceof SyntaxError) throw new InvalidRequest(400, ['query.cursor: it is not one of this list']);
    throw error;
  }
}

/** Routes of projects as such. */
export const projectRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/projects',
    action: 'create',
    summary: 'Records a new project; nothing is sent or spent',
    body: settingsBody,
    headers: { 'Idempotency-Key': 'The same key and settings of an owner create one project, however often' },
    replies: { 201: project },
    handle: async ({ service, request, body }) => {
      const settings = body as object as ProjectSettings;
      const made = await service.pipeline.create(settings, keyOf(request, settings));
      return shownProject(made, { location: `projects/${made.id}` }, 201);
    },
  }),
  route({
    method: 'GET',
    path: '/projects',
    action: 'list',
    summary: 'Summaries of projects, newest first',
    query: listQuery,
    replies: { 200: { type: 'application/json', what: '`{ items: ProjectSummary[], next }`' } },
    handle: ({ service, query: { label, limit = 50, ...query } }) => {
      const labels = label === undefined ? {} : { labels: label };
      const asked = { ...query, ...labels, limit: Math.min(limit, service.limits.page) };
      return pageOf(() => service.pipeline.list(asked as ProjectQuery));
    },
  }),
  route({
    method: 'GET',
    path: '/projects/{id}',
    action: 'read',
    summary: 'A project as it stands',
    headers: { 'If-None-Match': 'ETag of the project' },
    replies: { 200: project, 304: { what: 'It stands as it did' } },
    handle: async ({ service, request, id }) => {
      const found = await service.pipeline.get(id);
      const etag = tagOf(found);
      if (conditionOf(request, etag) === 304) return new Response(null, { status: 304, headers: { etag } });
      return shownProject(found);
    },
  }),
  route({
    method: 'DELETE',
    path: '/projects/{id}',
    action: 'delete',
    summary: 'Removes a project for good; its money stays counted',
    query: deleteQuery,
    replies: { 204: { what: 'It is gone' } },
    handle: async ({ service, id, query }) => {
      await service.pipeline.delete(id, { force: query.force === 'true' });
      return new Response(null, { status: 204 });
    },
  }),
  route({
    method: 'GET',
    path: '/projects/{id}/takes',
    action: 'read',
    summary: 'Every take of every scene, used or not',
    replies: { 200: { type: 'application/json', what: '`{ items: { sceneId, takes: Take[] }[] }`' } },
    handle: async ({ service, id }) => {
      const { scenes } = await service.pipeline.get(id);
      return json({ items: scenes.map(({ id: sceneId, takes }) => ({ sceneId, takes })) });
    },
  }),
];
