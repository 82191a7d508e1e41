import { readFileSync } from 'node:fs';
import type { Changes, NewScene, Part, Project, ProjectSettings, SceneEdit } from 'vidpipe';
import { type Flags, FLAGS, numberOf, UsageError } from './options.ts';
import { settingsOf } from './settings.ts';

type ChangeFlag = 'edit' | 'remove' | 'move' | 'before' | 'retake' | 'select' | 'supply' | 'keep' | 'rewrite';

function fault(flag: ChangeFlag, text: string): UsageError {
  return new UsageError(`--${flag}: expected ${FLAGS[flag].shows}, got ${JSON.stringify(text)}`);
}

/** A scene by its number, from 1, or its id. */
function sceneOf({ scenes }: Project, flag: ChangeFlag, text: string): string {
  if (!/^\d+$/.test(text)) return text;
  const scene = scenes[Number(text) - 1];
  if (scene === undefined) throw new UsageError(`--${flag}: there is no scene ${text}; there are ${scenes.length}`);
  return scene.id;
}

/** Text cut at the first `mark`. */
function cut(flag: ChangeFlag, text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  if (at < 1) throw fault(flag, text);
  return [text.slice(0, at), text.slice(at + 1)];
}

const LISTS: readonly string[] = ['keyDetails', 'cast', 'audio'];

/** Words as they are; lists, sound and lengths as JSON. */
function wordOf(field: string, text: string): unknown {
  if (field === 'seconds') return numberOf('edit', text);
  if (!LISTS.includes(field)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`--edit: ${field} is given as JSON, got ${JSON.stringify(text)}`, { cause: error });
  }
}

/** Values by scene, from texts that name both. */
function byScene<T>(texts: readonly string[], read: (text: string) => readonly [string, T]): Record<string, T[]> {
  const all: Record<string, T[]> = {};
  for (const text of texts) {
    const [scene, value] = read(text);
    all[scene] = [...(all[scene] ?? []), value];
  }
  return all;
}

function partsOf(project: Project, flag: 'retake' | 'keep', texts: readonly string[]): Record<string, Part[]> {
  return byScene(texts, (text) => {
    const [scene, part] = cut(flag, text, ':');
    return [sceneOf(project, flag, scene), part as Part];
  });
}

function editsOf(project: Project, texts: readonly string[]): Record<string, SceneEdit> {
  const edits = byScene(texts, (text) => {
    const [path, value] = cut('edit', text, '=');
    const [scene, field] = cut('edit', path, '.');
    return [sceneOf(project, 'edit', scene), [field, wordOf(field, value)] as const];
  });
  return Object.fromEntries(Object.entries(edits).map(([id, words]) => [id, Object.fromEntries(words) as SceneEdit]));
}

function movesOf(project: Project, texts: readonly string[]): NonNullable<Changes['move']> {
  return Object.fromEntries(
    texts.map((text) => {
      const [scene, before] = cut('move', text, '=');
      const target = before === 'end' ? null : sceneOf(project, 'move', before);
      return [sceneOf(project, 'move', scene), { before: target }];
    }),
  );
}

function suppliesOf(project: Project, texts: readonly string[]): NonNullable<Changes['supply']> {
  const media = byScene(texts, (text) => {
    const [place, path] = cut('supply', text, '=');
    const [scene, part] = cut('supply', place, ':');
    return [sceneOf(project, 'supply', scene), [part, path] as const];
  });
  return Object.fromEntries(Object.entries(media).map(([id, given]) => [id, Object.fromEntries(given)]));
}

function choicesOf(project: Project, texts: readonly string[]): Record<string, string[]> {
  return byScene(texts, (text) => {
    const [scene, take] = cut('select', text, ':');
    return [sceneOf(project, 'select', scene), take];
  });
}

/** A number of scenes, or a JSON file with scenes of the user's own. */
function addedScenes(text: string): number | readonly NewScene[] {
  if (/^[\d.+-]+$/.test(text)) return numberOf('add', text) ?? 0;
  try {
    return JSON.parse(readFileSync(text, 'utf8')) as readonly NewScene[];
  } catch (error) {
    throw new UsageError(`--add: ${text} can not be read as JSON`, { cause: error });
  }
}

function additionOf(project: Project, { add, before, direction }: Flags): NonNullable<Changes['add']> | undefined {
  if (add === undefined) {
    if (before === undefined && direction === undefined) return undefined;
    throw new UsageError('--before and --direction go with --add');
  }
  return {
    scenes: addedScenes(add),
    ...(before === undefined ? {} : { before: sceneOf(project, 'before', before) }),
    ...(direction === undefined ? {} : { direction }),
  };
}

function settingsIn(flags: Flags): Changes['settings'] {
  const { prompt: _prompt, models = {}, ...rest }: ProjectSettings = settingsOf('', flags);
  const settings = { ...rest, ...(Object.keys(models).length === 0 ? {} : { models }) };
  if (Object.keys(settings).length === 0) {
    if (flags.apply !== undefined) throw new UsageError('--apply goes with other settings');
    return undefined;
  }
  return { ...settings, ...(flags.apply === undefined ? {} : { apply: flags.apply as 'all' | 'missing' }) };
}

/** What flags want to be different in a project. Throws `UsageError` for what can not be read; the rest is the library's to check. */
export function changesOf(project: Project, flags: Flags): Changes {
  const { edit, remove, move, retake, select, supply, keep, rewrite, continuity } = flags;
  const all = {
    settings: settingsIn(flags),
    edit: edit && editsOf(project, edit),
    remove: remove?.map((text) => sceneOf(project, 'remove', text)),
    move: move && movesOf(project, move),
    add: additionOf(project, flags),
    retake: retake && partsOf(project, 'retake', retake),
    select: select && choicesOf(project, select),
    supply: supply && suppliesOf(project, supply),
    keep: keep && partsOf(project, 'keep', keep),
    rewrite: rewrite?.includes('all') === true ? 'all' : rewrite?.map((text) => sceneOf(project, 'rewrite', text)),
    continuity,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
