import { useCallback, useEffect, useState } from 'react';
import type { Page, ProjectSummary } from 'vidpipe';
import { api } from '../lib/api.ts';
import { LISTED, STATUS_NAMES } from '../lib/format.ts';
import { Link } from '../lib/router.tsx';
import { useLoad } from '../lib/use-load.ts';
import { useStored } from '../lib/use-stored.ts';
import { SelectField, TextField } from '../parts/field.tsx';
import { ProjectCard } from '../parts/project-card.tsx';
import { Loading, Problem } from '../parts/told.tsx';

const SHOWN = 24;

/** Pages of the list from the newest on, until `enough` of them match or the list ends. */
async function search(status: string, matches: (project: ProjectSummary) => boolean, enough: number) {
  const items: ProjectSummary[] = [];
  let page: Page<ProjectSummary> = { items: [], next: null };
  do {
    const from = page.next === null ? {} : { cursor: page.next };
    page = await api.list({ ...from, limit: 100, ...(status === '' ? {} : { status }) });
    items.push(...page.items.filter(matches));
  } while (page.next !== null && items.length < enough);
  return { items: items.slice(0, enough), more: items.length > enough || page.next !== null };
}

/** Whether all words of a search are in what a list shows of a project. */
function matcher(words: string): (project: ProjectSummary) => boolean {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ prompt, projectId, labels }) => {
    const text = [prompt, projectId, ...Object.values(labels)].join(' ').toLowerCase();
    return wanted.every((word) => text.includes(word));
  };
}

function NoFilms({ isSearch }: { readonly isSearch: boolean }) {
  return (
    <section className="empty">
      <h2>{isSearch ? 'No film is like that' : 'No films yet'}</h2>
      <p>
        <Link to="/new" className="button primary">
          Make {isSearch ? 'one' : 'the first one'}
        </Link>
      </p>
    </section>
  );
}

function useProjects(status: string, words: string, most: number) {
  const load = useCallback(() => search(status, matcher(words), most), [status, words, most]);
  const loaded = useLoad(load, words === '' ? 0 : 200);
  const { reload } = loaded;
  useEffect(() => {
    // A search may take many pages: it is not repeated by itself.
    if (words !== '') return undefined;
    const timer = setInterval(() => (document.hidden ? undefined : reload()), 5000);
    return () => clearInterval(timer);
  }, [reload, words]);
  return loaded;
}

/** All films, newest first, with a search and a filter. */
export function ProjectsPage() {
  const [{ words, status }, change] = useStored('projects', { words: '', status: '' });
  const [most, setMost] = useState(SHOWN);
  const { data, error, reload } = useProjects(status, words, most);
  return (
    <>
      <title>Films · vidpipe studio</title>
      <h1>Films</h1>
      <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <TextField label="Search" type="search" value={words} onChange={(text) => change({ words: text })} />
        <SelectField
          label="Status"
          value={status}
          options={[['', 'Any'], ...LISTED.map((each) => [each, STATUS_NAMES[each]] as const)]}
          onChange={(each) => change({ status: each })}
        />
      </form>
      <Problem error={error} retry={reload} />
      {data === null && error === null ? <Loading /> : null}
      {data?.items.length === 0 ? <NoFilms isSearch={words !== '' || status !== ''} /> : null}
      <ul className="cards" aria-label="Films">
        {data?.items.map((project) => (
          <ProjectCard key={project.projectId} summary={project} />
        ))}
      </ul>
      {data?.more === true ? (
        <button type="button" onClick={() => setMost(most + SHOWN)}>
          Show more
        </button>
      ) : null}
    </>
  );
}
