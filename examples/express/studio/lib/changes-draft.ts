import type { Changes, MicroUsd, ModelId, Part, ProjectScene, ProjectView, SceneEdit, SettingsChange } from 'vidpipe';
import type { ClientChanges, Model } from 'vidpipe/client';
import { microUsdOf } from './format.ts';

type Continuity = NonNullable<Changes['continuity']>;

/** Changes as they are put together, by ids of scenes. */
export interface ChangesDraft {
  readonly edit: Readonly<Record<string, SceneEdit>>;
  readonly remove: readonly string[];
  /** Ids of all scenes as they are to follow; empty: as they do. */
  readonly order: readonly string[];
  readonly retake: Readonly<Record<string, readonly Part[]>>;
  /** The chosen take of each part. */
  readonly select: Readonly<Record<string, Partial<Record<Part, string>>>>;
  readonly rewrite: readonly string[];
  readonly add: string;
  readonly direction: string;
  readonly style: string;
  readonly text: string;
  readonly image: string;
  readonly video: string;
  readonly audio: '' | 'on' | 'off';
  readonly budget: string;
  readonly apply: 'all' | 'missing';
  readonly continuity: Continuity;
}

/** Nothing is different. */
export const NO_CHANGES: ChangesDraft = {
  edit: {},
  remove: [],
  order: [],
  retake: {},
  select: {},
  rewrite: [],
  add: '',
  direction: '',
  style: '',
  text: '',
  image: '',
  video: '',
  audio: '',
  budget: '',
  apply: 'all',
  continuity: 'repair',
};

/** Scenes in the order of a draft; those that it does not know stay behind the ones before them. */
export function ordered({ scenes }: ProjectView, { order }: ChangesDraft): readonly ProjectScene[] {
  const place = new Map(order.map((id, at) => [id, at]));
  let last = -1;
  const placed = scenes.map((scene): [number, ProjectScene] => [(last = place.get(scene.id) ?? last), scene]);
  return placed.toSorted(([one], [other]) => one - other).map(([, scene]) => scene);
}

/** Moves, done one after another, that make one order of another. */
function movesOf(from: readonly string[], to: readonly string[]): NonNullable<Changes['move']> {
  const now = [...from];
  const moves: Record<string, { before: string | null }> = {};
  for (const [at, id] of [...to.entries()].toReversed()) {
    const before = to[at + 1] ?? null;
    if ((now[now.indexOf(id) + 1] ?? null) === before) continue;
    moves[id] = { before };
    now.splice(now.indexOf(id), 1);
    now.splice(before === null ? now.length : now.indexOf(before), 0, id);
  }
  return moves;
}

/** What is really different of the words of a scene. */
function editOf(scene: ProjectScene, edit: SceneEdit): SceneEdit {
  return Object.fromEntries(
    Object.entries(edit).filter(([name, value]) => value !== scene[name as keyof SceneEdit] && value !== ''),
  );
}

function settingsOf(draft: ChangesDraft): SettingsChange {
  const { text, image, video, style, audio, apply } = draft;
  const budget = microUsdOf(draft.budget);
  const models = Object.fromEntries(Object.entries({ text, image, video }).filter(([, id]) => id !== ''));
  const changed = {
    ...(style.trim() === '' ? {} : { style: style.trim() }),
    ...(Object.keys(models).length === 0 ? {} : { models: models as Readonly<Record<string, ModelId>> }),
    ...(audio === '' ? {} : { audio: audio === 'on' }),
    ...(budget === null ? {} : { budget: budget as MicroUsd }),
  };
  return Object.keys(changed).length === 0 || apply === 'all' ? changed : { ...changed, apply };
}

/** Leaves out what says nothing. */
function told<T extends object>(fields: T): Partial<T> {
  const says = (value: unknown): boolean =>
    Array.isArray(value)
      ? value.length > 0
      : typeof value === 'object' && value !== null
        ? Object.keys(value).length > 0
        : true;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => says(value))) as Partial<T>;
}

/** The changes of a draft, as far as the project still has its scenes; empty where nothing is different. */
export function changesOf(project: ProjectView, draft: ChangesDraft): ClientChanges {
  const here = new Map(project.scenes.map((scene) => [scene.id, scene]));
  const kept = (id: string): boolean => here.has(id) && !draft.remove.includes(id);
  const of = <T>(all: Readonly<Record<string, T>>): (readonly [string, T])[] =>
    Object.entries(all).filter(([id]) => kept(id));
  const ids = (scenes: readonly ProjectScene[]) => scenes.map(({ id }) => id).filter(kept);
  const edits = of(draft.edit).map(([id, edit]) => [id, told(editOf(here.get(id) as ProjectScene, edit))] as const);
  const count = Number(draft.add);
  const direction = draft.direction.trim();
  const changes = told({
    edit: told(Object.fromEntries(edits)),
    settings: settingsOf(draft),
    remove: draft.remove.filter((id) => here.has(id)),
    move: movesOf(ids(project.scenes), ids(ordered(project, draft))),
    retake: told(Object.fromEntries(of(draft.retake))),
    select: told(Object.fromEntries(of(draft.select).map(([id, takes]) => [id, Object.values(takes)] as const))),
    rewrite: draft.rewrite.filter(kept),
    add: count >= 1 ? { scenes: count, ...(direction === '' ? {} : { direction }) } : {},
  }) as object as ClientChanges;
  const isEmpty = Object.keys(changes).length === 0;
  return isEmpty || draft.continuity === 'repair' ? changes : { ...changes, continuity: draft.continuity };
}

/** The draft with a part of a scene in a list or out of it. */
export function toggled(parts: readonly Part[], part: Part, isOn: boolean): readonly Part[] {
  return isOn ? [...parts, part] : parts.filter((each) => each !== part);
}

/** Pictures and clips of one's own, by scene and part. */
export type Files = Readonly<Record<string, Partial<Record<Part, File>>>>;

/** What the editor of a scene works on. */
export interface SceneEditorProps {
  readonly project: ProjectView;
  readonly models: readonly Model[];
  readonly scene: ProjectScene;
  readonly at: number;
  readonly order: readonly string[];
  readonly draft: ChangesDraft;
  readonly change: (change: Partial<ChangesDraft>) => void;
  readonly files: Files;
  readonly setFiles: (files: Files) => void;
}
