import { useCallback, useState } from 'react';
import type { Part, Plan, ProjectView } from 'vidpipe';
import type { ClientChanges } from 'vidpipe/client';
import { api } from '../lib/api.ts';
import type { Files } from '../lib/changes-draft.ts';
import { forkChanges } from '../lib/family.ts';
import { count, usd } from '../lib/format.ts';
import { go } from '../lib/router.tsx';
import { useAction } from '../lib/use-action.ts';
import { useLoad } from '../lib/use-load.ts';
import { PlanFigures } from './cost.tsx';
import { CheckField } from './field.tsx';
import { Problem } from './told.tsx';

/** What a step of a plan is, in words. */
function stepName({ scenes }: ProjectView, { id, kind, sceneId }: Plan['steps'][number]): string {
  const at = scenes.findIndex((scene) => scene.id === sceneId);
  const where = at < 0 ? '' : `scene ${at + 1}, `;
  if (kind === 'keyframe' || kind === 'border') return `${where}${id.endsWith(':start') ? 'first' : 'last'} frame`;
  return `${where}${kind}`;
}

function Made({ project, plan }: { readonly project: ProjectView; readonly plan: Plan }) {
  const made = plan.steps.filter(({ action }) => action === 'make' || action === 'remake');
  return (
    <>
      <p>
        <strong>{plan.reused} reused</strong>, {plan.remade} made again, {made.length - plan.remade} new
        {plan.superseded.length === 0 ? '' : `, ${plan.superseded.length} no more used`}
      </p>
      {made.length === 0 ? null : (
        <details>
          <summary>{count(made.length, 'step')} to be made</summary>
          <ul>
            {made.map((step) => (
              <li key={step.id}>
                {stepName(project, step)}: {usd(step.cost.expected)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** The plan of the changes as they stand now. */
function usePlan(id: string, seq: number, changes: ClientChanges) {
  const text = JSON.stringify(changes);
  // After another event the plan may be another.
  const load = useCallback(() => api.plan(id, JSON.parse(text) as ClientChanges), [id, seq, text]);
  return useLoad(text === '{}' ? null : load, 250);
}

async function supplyAll(project: ProjectView, files: Files): Promise<void> {
  for (const [sceneId, parts] of Object.entries(files))
    for (const [part, file] of Object.entries(parts)) await api.supply(project.id, sceneId, part as Part, file);
}

interface Props {
  readonly project: ProjectView;
  readonly changes: ClientChanges;
  readonly files: Files;
  readonly reset: () => void;
}

/** Makes the changes here or in a fork, then the pictures of one's own, and goes on if that is wished. */
async function apply({ project, changes, files }: Props, isFork: boolean, isStart: boolean): Promise<string> {
  const isSame = Object.keys(changes).length === 0;
  // While a run is on every event is a new `seq`; at rest another one means that somebody else was here.
  const seq = project.status === 'running' ? {} : { seq: project.seq };
  const changed = isFork
    ? await api.fork(project.id, forkChanges(project, changes))
    : isSame
      ? project
      : await api.change(project.id, changes, seq);
  await supplyAll(changed, files);
  if (isStart) await api.run(changed.id);
  return changed.id;
}

interface WaysProps {
  readonly isReady: boolean;
  readonly act: (isFork: boolean) => void;
}

function Ways({ isReady, act }: WaysProps) {
  return (
    <>
      <button type="button" className="primary" disabled={!isReady} onClick={() => act(false)}>
        Change this film
      </button>
      <button type="button" disabled={!isReady} onClick={() => act(true)}>
        Make a fork
      </button>
    </>
  );
}

/** What the changes take, and the two ways to make them. */
export function ChangePlan(props: Props) {
  const { project, changes, files, reset } = props;
  const action = useAction();
  const [isStart, setStart] = useState(true);
  const { data: plan, error } = usePlan(project.id, project.seq, changes);
  const own = Object.values(files).flatMap((parts) => Object.values(parts)).length;
  const isEmpty = Object.keys(changes).length === 0;
  const isReady = !action.isBusy && (isEmpty ? own > 0 : plan !== null && error === null);
  const act = (isFork: boolean): void =>
    action.run(async () => {
      const id = await apply(props, isFork, isStart);
      reset();
      go(`/projects/${id}`);
    });
  return (
    <aside className="panel" aria-labelledby="plan" aria-live="polite">
      <h2 id="plan">Plan</h2>
      {isEmpty ? <p className="hint">Nothing is different yet.</p> : <Problem error={error} />}
      {isEmpty || plan === null || error !== null ? null : (
        <>
          <Made project={project} plan={plan} />
          <PlanFigures plan={plan} />
        </>
      )}
      {own === 0 ? null : (
        <p className="hint">On top of it: {count(own, 'file')} of your own. What they make anew is not in this plan.</p>
      )}
      <CheckField label="Go on at once" checked={isStart} onChange={setStart} />
      <Ways isReady={isReady} act={act} />
      <button type="button" className="quiet" onClick={reset}>
        Take back
      </button>
      <Problem error={action.error} />
    </aside>
  );
}
