import type { Digest } from '../spec/index.ts';
import type { AssetEventBodies, BlockedBy } from './asset-events.ts';

/** Why bytes are not used. */
export interface Blocking {
  readonly by: BlockedBy;
  /** The step that they were first blocked at. */
  readonly stepId: string;
  readonly reasons: readonly string[];
  readonly codes: readonly string[];
}

/** What is known of the use of bytes. */
export interface Bars {
  readonly blocked: Map<Digest, Blocking>;
  /** What `inspect` said of takes, by step and digest. */
  readonly inspected: Map<string, AssetEventBodies['artifact.inspected']>;
  /** The last run was begun by a pipeline with an `inspect` hook: takes are not used before it has looked at them. */
  inspects: boolean;
}

/** What has bars. */
interface Barred {
  readonly bars: Bars;
}

/** Nothing is barred. */
export function noBars(): Bars {
  return { blocked: new Map(), inspected: new Map(), inspects: false };
}

/** Whether bytes must not be used in a project: not shown, sent, stitched, exported or inherited. */
export function isBlocked({ bars }: Barred, digest: Digest): boolean {
  return bars.blocked.has(digest);
}

/** Folds a block; the first one of a digest counts. Mutates. */
export function block({ bars }: Barred, { digest, ...blocking }: AssetEventBodies['artifact.blocked']): void {
  if (!bars.blocked.has(digest)) bars.blocked.set(digest, blocking);
}

/** What the inspection of a take is kept under. */
export const inspectionKey = (stepId: string, digest: Digest): string => `${stepId} ${digest}`;

/** Folds what `inspect` said. Mutates. */
export function noteInspection({ bars }: Barred, body: AssetEventBodies['artifact.inspected']): void {
  bars.inspected.set(inspectionKey(body.stepId, body.digest), body);
}
