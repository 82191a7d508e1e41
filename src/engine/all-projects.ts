import type { Page, ProjectQuery, ProjectSummary } from '../spec/index.ts';
import type { EngineContext } from './context.ts';

/** Summaries of all projects that a query finds, whatever page they are on. */
export async function* allProjects(
  { events }: EngineContext,
  query: ProjectQuery = {},
): AsyncGenerator<ProjectSummary> {
  let cursor: string | null = null;
  do {
    const next: Pick<ProjectQuery, 'cursor'> = cursor === null ? {} : { cursor };
    const page: Page<ProjectSummary> = await events.list({ ...query, limit: 200, ...next });
    yield* page.items;
    cursor = page.next;
  } while (cursor !== null);
}
