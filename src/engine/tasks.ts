import { planSteps, wantedStep } from '../project/graph.ts';
import { knownStepAt, openCalls, type ProjectState } from '../project/state.ts';
import { canGoOn, STEP } from '../project/status.ts';
import type { KnownStep, Step } from '../project/steps.ts';
import type { Task } from '../spec/index.ts';
import { isBlocked } from '../stages/remedies.ts';
import type { EngineContext } from './context.ts';

type Named = Pick<KnownStep, 'id' | 'fingerprint' | 'ordinal' | 'model'>;

/** The task of a step in a run. A step whose model nobody offers (any more) fails as soon as it runs, wherever that is. */
function taskOf(
  { catalogue }: EngineContext,
  { projectId, run }: Pick<Task, 'projectId' | 'run'>,
  { id, fingerprint, ordinal, model }: Named,
  priority: number,
): Task {
  const key = `${projectId}/${id}/${fingerprint}/${ordinal}`;
  const queue = model !== null && catalogue.has(model) ? model : 'media';
  return { key, queue, projectId, run, stepId: id, fingerprint, ordinal, priority };
}

/** Calls that are open for steps that are wanted no more: they are seen to their end. */
function goneSteps(state: ProjectState, steps: readonly Step[]): Named[] {
  const running = new Set(
    steps.flatMap(({ id, fingerprint, status }) => (canGoOn(status) ? [`${id} ${fingerprint}`] : [])),
  );
  return openCalls(state).flatMap(({ intended: { body } }) => {
    const { stepId: id, fingerprint, ordinal, model } = body;
    return running.has(`${id} ${fingerprint}`) ? [] : [{ id, fingerprint, ordinal, model }];
  });
}

/** Tasks of all steps of a run that can go on, in the order of the plan; once it is ending only of those with an open call. */
export function tasksOf(
  context: EngineContext,
  ids: Pick<Task, 'projectId' | 'run'>,
  state: ProjectState,
  isEnding: boolean,
): Task[] {
  const steps = planSteps(state);
  const planned = steps.flatMap((step, index) => {
    const { status, fingerprint } = step;
    const isWanted = isEnding ? status === STEP.running : canGoOn(status);
    return isWanted && fingerprint !== null ? [taskOf(context, ids, { ...step, fingerprint }, index)] : [];
  });
  const gone = goneSteps(state, steps).map((step, index) => taskOf(context, ids, step, steps.length + index));
  return [...planned, ...gone];
}

/**
 * What a step has come to rest on: whether it can go on, how its last call stands, and whether its take may be used. A fact, a block or a change from
 * elsewhere changes that; so does another step that is refused and left out, and takes away for a while what this one is drawn from.
 */
export function standOf(state: ProjectState, { stepId, fingerprint }: Pick<Task, 'stepId' | 'fingerprint'>): string {
  const last = knownStepAt(state, stepId, fingerprint)?.calls.at(-1);
  const step = wantedStep(state, stepId, fingerprint);
  const blocked = step !== undefined && isBlocked(state, step);
  const ready = step !== undefined && canGoOn(step.status);
  return `${last?.intended.body.callId} ${last?.state} ${blocked} ${ready}`;
}
