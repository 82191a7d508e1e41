import type { EngineContext } from './context.ts';
import { isProvenDead } from './owner.ts';

/** Whether somebody drives a project: its lease is live, and its owner not proven dead. */
export async function isDriven({ events }: EngineContext, projectId: string): Promise<boolean> {
  const lease = await events.leaseOf(projectId);
  return lease !== null && !isProvenDead(lease.owner);
}
