import { LeaseHeldError } from '../errors/index.ts';
import type { Lease } from '../spec/index.ts';
import type { EngineContext } from './context.ts';
import { isProvenDead } from './owner.ts';

/** Takes a project's lease; that of an owner proven dead is given back in its name first, so that nobody waits for a killed process. Throws `LeaseHeldError`. */
export async function takeLease({ events, owner, leaseMs }: EngineContext, projectId: string): Promise<Lease> {
  try {
    return await events.lease(projectId, owner, leaseMs);
  } catch (error) {
    const holder = error instanceof LeaseHeldError ? String(error.details['owner']) : null;
    if (holder === null || !isProvenDead(holder)) throw error;
    await (await events.lease(projectId, holder, leaseMs)).release();
    return events.lease(projectId, owner, leaseMs);
  }
}
