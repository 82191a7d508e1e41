import type { MicroUsd, ModelId, OperationHandle } from '../spec/index.ts';
import { SUPPLIED } from './held.ts';
import { projectOfCall } from './inherited.ts';
import type { Artifact, ProjectState } from './state.ts';

/** How an artifact came to be. */
export interface Provenance {
  /** `inherited`: another project has made it. `supplied`: the user's own. */
  readonly source: 'generated' | 'inherited' | 'supplied';
  /** The project that has made it. */
  readonly projectId: string;
  /** The billable call; `null` for what was made on a machine: films, and frames taken from a clip. */
  readonly callId: string | null;
  readonly model: ModelId | null;
  readonly seed: number | null;
  /** The exact request, media by digest. */
  readonly request: Readonly<Record<string, unknown>> | null;
  /** The provider's own reference to the job, where this project's log has it. */
  readonly handle: OperationHandle | null;
  /** What the call has cost; `null` where nothing was paid or nobody can say. */
  readonly charged: MicroUsd | null;
}

function seedOf(request: Provenance['request']): number | null {
  const seed = request?.['seed'];
  return typeof seed === 'number' ? seed : null;
}

function sourceOf(state: ProjectState, { fingerprint }: Artifact, projectId: string): Provenance['source'] {
  if (fingerprint === SUPPLIED) return 'supplied';
  return projectId === state.id ? 'generated' : 'inherited';
}

/** How an artifact of a project came to be. Pure. */
export function provenanceOf(state: ProjectState, artifact: Artifact): Provenance {
  const { callId, origin } = artifact;
  if (origin !== null) {
    const source = sourceOf(state, artifact, origin.projectId);
    return { source, ...origin, seed: seedOf(origin.request), handle: null };
  }
  const call = callId === null ? undefined : state.calls.get(callId);
  const request = call?.intended.body.request ?? null;
  const projectId = callId === null ? state.id : projectOfCall(callId);
  return {
    source: sourceOf(state, artifact, projectId),
    projectId,
    callId,
    model: call?.intended.body.model ?? null,
    seed: seedOf(request),
    request,
    handle: call?.handle ?? null,
    charged: call?.settled?.charged ?? null,
  };
}
