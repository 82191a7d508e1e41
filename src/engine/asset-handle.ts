import { AssetBlockedError, AssetNotFoundError } from '../errors/index.ts';
import { isPassedOn } from '../project/bequest.ts';
import type { Artifact, ProjectState, StepAt } from '../project/state.ts';
import type { ByteRange, Digest } from '../spec/index.ts';
import type { EngineContext } from './context.ts';

/** Bytes of a project that may be shown: a take, a writer's words, the film or a reference. */
export interface AssetHandle {
  readonly digest: Digest;
  /** As they were probed, never as a provider calls them. */
  readonly mediaType: string;
  /** Bytes; `null` for references, whose size the log does not have. */
  readonly size: number | null;
  /** The bytes, or a part of them. Throws `AssetNotFoundError`, `RangeNotSatisfiableError`. */
  stream(range?: ByteRange): Promise<ReadableStream<Uint8Array>>;
  /** A link of the store that serves them for `ttlSeconds`, whatever is blocked meanwhile; `null` where the store makes none. */
  url(ttlSeconds: number): Promise<string | null>;
}

type Facts = Pick<AssetHandle, 'digest' | 'mediaType' | 'size'>;

/** Artifacts with these bytes, as they are used or as they were delivered. */
function artifactsWith(
  { steps }: ProjectState,
  digest: Digest,
): { readonly artifact: Artifact; readonly at: StepAt }[] {
  return [...steps.values()].flatMap((byFingerprint) =>
    [...byFingerprint.values()].flatMap((at) =>
      at.artifacts
        .filter(({ asset, original }) => asset.digest === digest || original?.digest === digest)
        .map((artifact) => ({ artifact, at })),
    ),
  );
}

function reference({ settings }: ProjectState, digest: Digest): Facts | undefined {
  const found = settings.references.find(({ image }) => image === digest);
  return found && { digest, mediaType: found.mediaType, size: null };
}

/** What a project has of a digest. Throws `AssetNotFoundError` for bytes of other projects, `AssetBlockedError` for blocked ones and what may show them. */
function factsOf(state: ProjectState, digest: Digest): Facts {
  const reasons = state.bars.blocked.get(digest)?.reasons;
  if (reasons !== undefined) throw new AssetBlockedError({ projectId: state.id, digest, reasons });
  const found = artifactsWith(state, digest);
  const shown = found.find(({ artifact, at }) => isPassedOn(state, artifact, at))?.artifact;
  if (shown !== undefined) {
    const { asset, original } = shown;
    return original?.digest === digest ? original : asset;
  }
  const given = reference(state, digest);
  if (given !== undefined) return given;
  const isUnused = found.every(({ artifact, at }) => at.faults.some(({ callId }) => callId === artifact.callId));
  if (isUnused) throw new AssetNotFoundError({ digest });
  throw new AssetBlockedError({ projectId: state.id, digest, reasons: ['It may show what is blocked.'] });
}

/** The handle of a project's bytes. Throws as `factsOf`. */
export function assetHandle({ assets }: EngineContext, state: ProjectState, digest: Digest): AssetHandle {
  const { mediaType, size } = factsOf(state, digest);
  return {
    digest,
    mediaType,
    size,
    stream: (range) => assets.get(digest, range),
    url: async (ttlSeconds) => (await assets.url?.(digest, ttlSeconds)) ?? null,
  };
}
