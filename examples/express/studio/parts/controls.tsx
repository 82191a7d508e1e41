import type { ProjectView } from 'vidpipe';
import { api } from '../lib/api.ts';
import { go, Link } from '../lib/router.tsx';
import { type Action, useAction } from '../lib/use-action.ts';
import { Problem } from './told.tsx';

interface ControlsProps {
  readonly project: ProjectView;
  readonly refresh: () => Promise<void>;
}

/** Whether a run would do anything. A gate is opened first. */
function canRun({ status, steps, waiting }: ProjectView): boolean {
  if (status === 'running' || waiting?.reason === 'gate') return false;
  return status !== 'completed' || steps.some((step) => step.status !== 'completed');
}

function StopButtons({ id, action }: { readonly id: string; readonly action: Action }) {
  return (
    <>
      <button type="button" disabled={action.isBusy} onClick={() => action.run(() => api.stop(id, { drain: true }))}>
        Stop after what is under way
      </button>
      <button type="button" disabled={action.isBusy} onClick={() => action.run(() => api.stop(id))}>
        Stop now
      </button>
    </>
  );
}

function DeleteButton({ id, action }: { readonly id: string; readonly action: Action }) {
  const remove = async (): Promise<void> => {
    if (!confirm('Delete this film for good? What it has cost stays counted.')) return;
    await api.delete(id);
    go('/');
  };
  return (
    <button type="button" className="quiet" disabled={action.isBusy} onClick={() => action.run(remove)}>
      Delete
    </button>
  );
}

/** Go on, stop, change, delete. */
export function Controls({ project, refresh }: ControlsProps) {
  const action = useAction();
  const { id, status } = project;
  const isRefused = status !== 'running' && project.steps.some((step) => step.status === 'refused');
  const run = (options: { readonly retry?: 'refused' } = {}): void =>
    action.run(() => api.run(id, options).then(refresh));
  return (
    <>
      <div className="controls">
        {canRun(project) ? (
          <button type="button" className="primary" disabled={action.isBusy} onClick={() => run()}>
            {status === 'pending' ? 'Start' : 'Go on'}
          </button>
        ) : null}
        {isRefused ? (
          <button type="button" disabled={action.isBusy} onClick={() => run({ retry: 'refused' })}>
            Try refused scenes again
          </button>
        ) : null}
        {status === 'running' ? <StopButtons id={id} action={action} /> : null}
        <Link to={`/projects/${id}/changes`} className="button">
          Change
        </Link>
        {status === 'running' ? null : <DeleteButton id={id} action={action} />}
      </div>
      <Problem error={action.error} />
    </>
  );
}
