import { forgetMoves } from './model-lists.ts';
import { candidatesOf, nextOrdinal } from './candidates.ts';
import { CorruptLogError } from '../errors/index.ts';
import type { ChangeBodies, EditedWords, TakeRef } from './change-events.ts';
import type { EventBodies, MadeAsset } from './events.ts';
import { reopenGates } from './gates.ts';
import { hold, letGo, SUPPLIED } from './held.ts';
import { type Artifact, type EventOf, type ProjectState, sceneOfStep, type SceneRecord, stepAt } from './state.ts';
import type { Scene } from './storyboard.ts';
import type { GateName } from './kinds.ts';

/** Folds one type of event. Mutates. */
export type Handler<T extends keyof EventBodies> = (
  state: ProjectState,
  body: EventBodies[T],
  event: EventOf<T>,
) => void;

/** Records of scenes, found by id from now on. */
export function recordsOf(index: Map<string, SceneRecord>, scenes: readonly Scene[]): SceneRecord[] {
  return scenes.map((scene) => {
    const record: SceneRecord = { scene, memo: new Map() };
    index.set(scene.id, record);
    return record;
  });
}

function insert(state: ProjectState, records: readonly SceneRecord[], before: string | null): void {
  const found = before === null ? -1 : state.scenes.findIndex(({ scene }) => scene.id === before);
  state.scenes.splice(found < 0 ? state.scenes.length : found, 0, ...records);
}

/** Puts scenes before the one named, or at the end. Mutates. */
export function insertScenes(state: ProjectState, scenes: readonly Scene[], before: string | null): void {
  insert(state, recordsOf(state.sceneIndex, scenes), before);
}

function takeOut(state: ProjectState, sceneId: string): SceneRecord {
  const at = state.scenes.findIndex(({ scene }) => scene.id === sceneId);
  const [record] = at < 0 ? [] : state.scenes.splice(at, 1);
  return record ?? missing(state, `changes the scene ${sceneId}, which it does not have`);
}

function missing(state: ProjectState, reason: string): never {
  throw new CorruptLogError({ what: `The log of ${state.id}`, reason: `it ${reason}` });
}

function recordOf(state: ProjectState, sceneId: string): SceneRecord {
  return state.sceneIndex.get(sceneId) ?? missing(state, `changes the scene ${sceneId}, which it does not have`);
}

/** A user's change: it closes the gate that decides it, and may have any number of calls made. */
function changed(state: ProjectState, gate: GateName): void {
  state.callsBefore = state.calls.size;
  reopenGates(state, gate);
}

function withWords(record: SceneRecord, words: EditedWords): void {
  const { audio, ...rest } = { ...record.scene, ...words };
  record.scene = audio === null || audio === undefined ? rest : { ...rest, audio };
  record.memo.clear();
}

function takeGate(stepId: string): GateName {
  return stepId.startsWith('keyframe:') ? 'keyframes' : 'clips';
}

/** What a take holds in the log. */
export function artifactOf(
  { asset, original, score }: MadeAsset,
  ref: Pick<Artifact, 'stepId' | 'fingerprint' | 'ordinal' | 'callId'>,
): Artifact {
  return { ...ref, asset, original: original ?? null, origin: null, ...(score === undefined ? {} : { score }) };
}

/** A take of a step as its log has it. */
function takeNamed(state: ProjectState, stepId: string, { fingerprint, ordinal, digest }: TakeRef): Artifact {
  const found = state.steps
    .get(stepId)
    ?.get(fingerprint)
    ?.artifacts.find((each) => each.ordinal === ordinal && each.asset.digest === digest);
  return found ?? missing(state, `chooses a take of ${stepId} that was never made`);
}

/** Lets go what is chosen or held for a step, and finds its scene. */
function released(state: ProjectState, stepId: string): SceneRecord {
  const record = sceneOfStep(state, stepId) ?? missing(state, `changes ${stepId}, which it does not have`);
  letGo(state, record, stepId);
  return record;
}

/** How each change is folded. */
export const changeHandlers: { readonly [T in keyof ChangeBodies]: Handler<T> } = {
  'settings.changed': (state, { settings, film, warnings }) => {
    state.settings = { ...state.settings, ...settings };
    state.film = film ?? state.film;
    state.warnings = warnings ?? state.warnings;
    if (settings.models !== undefined) forgetMoves(state, settings.models);
    state.memo.clear();
    for (const scene of state.scenes) scene.memo.clear();
    changed(state, 'plan');
  },
  'scene.edited': (state, { sceneId, words }) => {
    withWords(recordOf(state, sceneId), words);
    changed(state, 'storyboard');
  },
  'scene.removed': (state, { sceneId }) => {
    takeOut(state, sceneId);
    state.sceneIndex.delete(sceneId);
    state.rewriting.delete(sceneId);
    for (const request of state.requests.values()) {
      const { rewrites } = request.asked;
      if (rewrites?.every((id) => !state.sceneIndex.has(id)) === true) request.fulfilled = true;
    }
    changed(state, 'storyboard');
  },
  'scene.moved': (state, { sceneId, before }) => {
    insert(state, [takeOut(state, sceneId)], before);
    changed(state, 'storyboard');
  },
  'scenes.supplied': (state, { scenes, before }) => {
    insertScenes(state, scenes, before);
    changed(state, 'plan');
  },
  'scenes.requested': (state, asked) => {
    state.requests.set(asked.requestId, { asked, fulfilled: false });
    for (const id of asked.rewrites ?? []) state.rewriting.add(id);
    changed(state, 'plan');
  },
  'scenes.rewritten': (state, { requestId, scenes }) => {
    const request =
      state.requests.get(requestId) ?? missing(state, `writes scenes that nobody asked for (${requestId})`);
    request.fulfilled = true;
    for (const [at, id] of (request.asked.rewrites ?? []).entries()) {
      state.rewriting.delete(id);
      const record = state.sceneIndex.get(id);
      const words = scenes[at];
      if (record !== undefined && words !== undefined) withWords(record, { audio: null, ...words });
    }
  },
  'take.requested': (state, { stepId, fingerprint }) => {
    if (sceneOfStep(state, stepId) !== undefined) released(state, stepId);
    const at = stepAt(state, stepId, fingerprint);
    const candidates = candidatesOf(state, stepId);
    at.extraTakes = Math.max(1 + at.extraTakes, candidates, nextOrdinal(at, candidates));
    at.selected = null;
    changed(state, takeGate(stepId));
  },
  'take.selected': (state, { stepId, fingerprint, take }) => {
    released(state, stepId);
    stepAt(state, stepId, fingerprint).selected = takeNamed(state, stepId, take);
    changed(state, takeGate(stepId));
  },
  'artifact.kept': (state, { stepId, take: { fingerprint, ordinal }, made, madeBy, clip, first }) => {
    const artifact = artifactOf(made, { stepId, fingerprint, ordinal, callId: madeBy });
    hold(state, released(state, stepId), stepId, { how: 'kept', artifact, clip, first });
    changed(state, takeGate(stepId));
  },
  'artifact.supplied': (state, { stepId, made }) => {
    const at = stepAt(state, stepId, SUPPLIED);
    const ordinal = at.artifacts.length;
    const artifact = artifactOf(made, { stepId, fingerprint: SUPPLIED, ordinal, callId: null });
    at.artifacts.push(artifact);
    hold(state, released(state, stepId), stepId, { how: 'supplied', artifact, clip: null, first: false });
    changed(state, takeGate(stepId));
  },
  'artifact.released': (state, { stepId }) => {
    released(state, stepId);
    changed(state, takeGate(stepId));
  },
};

/** Whether an event is a change, after which any step may look different. */
export function isChange(type: string): boolean {
  return Object.hasOwn(changeHandlers, type);
}
