import type { ProjectView } from 'vidpipe';
import { titleOf } from '../lib/format.ts';
import { useProject } from '../lib/use-project.ts';
import { Controls } from '../parts/controls.tsx';
import { Film } from '../parts/film.tsx';
import { Lineage } from '../parts/lineage.tsx';
import { Money } from '../parts/money.tsx';
import { ProgressLine } from '../parts/progress-line.tsx';
import { Scenes } from '../parts/scenes.tsx';
import { Blocked, Storyboard } from '../parts/storyboard.tsx';
import { Loading, Problem, StatusChip, Warnings } from '../parts/told.tsx';
import { WaitingPanel } from '../parts/waiting.tsx';

interface TopProps {
  readonly feed: ReturnType<typeof useProject>;
  readonly project: ProjectView;
  readonly title: string;
}

/** How the film stands, and what can be done. */
function Top({ feed, project, title }: TopProps) {
  const { plan, refresh } = feed;
  return (
    <>
      <div className="head">
        <h1>{title}</h1>
        <StatusChip status={project.status} />
      </div>
      {feed.isConnected ? null : (
        <p className="notice warn" role="status">
          The server is out of reach. This page goes on as soon as it is back.
        </p>
      )}
      <Problem error={feed.error} />
      <ProgressLine {...feed} project={project} />
      <Controls project={project} refresh={refresh} />
      <WaitingPanel project={project} plan={plan} refresh={refresh} />
      {project.error === null ? null : (
        <p className="notice bad">
          {project.error.message} <code>{project.error.code}</code>
        </p>
      )}
    </>
  );
}

/** One film: how it stands, live, and what can be done about it. */
export function ProjectPage({ id }: { readonly id: string }) {
  const feed = useProject(id);
  const { project, error } = feed;
  if (project === null) return error === null ? <Loading /> : <Problem error={error} />;
  const title = titleOf(project.settings.prompt);
  return (
    <>
      <title>{`${title} · vidpipe studio`}</title>
      <Top feed={feed} project={project} title={title} />
      <div className="columns">
        <div>
          <Film project={project} />
          <Scenes project={project} notes={feed.notes} progress={feed.progress} />
        </div>
        <div className="side">
          <Money project={project} plan={feed.plan} />
          <Warnings warnings={project.warnings} />
          <Blocked project={project} />
          <Storyboard project={project} />
          <Lineage project={project} />
        </div>
      </div>
    </>
  );
}
