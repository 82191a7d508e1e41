import type { Digest } from '../spec/index.ts';
import { isBlockedTake } from './blocks.ts';
import { candidatesOf, emptyOrdinals } from './candidates.ts';
import type { EventBodies, EventDraft } from './events.ts';
import { planSteps } from './graph.ts';
import { SUPPLIED } from './held.ts';
import type { InheritedArtifact, InheritedHold, InheritedStep, InheritedTake } from './inherited.ts';
import { provenanceOf } from './provenance.ts';
import type { Warning } from './settings.ts';
import type { Artifact, ProjectState, StepAt } from './state.ts';

/** What becomes of the calls that are open in the parent: the fork waits for them, or buys their steps itself. */
export type OpenCalls = 'wait' | 'buy';

/** How a project is passed on. */
export interface Passing {
  readonly openCalls: OpenCalls;
  /** Whether bytes are there to be shared. */
  readonly has: (digest: Digest) => boolean;
}

/** What was made on this machine, of what models made: it may show what is blocked by now, and is made again for nothing. */
function isFreelyMade({ callId, fingerprint }: Artifact): boolean {
  return callId === null && fingerprint !== SUPPLIED;
}

/** Whether an artifact is one that other projects may have. A writer's reply that could not be used is of use to nobody; what is blocked is not passed on, nor what may show it. */
export function isPassedOn(state: ProjectState, artifact: Artifact, at: StepAt): boolean {
  if (at.faults.some((fault) => fault.callId === artifact.callId) || isBlockedTake(state, artifact)) return false;
  if (state.bars.blocked.size === 0 || !isFreelyMade(artifact)) return true;
  return planSteps(state).some((step) => step.artifact === artifact);
}

/** Every artifact that forks and exports of a project have. */
export function passedOn(state: ProjectState): readonly Artifact[] {
  return [...state.steps.values()]
    .flatMap((byFingerprint) => [...byFingerprint.values()])
    .flatMap((at) => at.artifacts.filter((artifact) => isPassedOn(state, artifact, at)));
}

/** All bytes that forks and exports of a project need, its artifacts and references, with their media types. */
export function assetsOf(state: ProjectState): ReadonlyMap<Digest, string> {
  const made = passedOn(state).flatMap(({ asset, original }) => [asset, ...(original === null ? [] : [original])]);
  const references = state.settings.references.map(({ image, mediaType }) => ({ digest: image, mediaType }));
  return new Map([...made, ...references].map(({ digest, mediaType }) => [digest, mediaType]));
}

/** An artifact as another project has it. */
function inheritedArtifact(state: ProjectState, artifact: Artifact, has: Passing['has']): InheritedArtifact | null {
  const { ordinal, asset, original, score } = artifact;
  if (!has(asset.digest) || isBlockedTake(state, artifact)) return null;
  const { projectId, callId, model, request, charged } = provenanceOf(state, artifact);
  const origin = { projectId, callId, model, request, charged };
  const kept = original !== null && has(original.digest) ? { original } : {};
  return { ordinal, asset, ...kept, ...(score === undefined ? {} : { score }), origin };
}

function inheritedTake(state: ProjectState, artifact: Artifact, has: Passing['has']): InheritedTake | null {
  const inherited = inheritedArtifact(state, artifact, has);
  return inherited && { ...inherited, fingerprint: artifact.fingerprint };
}

function inheritedHolds(state: ProjectState, { has }: Passing): InheritedHold[] {
  return [...state.held].flatMap(([key, { how, artifact, clip, first }]) => {
    const take = inheritedTake(state, artifact, has);
    return take === null ? [] : [{ key, stepId: artifact.stepId, how, take, clip, first }];
  });
}

function awaitedOf(state: ProjectState, at: StepAt): InheritedStep['awaited'] {
  const open = at.calls.map(({ intended: { body } }) => body).filter(({ callId }) => state.open.has(callId));
  return [...at.awaited, ...open.map(({ callId, ordinal }) => ({ callId, ordinal }))];
}

function inheritedSteps(state: ProjectState, { openCalls, has }: Passing): InheritedStep[] {
  return [...state.steps].flatMap(([stepId, byFingerprint]) =>
    [...byFingerprint].flatMap(([fingerprint, at]): InheritedStep[] => {
      const artifacts = at.artifacts
        .filter((artifact) => isPassedOn(state, artifact, at))
        .flatMap((artifact) => inheritedArtifact(state, artifact, has) ?? []);
      const awaited = openCalls === 'wait' ? awaitedOf(state, at) : [];
      const { extraTakes, refused } = at;
      const selected = at.selected && inheritedTake(state, at.selected, has);
      const isEmpty = artifacts.length + awaited.length + extraTakes === 0 && refused === null && selected === null;
      const empty = emptyOrdinals(at, candidatesOf(state, stepId));
      const without = artifacts.length === 0 || empty.length === 0 ? {} : { without: empty };
      return isEmpty ? [] : [{ stepId, fingerprint, artifacts, extraTakes, ...without, selected, refused, awaited }];
    }),
  );
}

/** What is known of bytes that are not used: where they come again, they are not used there either. */
function inheritedBars({ bars }: ProjectState): Pick<EventBodies['work.inherited'], 'bars'> {
  if (bars.blocked.size === 0 && bars.inspected.size === 0) return {};
  const blocked = [...bars.blocked].map(([digest, blocking]) => ({ digest, ...blocking }));
  return { bars: { blocked, inspected: [...bars.inspected.values()] } };
}

function lost(state: ProjectState, has: Passing['has']): Warning[] {
  const steps = passedOn(state).flatMap(({ stepId, asset }) => (has(asset.digest) ? [] : [stepId]));
  return [...new Set(steps)].map((step) => ({
    code: 'missing',
    message: `${step}: its bytes are not there any more, so it is not inherited`,
  }));
}

/**
 * The first batch of a project that goes on from another one: settings, words, artifacts by reference, remedies, scenes that are owed, and perhaps
 * the calls that are open there. Nothing is spent, approved or running in it. Pure.
 */
export function bequest(state: ProjectState, passing: Passing): EventDraft[] {
  const { id, seq, created, settings, film, styleGuide, characters, scenes, warnings } = state;
  const words = styleGuide === null ? null : { styleGuide, characters, scenes: scenes.map(({ scene }) => scene) };
  const body: EventBodies['project.created'] = {
    settings,
    film,
    lengths: created.body.lengths,
    supplied: words,
    recipes: created.body.recipes,
    wish: null,
    warnings: [...warnings.filter(({ code }) => code !== 'missing'), ...lost(state, passing.has)],
    parent: { projectId: id, seq },
  };
  const owed = [...state.requests.values()].flatMap(({ asked, fulfilled }) => (fulfilled ? [] : [asked]));
  const remedies = [...state.remedies].map(([key, applied]) => ({ key, applied }));
  return [
    { type: 'project.created', body },
    {
      type: 'work.inherited',
      body: {
        steps: inheritedSteps(state, passing),
        remedies,
        held: inheritedHolds(state, passing),
        moves: [...state.moves].map(([key, model]) => ({ key, model })),
        ...inheritedBars(state),
      },
    },
    ...owed.map((asked): EventDraft => ({ type: 'scenes.requested', body: asked })),
  ];
}

/** What a fork is told of a call that it waits for; `null` while that is open. `state` is the project that the call belongs to, `null` when it is gone. Pure. */
export function reportOf(
  state: ProjectState | null,
  callId: string,
  has: Passing['has'],
): Pick<EventBodies['parent.reported'], 'outcome' | 'made'> | null {
  if (state === null) return { outcome: 'deleted', made: [] };
  const call = state.calls.get(callId);
  if (call === undefined || state.open.has(callId)) return null;
  if (call.state !== 'settled') return { outcome: call.state === 'rejected' ? 'rejected' : 'abandoned', made: [] };
  const made = passedOn(state).filter((artifact) => artifact.callId === callId);
  return {
    outcome: 'settled',
    made: made.flatMap((artifact) => inheritedArtifact(state, artifact, has) ?? []),
  };
}
