import type { Page, ProjectQuery, ProjectSummary } from '../spec/index.ts';
import type { EngineContext } from './context.ts';

/** Every project that a query finds, a page at a time. */
export async function* allProjects({ events }: EngineContext, query: ProjectQuery): AsyncGenerator<ProjectSummary> {
  let cursor: string | null = null;
  do {
    const page: Page<ProjectSummary> = await events.list({
      ...query,
      limit: 200,
      ...(cursor === null ? {} : { cursor }),
    });
    yield* page.items;
    cursor = page.next;
  } while (cursor !== null);
}
