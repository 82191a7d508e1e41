import { blockArtifact } from '../project/block-artifact.ts';
import { planSteps } from '../project/graph.ts';
import type { Digest } from '../spec/index.ts';
import type { ProjectLog } from './log.ts';

/** Appends the user's block of bytes. Throws `InvalidChangeError`, `ProjectNotFoundError`. */
export async function blockAsset(log: ProjectLog, digest: Digest, reason: string): Promise<void> {
  await log.refresh();
  await log.decide((state) => ({ events: blockArtifact(state, planSteps(state), digest, reason) }));
}
