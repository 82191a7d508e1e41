import type { Digest } from '../spec/index.ts';
import { passedOn } from './bequest.ts';
import { type Provenance, provenanceOf } from './provenance.ts';
import { type ProjectState, sceneOfStep } from './state.ts';

/** Bytes in an archive, in the file `assets/<digest>`. */
export interface ArchivedAsset {
  readonly digest: Digest;
  readonly size: number;
  readonly mediaType: string;
}

/** One take of a step in an archive. */
export interface ArchivedArtifact {
  readonly stepId: string;
  readonly sceneId: string | null;
  readonly fingerprint: string;
  readonly ordinal: number;
  readonly digest: Digest;
  /** The bytes as delivered, where they had to be fitted. */
  readonly original: Digest | null;
  readonly provenance: Provenance;
}

/** What `manifest.json` of an archive says. Its log is `events.jsonl`, an event a line. */
export interface ArchiveManifest {
  readonly archive: 'vidpipe';
  readonly format: 1;
  readonly projectId: string;
  /** The last event. */
  readonly seq: number;
  readonly prompt: string;
  readonly exportedAt: string;
  readonly events: { readonly digest: Digest; readonly size: number };
  readonly assets: readonly ArchivedAsset[];
  /** Bytes that were not in the asset store any more. */
  readonly missing: readonly Digest[];
  readonly artifacts: readonly ArchivedArtifact[];
}

/** Every take of a project and how it came to be, as manifests list them. Pure. */
export function archivedArtifacts(state: ProjectState): readonly ArchivedArtifact[] {
  return passedOn(state).map((artifact) => {
    const { stepId, fingerprint, ordinal, asset, original } = artifact;
    return {
      stepId,
      sceneId: sceneOfStep(state, stepId)?.scene.id ?? null,
      fingerprint,
      ordinal,
      digest: asset.digest,
      original: original?.digest ?? null,
      provenance: provenanceOf(state, artifact),
    };
  });
}
