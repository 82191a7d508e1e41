import { z } from 'zod';
import { ProjectDeletedError, ProjectNotFoundError } from '../errors/index.ts';
import { once } from '../project/once.ts';
import type { Settings } from '../project/settings.ts';
import { NOBODY, type Owner, permit } from './authorize.ts';
import { jsonOf, parsed, queryOf } from './body.ts';
import { isLinked } from './links.ts';
import type { Service } from './options.ts';
import { Refusal } from './refusal.ts';
import type { Call, Route } from './route.ts';

/** A route with what its path names. */
export interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** What came of something, for when the request is known to be allowed. */
type Outcome<T> = { readonly value: T } | { readonly error: unknown };

async function outcomeOf<T>(work: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}

function valueOf<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

const ID = /^[\w-]{1,64}$/;

/** Whom a project belongs to. Throws `ProjectNotFoundError`. */
async function ownerOf(service: Service, projectId: string): Promise<Settings> {
  if (!ID.test(projectId)) throw new ProjectNotFoundError({ projectId });
  return service.pipeline.settings(projectId);
}

const claim = once(() =>
  z.object({
    account: z.string().nullable().catch(null).optional(),
    labels: z.record(z.string(), z.string()).catch({}).optional(),
  }),
);

/** Whom a body or query says that something is to belong to; a field that it does not have is not there. */
function claimOf(value: unknown): Partial<Owner> {
  const { account, labels } = claim().safeParse(value).data ?? {};
  return { ...(account === undefined ? {} : { account }), ...(labels === undefined ? {} : { labels }) };
}

/** The settings that the body of a change or a fork has. */
function changedSettings(body: unknown): unknown {
  const { settings, changes } = (body ?? {}) as { settings?: unknown; changes?: { settings?: unknown } | null };
  return settings ?? changes?.settings;
}

/** The error of a project that is not there; others are faults, and nobody is asked about them. */
function absence(project: Outcome<Settings> | null): unknown {
  if (project === null || !('error' in project)) return null;
  const { error } = project;
  if (error instanceof ProjectNotFoundError || error instanceof ProjectDeletedError) return error;
  throw error;
}

/** Asks `authorize` for what the request would do, and again where it would give a project to somebody else. */
async function assertAllowed(
  service: Service,
  request: Request,
  { route, params }: Found,
  { project, body, query }: { project: Outcome<Settings> | null; body: unknown; query: unknown },
): Promise<void> {
  const { action } = route;
  const projectId = params['id'] ?? null;
  const present = project !== null && 'value' in project ? project.value : null;
  const claimed = projectId === null ? { ...claimOf(query), ...claimOf(body) } : {};
  const { account, labels } = { ...NOBODY, ...present, ...claimed };
  const subject = { action, projectId, account, labels };
  await permit(service.authorize, request, subject);
  const moved = projectId === null ? {} : claimOf(changedSettings(body));
  if (Object.keys(moved).length > 0) await permit(service.authorize, request, { ...subject, ...moved });
}

/** Query labels as `authorize` is told of them. */
function claimedQuery(query: Outcome<unknown>): unknown {
  const { account, label: labels } = ('value' in query ? query.value : {}) as { account?: string; label?: object };
  return { account, labels };
}

/**
 * Does a request that is allowed. `authorize` is asked before anything is told, also of faults of the request itself; a signed link that is valid has
 * been allowed already.
 */
export async function perform(service: Service, request: Request, url: URL, found: Found): Promise<Response> {
  const { route, params } = found;
  const id = params['id'] ?? '';
  const digest = params['digest'] ?? '';
  const project = params['id'] === undefined ? null : await outcomeOf(() => ownerOf(service, id));
  const missing = absence(project);
  const query = await outcomeOf(() => parsed(route.query(), queryOf(url.searchParams), 400, 'query'));
  const raw = route.body === null ? { value: undefined } : await outcomeOf(() => jsonOf(request, service.limits));
  const isByLink =
    route.action === 'assets' && digest !== '' && isLinked(service.links, url.searchParams, { projectId: id, digest });
  const body = 'value' in raw ? raw.value : undefined;
  if (!isByLink) await assertAllowed(service, request, found, { project, body, query: claimedQuery(query) });
  if (missing !== null)
    throw missing instanceof Error ? missing : new Refusal(404, 'not-found', 'There is no such project.');
  const checked: Pick<Call, 'query' | 'body'> = {
    query: valueOf(query),
    body: route.body === null ? undefined : parsed(route.body(), valueOf(raw), 422, 'body'),
  };
  return route.handle({ service, request, url, id, params, ...checked });
}
