import { type ReactNode, useEffect, useRef } from 'react';
import { Link, usePath } from './lib/router.tsx';
import { ChangesPage } from './pages/changes.tsx';
import { MetricsPage } from './pages/metrics.tsx';
import { NewFilmPage } from './pages/new-film.tsx';
import { ProjectPage } from './pages/project.tsx';
import { ProjectsPage } from './pages/projects.tsx';

const PLACES: readonly (readonly [pattern: RegExp, page: (id: string) => ReactNode])[] = [
  [/^\/$/, () => <ProjectsPage />],
  [/^\/new$/, () => <NewFilmPage />],
  [/^\/metrics$/, () => <MetricsPage />],
  [/^\/projects\/([\w-]+)$/, (id) => <ProjectPage key={id} id={id} />],
  [/^\/projects\/([\w-]+)\/changes$/, (id) => <ChangesPage key={id} id={id} />],
];

function pageAt(path: string): ReactNode {
  for (const [pattern, page] of PLACES) {
    const found = pattern.exec(path);
    if (found !== null) return page(found[1] ?? '');
  }
  return <NotFound />;
}

function NotFound() {
  return (
    <section className="empty">
      <title>Not found · vidpipe studio</title>
      <h1>There is nothing here</h1>
      <p>
        <Link to="/">All films</Link>
      </p>
    </section>
  );
}

/** The frame around every page: the way to each place, and the page of the address. */
export function App() {
  const path = usePath();
  const main = useRef<HTMLElement>(null);
  const before = useRef(path);
  // A new page begins at its top, and those who do not see it are told of it.
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <>
      <a className="skip" href="#main">
        To the content
      </a>
      <header className="top">
        <Link to="/" className="brand">
          vidpipe <span>studio</span>
        </Link>
        <nav aria-label="Places">
          <Link to="/">Films</Link>
          <Link to="/metrics">Metrics</Link>
          <Link to="/new" className="button primary">
            New film
          </Link>
        </nav>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {pageAt(path)}
      </main>
    </>
  );
}
