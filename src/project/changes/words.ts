import { transitionIssue, nearestLength } from '../lengths.ts';
import { scenePartsOf } from '../graph.ts';
import { ownClip } from '../held.ts';
import { plannedScenes, unwrittenLengths } from '../imagine.ts';
import { newScenes } from '../new-scenes.ts';
import type { SceneRecord } from '../state.ts';
import type { Draft } from './draft.ts';
import { keepEvent } from './keep.ts';
import type { ParsedChanges } from './parse.ts';
import type { Addition, Changes, SceneEdit } from './types.ts';

/** A clip is as long as is asked for when no more than this is missing, seconds: two frames. */
export const SHORT_BY = 0.1;

/** The length that is asked for, as the video model or the scene's own clip has it; the one that the scene has stays. */
function agreedSeconds(draft: Draft, record: SceneRecord, seconds: number): number {
  if (seconds === record.scene.seconds) return seconds;
  const own = ownClip(draft.state, record);
  if (own === null) return nearestLength(draft.state.film.durations, seconds);
  const longest = own.asset.seconds ?? 0;
  if (seconds > longest + SHORT_BY)
    draft.refuse(
      `edit.${record.scene.id}.seconds: its supplied clip has ${longest} s; supply a longer one, or retake it`,
    );
  return seconds;
}

function editScene(draft: Draft, id: string, edit: SceneEdit): void {
  const record = draft.written(id, `edit.${id}`);
  if (record === undefined) return;
  const seconds = edit.seconds === undefined ? {} : { seconds: agreedSeconds(draft, record, edit.seconds) };
  const wanted = Object.entries({ ...edit, ...seconds }).filter(
    ([name, value]) =>
      JSON.stringify(value) !== JSON.stringify(record.scene[name as keyof typeof record.scene] ?? null),
  );
  if (wanted.length === 0) return;
  draft.add({ type: 'scene.edited', body: { sceneId: id, words: Object.fromEntries(wanted) } });
}

/** Changes words of scenes. */
export function editScenes(draft: Draft, edits: NonNullable<Changes['edit']>): void {
  for (const [id, edit] of Object.entries(edits)) editScene(draft, id, edit);
}

/** Takes scenes out. */
export function removeScenes(draft: Draft, ids: readonly string[], { add }: ParsedChanges): void {
  const known = [...new Set(ids)].filter((id) => draft.scene(id, 'remove') !== undefined);
  const owns = typeof add?.scenes === 'object' ? add.scenes.length : 0;
  if (known.length > 0 && known.length === draft.state.scenes.length && owns === 0)
    return draft.refuse('remove: a film needs a scene; keep one, or add one of your own');
  for (const sceneId of known) draft.add({ type: 'scene.removed', body: { sceneId } });
}

/** Puts scenes in other places, one after another. */
export function moveScenes(draft: Draft, moves: NonNullable<Changes['move']>): void {
  for (const [sceneId, { before }] of Object.entries(moves)) {
    const where = `move.${sceneId}`;
    if (draft.scene(sceneId, where) === undefined) continue;
    if (before === sceneId) draft.refuse(`${where}: a scene can not come before itself`);
    else if (before !== null && moves[before]?.before === sceneId)
      draft.refuse(`${where}: ${before} is to come before ${sceneId}, and ${sceneId} before ${before}`);
    else if (before === null || draft.scene(before, `${where}.before`) !== undefined) {
      const { scenes } = draft.state;
      const next = scenes[scenes.findIndex(({ scene }) => scene.id === sceneId) + 1]?.scene.id ?? null;
      if (next !== before) draft.add({ type: 'scene.moved', body: { sceneId, before } });
    }
  }
}

/** Asks for scenes, or adds the user's own. */
export function addScenes(draft: Draft, { scenes, ...more }: Addition): void {
  const before = more.before ?? null;
  const direction = more.direction ?? null;
  const { state, given } = draft;
  const { maxScenes, clipDuration } = state.settings;
  const count = typeof scenes === 'number' ? scenes : scenes.length;
  const total = plannedScenes(state) + count;
  if (total > maxScenes) return draft.refuse(`add: the film would have ${total} scenes; maxScenes allows ${maxScenes}`);
  if (before !== null && draft.scene(before, 'add.before') === undefined) return;
  if (typeof scenes === 'number') {
    const lengths = Array.from({ length: scenes }, () => clipDuration);
    draft.add({ type: 'scenes.requested', body: { requestId: given.newId(), lengths, before, direction } });
  } else if (state.styleGuide === null) draft.refuse('add: scenes of your own go into a storyboard that is written');
  else if (direction !== null) draft.refuse('add.direction: it is for scenes that are to be written');
  else {
    const words = scenes.map(({ seconds: _seconds, ...rest }) => ({
      keyDetails: [],
      transitionNotes: '',
      cast: [],
      enters: 'continue' as const,
      ...rest,
    }));
    const lengths = scenes.map(({ seconds = clipDuration }) => nearestLength(state.film.durations, seconds));
    draft.add({ type: 'scenes.supplied', body: { scenes: newScenes(given, words, lengths), before } });
  }
}

/** Has scenes written anew, in one step. */
export function rewriteScenes(draft: Draft, asked: NonNullable<Changes['rewrite']>): void {
  const { state, given } = draft;
  const all = state.scenes.map(({ scene }) => scene.id);
  const ids = asked === 'all' ? all : all.filter((id) => asked.includes(id));
  if (asked !== 'all') for (const id of asked) draft.scene(id, 'rewrite');
  const records = ids.flatMap((id) => draft.written(id, 'rewrite') ?? []);
  if (ids.length === 0) return draft.refuse('rewrite: there are no scenes yet');
  const lengths = records.map(({ scene }) => scene.seconds);
  const rewrites = records.map(({ scene }) => scene.id);
  const body = { requestId: given.newId(), lengths, before: null, direction: null, rewrites };
  if (rewrites.length > 0) draft.add({ type: 'scenes.requested', body });
}

/** A scene that has become the first one keeps the first frame that it last had, as long as it is the first. */
export function keepFirstStart(draft: Draft, isNamed: (stepId: string) => boolean): void {
  const [was, is] = [draft.before.scenes[0]?.scene, draft.state.scenes[0]?.scene];
  if (is === undefined || is.id === was?.id || is.enters === 'cut' || isNamed(`keyframe:${is.id}:start`)) return;
  const start = scenePartsOf(draft.before).get(is.id)?.start ?? null;
  if (start !== null) draft.add(keepEvent(is.id, 'start', start, null, true));
}

/** Refuses fades that are too long for a scene. */
export function checkTransition(draft: Draft): void {
  const { scenes, settings } = draft.state;
  const lengths = [...scenes.map(({ scene }) => scene.seconds), ...unwrittenLengths(draft.state)];
  const issue = transitionIssue(settings.transition, lengths);
  if (issue !== null && draft.events.length > 0) draft.refuse(issue);
}
