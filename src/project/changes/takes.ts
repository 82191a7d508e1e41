import { isBlocked } from '../bars.ts';
import type { MadeAsset } from '../events.ts';
import { planSteps, scenePartsOf } from '../graph.ts';
import { heldFor, type Part, stepIdOf, SUPPLIED } from '../held.ts';
import type { Artifact, Held, ProjectState, SceneRecord } from '../state.ts';
import type { Step } from '../steps.ts';
import { artifactsOf, takeIdOf } from '../takes.ts';
import type { Draft } from './draft.ts';
import { keepEvent, refOf } from './keep.ts';
import type { Changes, Parts } from './types.ts';
import { SHORT_BY } from './words.ts';

const PARTS = ['start', 'end', 'clip'] as const;

/** One part of one scene that is named by the changes. */
interface Named {
  readonly record: SceneRecord;
  readonly part: Part;
  readonly stepId: string;
  /** How issues name it. */
  readonly where: string;
}

function namedPart(draft: Draft, verb: string, sceneId: string, part: Part): Named | undefined {
  const record = draft.written(sceneId, `${verb}.${sceneId}`);
  return record && { record, part, stepId: stepIdOf(sceneId, part), where: `${verb}.${sceneId}.${part}` };
}

function namedParts(draft: Draft, verb: string, parts: Parts): Named[] {
  return Object.entries(parts).flatMap(([sceneId, of]) => {
    if (draft.written(sceneId, `${verb}.${sceneId}`) === undefined) return [];
    return [...new Set(of)].flatMap((part) => namedPart(draft, verb, sceneId, part) ?? []);
  });
}

function stepNow(state: ProjectState, id: string): Step | undefined {
  return planSteps(state).find((step) => step.id === id);
}

/** What the user holds for a step, as long as it is in force. */
function heldNow(state: ProjectState, record: SceneRecord, stepId: string): Held | undefined {
  return (stepNow(state, stepId)?.held ?? null) === null ? undefined : heldFor(state, record, stepId);
}

/** Puts the user's own frames and clips in their places. */
export function supplyParts(draft: Draft, supply: NonNullable<Changes['supply']>): void {
  for (const [sceneId, media] of Object.entries(supply)) {
    for (const part of PARTS) {
      const named = media[part] === undefined ? undefined : namedPart(draft, 'supply', sceneId, part);
      const made = named && draft.given.supplied.get(named.stepId);
      if (named !== undefined && made !== undefined) supplyPart(draft, named, made);
    }
  }
}

function supplyPart(draft: Draft, { record, part, stepId, where }: Named, made: MadeAsset): void {
  if (part === 'end' && draft.state.film.seams === 'from-clip')
    return draft.refuse(`${where}: the video model takes no last frame; supply the clip, or the next scene's start`);
  const { asset, original = asset } = made;
  if ([asset, original].some(({ digest }) => isBlocked(draft.state, digest)))
    return draft.refuse(`${where}: these bytes are blocked`);
  draft.add({ type: 'artifact.supplied', body: { stepId, made } });
  if (part !== 'clip') return;
  const seconds = Math.floor((made.asset.seconds ?? 0) * 1000) / 1000;
  if (seconds <= 0) return draft.refuse(`${where}: its length can not be told`);
  const sceneId = record.scene.id;
  if (seconds !== record.scene.seconds) draft.add({ type: 'scene.edited', body: { sceneId, words: { seconds } } });
}

/** Keeps what is there now. Frames go first: a clip is kept with those that it then has. */
export function keepParts(draft: Draft, keep: Parts): void {
  const before = scenePartsOf(draft.before);
  for (const each of framesFirst(namedParts(draft, 'keep', keep)))
    keepPart(draft, each, before.get(each.record.scene.id)?.[each.part] ?? null);
}

function keepPart(draft: Draft, { record, part, stepId, where }: Named, artifact: Artifact | null): void {
  const { scene } = record;
  if (artifact === null) return draft.refuse(`${where}: nothing is made that could be kept`);
  if (heldNow(draft.state, record, stepId)?.first === false) return;
  if (artifact.fingerprint === SUPPLIED)
    return draft.add({ type: 'artifact.supplied', body: { stepId, made: madeOf(artifact) } });
  const why = part === 'clip' ? tooShort(record, artifact) : null;
  if (why !== null) return draft.refuse(`${where}: ${why}`);
  if (part !== 'clip') return draft.add(keepEvent(scene.id, part, artifact));
  const { start = null, end = null } = scenePartsOf(draft.state).get(scene.id) ?? {};
  if (start === null || (end === null && stepNow(draft.state, stepIdOf(scene.id, 'end')) !== undefined))
    return draft.refuse(`${where}: the same changes have a frame of it made anew; keep its start and end as well`);
  draft.add(keepEvent(scene.id, part, artifact, { start, end, seconds: scene.seconds }));
}

/** An artifact as events carry it. */
function madeOf({ asset, original }: Artifact): MadeAsset {
  return { asset, ...(original === null ? {} : { original }) };
}

/** Chooses among the takes of a part. */
export function selectTakes(draft: Draft, select: NonNullable<Changes['select']>): void {
  for (const [sceneId, ids] of Object.entries(select)) {
    if (draft.written(sceneId, `select.${sceneId}`) === undefined) continue;
    for (const id of [ids].flat()) {
      const part = PARTS.find((each) => id.startsWith(`${each}-`));
      const named = part && namedPart(draft, 'select', sceneId, part);
      const take = part && artifactsOf(draft.state, sceneId, part).find(({ asset }) => takeIdOf(part, asset) === id);
      if (named === undefined || take === undefined) draft.refuse(`select.${sceneId}: it has no take ${id}`);
      else selectTake(draft, named, take);
    }
  }
}

/** Why a clip can not be used for a scene as it is now, or `null`. */
function tooShort({ scene }: SceneRecord, { asset: { seconds } }: Artifact): string | null {
  const short = seconds !== undefined && seconds + SHORT_BY < scene.seconds;
  return short ? `it has ${seconds} s, the scene has ${scene.seconds} s` : null;
}

/** The same of any take. */
function unfit({ state: { film } }: Draft, { record, part }: Named, take: Artifact): string | null {
  if (part === 'clip') return tooShort(record, take);
  const { width, height } = take.asset;
  const fits = width === undefined || (width === film.width && height === film.height);
  return fits ? null : `it has ${width}×${height} pixels, the film has ${film.width}×${film.height}`;
}

function selectTake(draft: Draft, named: Named, take: Artifact): void {
  const { record, stepId, where } = named;
  const why = unfit(draft, named, take);
  if (why !== null) return draft.refuse(`${where}: ${why}`);
  const held = heldNow(draft.state, record, stepId);
  if (held?.artifact.asset.digest === take.asset.digest) return;
  if (take.fingerprint === SUPPLIED)
    return draft.add({ type: 'artifact.supplied', body: { stepId, made: madeOf(take) } });
  if (held !== undefined) draft.add({ type: 'artifact.released', body: { stepId } });
  const wanted = stepNow(draft.state, stepId)?.fingerprint ?? null;
  const was = stepNow(draft.before, stepId)?.fingerprint;
  if (wanted === null)
    return draft.refuse(`${where}: what it is made from is not there yet; select it when it is, or keep it`);
  if (take.fingerprint === was && wanted !== was)
    return draft.refuse(`${where}: the same changes end this take; keep it instead`);
  if (draft.state.steps.get(stepId)?.get(wanted)?.selected?.asset.digest === take.asset.digest) return;
  draft.add({ type: 'take.selected', body: { stepId, fingerprint: wanted, take: refOf(take) } });
}

/** Parts with the frames first: clips are made from them. */
function framesFirst(named: readonly Named[]): readonly Named[] {
  return [...named.filter(({ part }) => part !== 'clip'), ...named.filter(({ part }) => part === 'clip')];
}

/** Asks for one more take of each part; what the same changes have made anew needs none. */
export function retakeParts(draft: Draft, retake: Parts): void {
  for (const { stepId, where } of framesFirst(namedParts(draft, 'retake', retake))) {
    const isMadeAnew = (stepNow(draft.before, stepId)?.artifact ?? null) !== null;
    const isHeld = (stepNow(draft.state, stepId)?.held ?? null) !== null;
    if (isHeld) draft.add({ type: 'artifact.released', body: { stepId } });
    const step = stepNow(draft.state, stepId);
    if (step !== undefined && !isTaken(step) && step.fingerprint !== null && step.artifact !== null)
      draft.add({ type: 'take.requested', body: { stepId, fingerprint: step.fingerprint } });
    else if (!isHeld && (isTaken(step) || !isMadeAnew))
      draft.refuse(
        `${where}: ${isTaken(step) ? 'it is taken from the scene before or a clip; retake that' : 'it is not made'}`,
      );
  }
}

/** Whether a frame is not drawn, but that of a neighbour or out of a clip. */
function isTaken(step: Step | undefined): boolean {
  return step === undefined || step.kind === 'border';
}
