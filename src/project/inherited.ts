import type { MicroUsd, ModelId } from '../spec/index.ts';
import type { AssetEventBodies } from './asset-events.ts';
import type { ChangeBodies } from './change-events.ts';
import type { MadeAsset } from './made-asset.ts';

/** The project that a fork was made from, and the last event of it that the fork knows. */
export interface Parent {
  readonly projectId: string;
  readonly seq: number;
}

/** Where an artifact comes from that another project has made. All but `projectId` is `null` for what was made on a machine. */
export interface Origin {
  /** The project that has made it. */
  readonly projectId: string;
  readonly callId: string | null;
  readonly model: ModelId | null;
  /** The exact request, media by digest. */
  readonly request: Readonly<Record<string, unknown>> | null;
  readonly charged: MicroUsd | null;
}

/** An artifact by reference: the bytes are shared. */
export interface InheritedArtifact extends MadeAsset {
  readonly ordinal: number;
  readonly origin: Origin;
}

/** An artifact with the recipe that it was made by. */
export interface InheritedTake extends InheritedArtifact {
  readonly fingerprint: string;
}

/** A call of another project that was open when this one was forked off. Its id begins with the id of its project. */
export interface AwaitedCall {
  readonly callId: string;
  readonly ordinal: number;
}

/** What a fork knows of a step at a fingerprint from the beginning. */
export interface InheritedStep {
  readonly stepId: string;
  readonly fingerprint: string;
  readonly artifacts: readonly InheritedArtifact[];
  readonly extraTakes: number;
  /** Ordinals that were asked for and that nothing has come of. @default none */
  readonly without?: readonly number[];
  /** The user's choice. */
  readonly selected: InheritedTake | null;
  /** The last word of a content filter, where no remedy is left. */
  readonly refused: {
    readonly run: string;
    readonly code: string;
    readonly message: string;
    readonly codes: readonly string[];
  } | null;
  readonly awaited: readonly AwaitedCall[];
}

/** Remedies of a step at certain words of its scene. */
export interface InheritedRemedies<Applied> {
  readonly key: string;
  readonly applied: readonly { readonly body: Applied; readonly words: string | null; readonly ended: boolean }[];
}

/** What the user keeps or has supplied for a step, at certain words of its scene. */
export interface InheritedHold {
  readonly key: string;
  readonly stepId: string;
  readonly how: 'kept' | 'supplied';
  readonly take: InheritedTake;
  readonly clip: ChangeBodies['artifact.kept']['clip'];
  readonly first: boolean;
}

/** What a fork has from the beginning of what its parent had made. */
export interface InheritedWork<Applied> {
  readonly steps: readonly InheritedStep[];
  readonly remedies: readonly InheritedRemedies<Applied>[];
  readonly held: readonly InheritedHold[];
  /** Models that steps have moved to. @default none */
  readonly moves?: readonly { readonly key: string; readonly model: ModelId }[];
  /** Bytes that the parent does not use; none of them are passed on. @default none */
  readonly bars?: {
    readonly blocked: readonly AssetEventBodies['artifact.blocked'][];
    readonly inspected: readonly AssetEventBodies['artifact.inspected'][];
  };
}

/** The project that a call belongs to. */
export function projectOfCall(callId: string): string {
  return callId.slice(0, Math.max(0, callId.lastIndexOf('.')));
}
