import { openApiOf } from '../openapi.ts';
import { json, type Route, route } from '../route.ts';
import { assetRoutes } from './assets.ts';
import { changeRoutes } from './changes.ts';
import { eventRoutes } from './events.ts';
import { projectRoutes } from './projects.ts';
import { runRoutes } from './runs.ts';
import { serviceRoutes } from './service.ts';

const groups = [serviceRoutes, projectRoutes, runRoutes, changeRoutes, eventRoutes, assetRoutes];

/** The document is made once for each path that handlers are under. */
const documents = new Map<string, object>();

const describe: Route = route({
  method: 'GET',
  path: '/openapi.json',
  action: 'describe',
  summary: 'This document',
  replies: { 200: { type: 'application/json', what: 'OpenAPI 3.1' } },
  handle: ({ service: { basePath = '' } }) => {
    const document = documents.get(basePath) ?? openApiOf(allRoutes(), basePath);
    documents.set(basePath, document);
    return Promise.resolve(json(document));
  },
});

/** Every route of a handler. */
export const allRoutes = (): readonly Route[] => [describe, ...groups.flat()];
