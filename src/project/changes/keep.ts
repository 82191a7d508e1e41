import type { TakeRef } from '../change-events.ts';
import type { EventDraft } from '../events.ts';
import { type Part, stepIdOf } from '../held.ts';
import type { Artifact } from '../state.ts';

/** A take as events name it. */
export function refOf({ fingerprint, ordinal, asset }: Artifact): TakeRef {
  return { fingerprint, ordinal, digest: asset.digest };
}

/** The frames and the length that a kept clip stays with. */
export interface ClipFrames {
  readonly start: Artifact | null;
  readonly end: Artifact | null;
  readonly seconds: number;
}

/** The event that keeps an artifact for a part of a scene. `first`: only as long as the scene is the first one. */
export function keepEvent(
  sceneId: string,
  part: Part,
  artifact: Artifact,
  frames: ClipFrames | null = null,
  first = false,
): EventDraft {
  const { asset, original, score, callId: madeBy } = artifact;
  const made = { asset, ...(original === null ? {} : { original }), ...(score === undefined ? {} : { score }) };
  const digest = (frame: Artifact | null) => frame?.asset.digest ?? null;
  const clip = frames && ({ start: digest(frames.start), end: digest(frames.end), seconds: frames.seconds } as const);
  const stepId = stepIdOf(sceneId, part);
  return { type: 'artifact.kept', body: { stepId, take: refOf(artifact), made, madeBy, clip, first } };
}
