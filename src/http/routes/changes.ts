import type { Pipeline } from '../../pipeline.ts';
import type { Changes } from '../../project/changes/types.ts';
import type { Project } from '../../engine/project-result.ts';
import { assertAnnounced, atMost, typeOf } from '../body.ts';
import { Refusal } from '../refusal.ts';
import { type Call, json, type Route, route } from '../route.ts';
import { blockBody, changesBody, expandBody, forkBody, resolveBody } from '../schemas.ts';
import { matchedSeq, shownProject } from '../shown.ts';

const project = { type: 'application/json', what: '`Project`, without its film handle' };
const ifMatch = {
  'If-Match': 'ETag of the project that the changes were made for; 412 where anything has happened since',
};
const PARTS = ['start', 'end', 'clip'];
const MEDIA = ['image/png', 'image/jpeg', 'image/webp', 'video/mp4', 'video/webm', 'video/quicktime'];

/** Changes as the schema has checked them: what is left out is not there. */
const asChanges = (checked: object): Changes => checked;

/** Changes a project that stands as the client has seen it. */
async function revise({ service, request, id }: Call, changes: Changes): Promise<Project> {
  const expectedSeq = matchedSeq(request);
  return service.pipeline.revise(id, changes, expectedSeq === undefined ? {} : { expectedSeq });
}

/** Bytes of the body as a frame or clip of a scene. */
async function supply(call: Call): Promise<Response> {
  const { service, request, params } = call;
  const { scene = '', part = '' } = params;
  const most = service.limits.uploadBytes;
  if (!PARTS.includes(part)) throw new Refusal(404, 'not-found', 'The parts of a scene are start, end and clip.');
  if (!MEDIA.includes(typeOf(request)))
    throw new Refusal(415, 'unsupported-media-type', `Send the bytes as one of ${MEDIA.join(', ')}.`);
  assertAnnounced(request, most);
  if (request.body === null) throw new Refusal(400, 'invalid-request', 'The body is empty.');
  let tooLarge: unknown;
  const limit = atMost(most);
  const media = request.body.pipeThrough(limit);
  try {
    return shownProject(await revise(call, { supply: { [scene]: { [part]: media } } }));
  } catch (error) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
      if (cause instanceof Refusal) tooLarge = cause;
    throw tooLarge ?? error;
  }
}

/** Throws `Refusal` (422) for a call of another project: nobody has asked about that one. */
function resolve(
  pipeline: Pipeline,
  id: string,
  { callId, outcome }: { callId: string; outcome: Parameters<Pipeline['resolve']>[1] },
) {
  if (!callId.startsWith(`${id}.`)) throw new Refusal(422, 'invalid-change', 'This is no call of the project.');
  return pipeline.resolve(callId, outcome);
}

/** Routes that make a project different, or another one of it. */
export const changeRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/projects/{id}/changes',
    action: 'change',
    summary: 'Makes what is asked for different, all or nothing, also while a run is on',
    body: changesBody,
    headers: ifMatch,
    replies: { 200: project },
    handle: async (call) => shownProject(await revise(call, asChanges(call.body))),
  }),
  route({
    method: 'POST',
    path: '/projects/{id}/plan',
    action: 'plan',
    summary:
      'The plan of a project as changes would make it: what is reused, made again and what it costs; nothing is changed',
    body: changesBody,
    replies: { 200: { type: 'application/json', what: '`Plan`' } },
    handle: async ({ service, id, body }) => json(await service.pipeline.plan(id, asChanges(body))),
  }),
  route({
    method: 'PUT',
    path: '/projects/{id}/scenes/{scene}/{part}',
    action: 'change',
    summary: 'Supplies a frame (`start`, `end`) or the `clip` of a scene',
    upload: MEDIA,
    headers: ifMatch,
    replies: { 200: project },
    handle: (call) => supply(call),
  }),
  route({
    method: 'POST',
    path: '/projects/{id}/expand',
    action: 'change',
    summary: 'Asks for more scenes at the end',
    body: expandBody,
    headers: ifMatch,
    replies: { 200: project },
    handle: async (call) => {
      const { scenes, direction } = call.body;
      return shownProject(await revise(call, { add: { scenes, ...(direction === undefined ? {} : { direction }) } }));
    },
  }),
  route({
    method: 'POST',
    path: '/projects/{id}/fork',
    action: 'fork',
    summary: 'A new project that goes on from this one, changed or not; this one is not touched',
    body: forkBody,
    replies: { 201: project },
    handle: async ({ service, id, body: { changes = {}, openCalls } }) => {
      const options = openCalls === undefined ? {} : { openCalls };
      const made = await service.pipeline.fork(id, asChanges(changes), options);
      return shownProject(made, { location: `../${made.id}` }, 201);
    },
  }),
  route({
    method: 'POST',
    path: '/projects/{id}/resolve',
    action: 'resolve',
    summary: 'Says what became of a call whose outcome is unknown',
    body: resolveBody,
    replies: { 200: project },
    handle: async ({ service, id, body }) => shownProject(await resolve(service.pipeline, id, body)),
  }),
  route({
    method: 'POST',
    path: '/projects/{id}/block',
    action: 'block',
    summary: 'Takes bytes out of use: they are not shown, sent or stitched any more',
    body: blockBody,
    replies: { 200: project },
    handle: async ({ service, id, body: { artifact, reason } }) =>
      shownProject(await service.pipeline.block(id, artifact, reason)),
  }),
];
