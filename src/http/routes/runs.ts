import { json, type Call, type Route, route } from '../route.ts';
import { approveBody, runBody, stopBody } from '../schemas.ts';
import { shownProject } from '../shown.ts';

const plan = { type: 'application/json', what: '`Plan`' };
const project = { type: 'application/json', what: '`Project`, without its film handle' };

/** Begins a run in the background; what becomes of it is in the project and its events. */
async function run({ service, id, body }: Call<unknown, ReturnType<ReturnType<typeof runBody>['parse']>>) {
  const { partial, retry, deadlineMs } = body;
  await service.pipeline.start(id, {
    partial,
    ...(retry === undefined ? {} : { retry }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  return shownProject(await service.pipeline.get(id), {}, 202);
}

/** Routes of plans and runs. */
export const runRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/projects/{id}/plan',
    action: 'plan',
    summary: 'What a run is going to do and to cost',
    replies: { 200: plan },
    handle: async ({ service, id }) => json(await service.pipeline.plan(id)),
  }),
  route({
    method: 'POST',
    path: '/projects/{id}/approve',
    action: 'approve',
    summary: 'Opens a gate for the plan that `digest` names',
    body: approveBody,
    replies: { 200: project },
    handle: async ({ service, id, body: { gate, digest } }) =>
      shownProject(await service.pipeline.approve(id, gate, digest)),
  }),
  ...(['run', 'resume'] as const).map((name) =>
    route({
      method: 'POST',
      path: `/projects/{id}/${name}`,
      action: 'run',
      summary: 'Drives the project until it rests, in the background; joins a run that is on',
      body: runBody,
      replies: { 202: project },
      handle: (call) => run(call),
    }),
  ),
  route({
    method: 'POST',
    path: '/projects/{id}/stop',
    action: 'stop',
    summary: 'Ends the run; nothing new is bought. With `drain` what is under way comes to its end first',
    body: stopBody,
    replies: {
      200: { type: 'application/json', what: '`{ operations: StoppedOperation[] }`' },
      202: { ...project, what: 'The run is draining' },
    },
    handle: async ({ service, id, body: { drain = false } }) => {
      const stopping = service.pipeline.stop(id, { drain });
      if (!drain) return json(await stopping);
      stopping.catch((error: unknown) =>
        service.logger?.error({ projectId: id, error: String(error) }, 'a stop failed'),
      );
      return shownProject(await service.pipeline.get(id), {}, 202);
    },
  }),
];
