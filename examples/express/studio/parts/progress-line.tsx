import type { Plan, ProjectView } from 'vidpipe';
import { percent, seconds } from '../lib/format.ts';

interface ProgressLineProps {
  readonly project: ProjectView;
  readonly plan: Plan | null;
  readonly progress: Readonly<Record<string, number>>;
  readonly etaSeconds: number | null;
}

function timeLeft({ project, plan, etaSeconds }: ProgressLineProps): string {
  if (project.status === 'completed') return '';
  const left = etaSeconds ?? plan?.eta?.p50 ?? null;
  return left === null ? 'time left not known yet' : `about ${seconds(left)} left`;
}

/** How far the whole film is. */
export function ProgressLine(props: ProgressLineProps) {
  const { project } = props;
  const done = project.steps.filter(({ status }) => status === 'completed').length;
  return (
    <div className="progress-line">
      <progress value={project.progress} max={1} aria-label="Progress of the film" />
      <p role="status">
        <strong>{percent(project.progress)}</strong>
        <span>
          {done} of {project.steps.length} steps
        </span>
        <span>{timeLeft(props)}</span>
      </p>
    </div>
  );
}
