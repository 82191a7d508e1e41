import type { ProjectSettings } from '../../project/settings.ts';
import { ledgerCsv } from '../../money/ledger-csv.ts';
import type { TallyQuery } from '../../spec/index.ts';
import { Refusal } from '../refusal.ts';
import { json, type Route, route } from '../route.ts';
import { metricsQuery, settingsBody } from '../schemas.ts';

const reply = (what: string) => ({ 200: { type: 'application/json', what } });

/** Routes of money, and of what concerns no single project. */
export const serviceRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/health',
    action: 'health',
    summary: 'Whether the handler answers and its store can be read',
    replies: reply('`{ status: "ok" }`; a problem with 503 where the store can not be read'),
    handle: async ({ service }) => {
      try {
        await service.pipeline.list({ limit: 1 });
      } catch (error) {
        service.logger?.error({ error: String(error) }, 'the store can not be read');
        throw new Refusal(503, 'unavailable', 'The store can not be read.');
      }
      return json({ status: 'ok' });
    },
  }),
  route({
    method: 'GET',
    path: '/models',
    action: 'models',
    summary: 'Every model with what it can do and what it costs',
    replies: reply('`{ items: ModelEntry[] }`, each with its full id'),
    handle: ({ service }) =>
      Promise.resolve(json({ items: [...service.pipeline.models()].map(([id, entry]) => ({ ...entry, id })) })),
  }),
  route({
    method: 'GET',
    path: '/limits',
    action: 'limits',
    summary: 'How close the models are to their limits',
    replies: reply('`Limits`'),
    handle: async ({ service }) => json(await service.pipeline.limits()),
  }),
  route({
    method: 'GET',
    path: '/metrics',
    action: 'metrics',
    summary: 'Counts over projects',
    query: metricsQuery,
    replies: reply('`Metrics`'),
    handle: async ({ service, query }) => json(await service.pipeline.metrics(query as TallyQuery)),
  }),
  route({
    method: 'POST',
    path: '/estimate',
    action: 'estimate',
    summary: 'The plan of settings: what a film would take and cost; nothing is recorded',
    body: settingsBody,
    replies: reply('`Plan`'),
    handle: async ({ service, body }) => json(await service.pipeline.plan(body as object as ProjectSettings)),
  }),
  route({
    method: 'GET',
    path: '/projects/{id}/ledger',
    action: 'ledger',
    summary: 'All money of a project, call by call; as `text/csv` too',
    headers: { Accept: '`text/csv` for a table' },
    replies: reply('`Ledger`'),
    handle: async ({ service, request, id }) => {
      const ledger = await service.pipeline.ledger(id);
      if (request.headers.get('accept')?.includes('text/csv') !== true) return json(ledger);
      return new Response(ledgerCsv(ledger), { headers: { 'content-type': 'text/csv; charset=utf-8' } });
    },
  }),
];
