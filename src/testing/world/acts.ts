import type { Pipeline } from 'vidpipe';
import type { VirtualClock } from '../virtual-clock.ts';
import { type Revision, REVISIONS } from './revisions.ts';

/** What an act is done with: a pipeline in a process of its own, the project, and the world's clock. */
export interface Stage {
  readonly pipeline: Pipeline;
  readonly id: string;
  readonly clock: VirtualClock;
  /** The probe that it happens at: no two acts do the same. */
  readonly at: number;
}

const HOUR_MS = 3_600_000;

/** Changes the project as it stands, where that can be done. */
function revising(revision: Revision): (stage: Stage) => Promise<unknown> {
  return async ({ pipeline, id, at }) => {
    const changes = REVISIONS[revision](await pipeline.get(id), at);
    return changes === null ? null : pipeline.revise(id, changes);
  };
}

/** Blocks a still, a frame out of a clip or a clip that is there. */
async function block({ pipeline, id, at }: Stage): Promise<unknown> {
  const { steps } = await pipeline.get(id);
  const shown = steps.flatMap(({ kind, asset }) => (kind !== 'film' && asset !== null ? [asset.digest] : []));
  const digest = shown[at % Math.max(1, shown.length)];
  return digest === undefined ? null : pipeline.block(id, digest, 'blocked, as planned');
}

/**
 * All that somebody can do beside the driver, from another process. This is the one place for a new kind of action: a line here is drawn by random
 * scripts, crashed in, counted, shrunk, and must be met in the soak. What it rejects with is of no matter; what becomes of the project is.
 */
const acts = {
  stop: ({ pipeline, id }) => pipeline.stop(id),
  expand: ({ pipeline, id }) => pipeline.expand(id, 1),
  collect: ({ pipeline }) => pipeline.collect(),
  restitch: ({ pipeline, id }) => pipeline.revise(id, { settings: { transition: { kind: 'fade', seconds: 0.5 } } }),
  edit: revising('edit'),
  retake: revising('retake'),
  remove: revising('remove'),
  swap: revising('swap'),
  supply: revising('supply'),
  restyle: revising('restyle'),
  raise: revising('raise'),
  block,
  'second driver': ({ pipeline, id }) => pipeline.run(id),
  recover: ({ pipeline }) => pipeline.recover(),
  plan: ({ pipeline, id }) => pipeline.plan(id),
  'clock forward': async ({ clock }) => clock.jump(HOUR_MS),
  'clock back': async ({ clock }) => clock.jump(-HOUR_MS),
} as const satisfies Record<string, (stage: Stage) => Promise<unknown>>;

/** Kind of an act. */
export type ActKind = keyof typeof acts;

/** What is done for each kind of act. */
export const ACTS: Readonly<Record<ActKind, (stage: Stage) => Promise<unknown>>> = acts;
