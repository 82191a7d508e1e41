import { sumOf } from '../money/estimate.ts';
import { awaitedCalls } from '../project/awaited.ts';
import type { Waiting } from '../project/events.ts';
import { isHeld } from '../project/gates.ts';
import { planSteps } from '../project/graph.ts';
import { heldBy, openCalls, type ProjectState } from '../project/state.ts';
import { canGoOn, isUnsuccessful } from '../project/status.ts';
import type { MicroUsd } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { type PlanStep, planOf } from './plan.ts';
import { roomsOf } from './pools.ts';

/** What steps are expected to cost beyond what is held for their open calls. */
function expectedOf(state: ProjectState, steps: readonly PlanStep[]): MicroUsd | null {
  const held = new Map<string, number>();
  for (const call of openCalls(state)) {
    const { stepId } = call.intended.body;
    held.set(stepId, (held.get(stepId) ?? 0) + heldBy(call));
  }
  const costs = steps.map(({ id, cost }) => ({
    ...cost,
    expected: cost.expected === null ? null : (Math.max(0, cost.expected - (held.get(id) ?? 0)) as MicroUsd),
  }));
  return sumOf(costs).expected;
}

/**
 * What a run lacks for all that it is expected to buy, up to the next closed gate, in the pool that lacks most; `null` where it fits, where no pool has a
 * cap, and where nobody knows a price. What a fork waits for is expected to come from its parent.
 */
export async function shortfall(context: EngineContext, state: ProjectState): Promise<Waiting | null> {
  const rooms = await roomsOf(context, state);
  if (rooms.size === 0 || !planSteps(state).some(({ status }) => canGoOn(status))) return null;
  const awaited = new Set(awaitedCalls(state).map(({ stepId }) => stepId));
  const { steps } = planOf(context, state).plan;
  const bought = steps.filter(
    ({ id, kind, status }) => !isHeld(state, kind) && !isUnsuccessful(status) && !awaited.has(id),
  );
  const expected = expectedOf(state, bought);
  if (expected === null) return null;
  const [tightest] = [...rooms].toSorted(([, one], [, other]) => one - other);
  if (tightest === undefined || expected <= tightest[1]) return null;
  return { reason: 'budget', pool: tightest[0], missing: (expected - tightest[1]) as MicroUsd };
}

/** Whether the last run was cut off while it was buying: it had enough then, or was to buy in part, and the next run only goes on with it. */
export function wasBuying({ run, calls }: ProjectState): boolean {
  if (run === null || run.ended !== null) return false;
  return [...calls.values()].some(({ intended }) => intended.body.run === run.run);
}
