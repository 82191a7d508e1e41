import { wantedStep } from '../project/graph.ts';
import type { KnownStep } from '../project/steps.ts';
import { knownStepAt, type ProjectState } from '../project/state.ts';
import type { Task } from '../spec/index.ts';
import { isBlocked } from '../stages/remedies.ts';
import type { EngineContext } from './context.ts';

/** The task of a step in a run. A step whose model nobody offers (any more) fails as soon as it runs, wherever that is. */
export function taskOf(
  { catalogue }: EngineContext,
  { projectId, run }: Pick<Task, 'projectId' | 'run'>,
  { id, fingerprint, ordinal, model }: Pick<KnownStep, 'id' | 'fingerprint' | 'ordinal' | 'model'>,
  priority: number,
): Task {
  const key = `${projectId}/${id}/${fingerprint}/${ordinal}`;
  const queue = model !== null && catalogue.has(model) ? model : 'media';
  return { key, queue, projectId, run, stepId: id, fingerprint, ordinal, priority };
}

/** What a step has come to rest on: how its last call stands, and whether its take may be used. A fact or a block from elsewhere changes that. */
export function standOf(state: ProjectState, { stepId, fingerprint }: Pick<Task, 'stepId' | 'fingerprint'>): string {
  const last = knownStepAt(state, stepId, fingerprint)?.calls.at(-1);
  const step = wantedStep(state, stepId, fingerprint);
  const blocked = step !== undefined && isBlocked(state, step);
  return `${last?.intended.body.callId} ${last?.state} ${blocked}`;
}
