import type { MicroUsd, ProjectSummary } from '../spec/index.ts';
import type { ProjectState } from './state.ts';

/** What lists show, folded to the state's seq. */
export function summaryOf(state: ProjectState): ProjectSummary {
  return {
    projectId: state.id,
    seq: state.seq,
    status: state.status,
    prompt: state.settings.prompt.slice(0, 500),
    createdAt: state.created.at,
    updatedAt: state.updatedAt,
    scenes: state.scenes.length,
    charged: state.ledger.charged as MicroUsd,
    account: state.settings.account,
    labels: state.settings.labels,
  };
}
