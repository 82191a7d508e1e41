import { InvalidChangeError, StalePlanError } from '../errors/index.ts';
import { isReached } from '../project/gates.ts';
import type { GateName } from '../project/kinds.ts';
import { planSteps } from '../project/graph.ts';
import type { ProjectState } from '../project/state.ts';
import type { EngineContext } from './context.ts';
import type { ProjectLog } from './log.ts';
import { planOf } from './plan.ts';

function issueWith(state: ProjectState, gate: GateName): string | null {
  const { gates } = state.settings;
  if (!gates.includes(gate)) return `the project has no gate ${gate}; it has ${gates.join(', ') || 'none'}`;
  return isReached(planSteps(state), gate) ? null : `what stands before the gate ${gate} is not made yet`;
}

/** Approves a gate, and what the film costs at most, if `digest` names the plan as it is in the approving append. Throws `InvalidChangeError`, `StalePlanError`. */
export async function approve(context: EngineContext, log: ProjectLog, gate: GateName, digest: string): Promise<void> {
  await log.refresh();
  await log.decide((state) => {
    const issue = issueWith(state, gate);
    if (issue !== null) throw new InvalidChangeError({ issues: [issue] });
    const { plan, ceiling } = planOf(context, state);
    if (plan.digest !== digest)
      throw new StalePlanError({ projectId: state.id, approved: digest, present: plan.digest });
    return { events: [{ type: 'gate.approved', body: { gate, digest, worst: ceiling } }] };
  });
}
