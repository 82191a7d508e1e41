import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import type { ProjectStatus, ProjectSummary, ProjectView } from 'vidpipe';
import { api } from '../lib/api.ts';
import { count, titleOf, usd, when } from '../lib/format.ts';
import { Link } from '../lib/router.tsx';
import { useLoad } from '../lib/use-load.ts';
import { StatusChip } from './told.tsx';

/** Whether an element has been near the part of the page that is seen. */
function useSeen(element: RefObject<HTMLElement | null>): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
      },
      { rootMargin: '200px' },
    );
    if (element.current !== null) observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return isSeen;
}

/** The first picture that a project has. */
function pictureOf(project: ProjectView | null): string | null {
  const blocked = new Set(project?.blocked.map(({ digest }) => digest));
  for (const { start, end } of project?.scenes ?? [])
    for (const still of [start, end])
      if (project !== null && still !== null && !blocked.has(still.digest))
        return api.assetUrl(project.id, still.digest);
  return null;
}

/** A film in the list. Its picture is looked for when it comes into sight. */
export function ProjectCard({ summary }: { readonly summary: ProjectSummary }) {
  const { projectId, seq, prompt, createdAt, scenes, charged } = summary;
  const card = useRef<HTMLLIElement>(null);
  const isSeen = useSeen(card);
  // Another `seq` is another project to look at.
  const load = useCallback(() => api.get(projectId), [projectId, seq]);
  const { data } = useLoad(isSeen ? load : null);
  const picture = pictureOf(data);
  return (
    <li className="card" ref={card}>
      <Link to={`/projects/${projectId}`}>
        <span className="thumb">{picture === null ? null : <img src={picture} alt="" loading="lazy" />}</span>
        <span className="title">{titleOf(prompt)}</span>
      </Link>
      <p className="meta">
        <StatusChip status={data?.status ?? (summary.status as ProjectStatus)} />
        <span>{count(scenes, 'scene')}</span>
        <span>{usd(charged)}</span>
        <time dateTime={createdAt}>{when(createdAt)}</time>
      </p>
    </li>
  );
}
