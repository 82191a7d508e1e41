import type { Asset, MicroUsd, ModelId } from '../spec/index.ts';
import { isBlockedTake } from './blocks.ts';
import { type Part, stepIdOf } from './held.ts';
import { type Provenance, provenanceOf } from './provenance.ts';
import type { Artifact, CallRecord, ProjectState } from './state.ts';
import type { Step } from './steps.ts';

/** One take of a frame or clip, whatever recipe it was made by. */
export interface Take {
  /** What `select` names it by. */
  readonly id: string;
  readonly part: Part;
  readonly ordinal: number;
  readonly asset: Asset;
  /** `null` for what was supplied or taken from a clip. */
  readonly model: ModelId | null;
  /** What its call has cost; `null` while nobody can say. */
  readonly microUsd: MicroUsd | null;
  readonly source: Provenance['source'];
  /** What `score` said of it; `null` where it was not asked, or could not say. */
  readonly score: number | null;
  /** The film is made with it. */
  readonly selected: boolean;
}

/** The id of a take: its part and the first digits of its digest. */
export function takeIdOf(part: Part, { digest }: Asset): string {
  return `${part}-${digest.slice('sha256-'.length, 'sha256-'.length + 12)}`;
}

/** Every take of a part of a scene that may be used, in the order of the log; those with the same bytes are one. */
export function artifactsOf(state: ProjectState, sceneId: string, part: Part): Artifact[] {
  const made = [...(state.steps.get(stepIdOf(sceneId, part))?.values() ?? [])].flatMap(({ artifacts }) => artifacts);
  const all = made.filter((artifact) => !isBlockedTake(state, artifact));
  return [...new Map(all.toReversed().map((each) => [each.asset.digest, each])).values()].toReversed();
}

function takeOf(state: ProjectState, part: Part, artifact: Artifact, used: Artifact | null | undefined): Take {
  const { ordinal, asset, callId } = artifact;
  const { model, charged, source } = provenanceOf(state, artifact);
  return {
    id: takeIdOf(part, asset),
    part,
    ordinal,
    asset,
    model,
    microUsd: callId === null ? (0 as MicroUsd) : charged,
    source,
    score: artifact.score ?? null,
    selected: used?.asset.digest === asset.digest,
  };
}

/** The takes of a scene; `used` has the artifacts of the plan, by step. */
export function takesOf(state: ProjectState, sceneId: string, used: ReadonlyMap<string, Artifact | null>): Take[] {
  return (['start', 'end', 'clip'] as const).flatMap((part) =>
    artifactsOf(state, sceneId, part).map((each) => takeOf(state, part, each, used.get(stepIdOf(sceneId, part)))),
  );
}

/** Whether nothing that the steps want is of a call: it has made frames or clips, and no step wants them any more. */
export function supersededBy(steps: readonly Step[]): (call: CallRecord) => boolean {
  const wanted = new Set(steps.map(({ id, fingerprint }) => `${id} ${fingerprint}`));
  const used = new Set(steps.map(({ artifact }) => artifact?.callId ?? null));
  return ({ intended, settled }) => {
    const { callId, kind, stepId, fingerprint } = intended.body;
    const isGone = kind !== 'text' && !wanted.has(`${stepId} ${fingerprint}`) && !used.has(callId);
    return isGone && settled !== null && settled.made.length > 0;
  };
}

/** What calls for frames and clips have cost whose outputs no step wants any more. */
export function supersededMoney(state: ProjectState, steps: readonly Step[]): MicroUsd {
  const isSuperseded = supersededBy(steps);
  let sum = 0;
  for (const call of state.calls.values()) if (isSuperseded(call)) sum += call.settled?.charged ?? 0;
  return sum as MicroUsd;
}
