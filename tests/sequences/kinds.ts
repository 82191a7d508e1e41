import type { Changes, MicroUsd, Project } from 'vidpipe';
import { paper } from 'vidpipe/testing';

type Scene = Project['scenes'][number];
type Words = NonNullable<Changes['edit']>[string];

const CONTINUITY = ['repair', 'redraw', 'leave'] as const;
const continuityOf = (nth: number): Pick<Changes, 'continuity'> => ({ continuity: CONTINUITY[nth % 3] ?? 'repair' });

/** One of a list, counted around; nothing of an empty one. */
function nthOf<T>(list: readonly T[], nth: number): T | undefined {
  return list[nth % Math.max(1, list.length)];
}

/** A change of a scene as it stands. */
function ofScene(make: (scene: Scene, nth: number, project: Project) => Changes | null) {
  return (project: Project, nth: number): Changes | null => {
    const scene = nthOf(project.scenes, nth);
    return scene === undefined ? null : make(scene, nth, project);
  };
}

function edit(words: (scene: Scene, nth: number) => Words) {
  return ofScene((scene, nth) => ({ edit: { [scene.id]: words(scene, nth) } }));
}

/** A clear end, so that no words hold others. */
const said = (nth: number): string => `changed ${nth}.`;

function ownScene(nth: number) {
  const words = `own ${nth}.`;
  return { description: words, startPrompt: words, endPrompt: words, motionPrompt: words };
}

/** A picture or a clip of the user's own, that fits the film or does not. */
function own({ settings }: Project, kind: 'image' | 'video', nth: number): Uint8Array {
  const [width, height] = settings.ratio === '16:9' && nth % 4 !== 3 ? [1280, 720] : [720, 1280];
  return paper({
    kind,
    width,
    height,
    ...(kind === 'video' ? { seconds: 3 + (nth % 2) } : {}),
    note: `own ${nth % 7}`,
  });
}

/** The parts of scenes that are made, or those of one kind. */
function partsOf(
  { scenes, steps }: Project,
  frames: boolean,
): { readonly id: string; readonly part: 'start' | 'end' | 'clip' }[] {
  const there = new Set(steps.flatMap(({ id, asset }) => (asset === null ? [] : [id])));
  return scenes.flatMap(({ id }) =>
    (frames ? (['start', 'end'] as const) : (['clip'] as const))
      .filter((part) => there.has(part === 'clip' ? `clip:${id}` : `keyframe:${id}:${part}`))
      .map((part) => ({ id, part })),
  );
}

function naming(verb: 'retake' | 'keep', frames: boolean) {
  return (project: Project, nth: number): Changes | null => {
    const found = nthOf(partsOf(project, frames), nth);
    return found === undefined
      ? null
      : { [verb]: { [found.id]: [found.part] }, ...(verb === 'retake' ? continuityOf(nth) : {}) };
  };
}

function supplying(part: 'start' | 'end' | 'clip') {
  return ofScene(({ id }, nth, project) => ({
    supply: { [id]: { [part]: own(project, part === 'clip' ? 'video' : 'image', nth) } },
  }));
}

/** Every kind of change: what it asks of a project as it stands, and of which part of it; `null` where there is nothing that it could ask. */
const kinds = {
  'motion prompt': edit((_, nth) => ({ motionPrompt: said(nth) })),
  'end prompt': ofScene(({ id }, nth) => ({ edit: { [id]: { endPrompt: said(nth) } }, ...continuityOf(nth) })),
  'start prompt': edit((_, nth) => ({ startPrompt: said(nth) })),
  description: edit((_, nth) => ({ description: said(nth) })),
  'several words': edit((_, nth) => ({
    motionPrompt: said(nth),
    endPrompt: said(nth),
    keyDetails: [said(nth)],
    transitionNotes: said(nth),
  })),
  cast: edit(({ cast }) => ({ cast: cast.length === 0 ? ['Ada'] : [] })),
  sound: edit(({ audio }, nth) => ({ audio: audio === undefined ? { ambience: said(nth) } : null })),
  seconds: edit((_, nth) => ({ seconds: [4, 6, 8, 5][nth % 4] ?? 4 })),
  enters: edit(({ enters }) => ({ enters: enters === 'cut' ? 'continue' : 'cut' })),
  remove: ofScene(({ id }, nth) => ({ remove: [id], ...continuityOf(nth) })),
  move: ({ scenes }, nth) => {
    const [scene, before] = [nthOf(scenes, nth), scenes[(nth >> 2) % (scenes.length + 1)]];
    return scene === undefined || scene.id === before?.id
      ? null
      : { move: { [scene.id]: { before: before?.id ?? null } }, ...continuityOf(nth) };
  },
  expand: (_, nth) => ({ add: 1 + (nth % 2) }),
  'add before': ofScene(({ id }, nth) => ({ add: { scenes: 1, before: id, direction: said(nth) } })),
  'add own': ofScene(({ id }, nth) => ({
    add: { scenes: [{ ...ownScene(nth), enters: nth % 2 === 0 ? 'continue' : 'cut' }], before: id },
  })),
  rewrite: ({ scenes }, nth) => ({
    rewrite: nth % 3 === 0 ? 'all' : scenes.slice(nth % 2, 1 + (nth % 2)).map(({ id }) => id),
  }),
  'retake frame': naming('retake', true),
  'retake clip': naming('retake', false),
  'keep frame': naming('keep', true),
  'keep clip': naming('keep', false),
  select: ({ scenes }, nth) => {
    const found = nthOf(
      scenes.flatMap(({ id, takes }) => takes.filter((take) => !take.selected).map((take) => ({ id, take: take.id }))),
      nth,
    );
    return found === undefined ? null : { select: { [found.id]: found.take } };
  },
  'supply start': supplying('start'),
  'supply end': supplying('end'),
  'supply clip': supplying('clip'),
  style: (_, nth) => ({ settings: { style: `style ${nth % 3}` } }),
  'style of what is missing': (_, nth) => ({ settings: { style: `style ${nth % 3}`, apply: 'missing' } }),
  ratio: ({ settings: { ratio } }, nth) => ({
    settings: { ratio: ratio === '16:9' ? '9:16' : '16:9', apply: nth % 4 === 0 ? 'missing' : 'all' },
  }),
  transition: ({ settings: { transition } }) => ({
    settings: { transition: transition.kind === 'cut' ? { kind: 'fade', seconds: 0.5 } : { kind: 'cut', seconds: 0 } },
  }),
  'negative prompt': (_, nth) => ({ settings: { negativePrompt: said(nth % 3) } }),
  seed: (_, nth) => ({ settings: { seed: nth } }),
  budget: ({ settings: { budget } }) =>
    budget === null ? null : { settings: { budget: (budget + 400_000) as MicroUsd } },
  'leave refused out': ({ settings: { safety } }) => ({
    settings: { safety: { onRefused: safety.onRefused === 'skip' ? 'fail' : 'skip' } },
  }),
} as const satisfies Record<string, (project: Project, nth: number) => Changes | null>;

/** Kind of a change. */
export type Kind = keyof typeof kinds;

export const KINDS = Object.keys(kinds) as readonly Kind[];

/** Those that the first words or settings undo. */
export const REVERSIBLE = [
  'motion prompt',
  'end prompt',
  'start prompt',
  'description',
  'several words',
  'cast',
  'sound',
  'seconds',
  'enters',
  'style',
  'ratio',
  'transition',
  'negative prompt',
] as const satisfies readonly Kind[];

/** What a wish comes to on a project as it stands; two kinds are asked for at once. */
export function changesOf(
  project: Project,
  { kind, also, nth }: { readonly kind: Kind; readonly also: Kind | null; readonly nth: number },
): Changes | null {
  const one = kinds[kind](project, nth);
  const other = also === null ? null : kinds[also](project, nth + 1);
  return one === null && other === null ? null : { ...one, ...other };
}

/** What makes words and settings again what they are in `project`. */
export function reverseOf({ scenes, settings }: Project, changes: Changes): Changes {
  const first = <T extends object>(of: object, now: T): Partial<T> =>
    Object.fromEntries(
      Object.keys(of)
        .filter((name) => name !== 'apply')
        .map((name) => [name, now[name as keyof T] ?? null]),
    ) as Partial<T>;
  const edits = Object.entries(changes.edit ?? {}).flatMap(([id, words]) => {
    const scene = scenes.find((each) => each.id === id);
    return scene === undefined ? [] : [[id, first(words, scene)] as const];
  });
  return {
    ...(changes.edit === undefined ? {} : { edit: Object.fromEntries(edits) }),
    ...(changes.settings === undefined
      ? {}
      : { settings: first(changes.settings, settings) as NonNullable<Changes['settings']> }),
  };
}

/** Words and settings as they are: nothing is different. */
export function sameAgain({ scenes, settings }: Project): Changes {
  const { style, ratio, transition, seed } = settings;
  const edits = scenes.map(
    ({ id, description, motionPrompt, endPrompt, seconds }) =>
      [id, { description, motionPrompt, endPrompt, seconds }] as const,
  );
  return { edit: Object.fromEntries(edits), settings: { style, ratio, transition, seed } };
}
