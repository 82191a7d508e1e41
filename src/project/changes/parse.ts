import { z } from 'zod';
import { InvalidChangeError, InvalidSettingsError } from '../../errors/index.ts';
import { once } from '../once.ts';
import { issuesOf, owned, parseSettings } from '../settings-schema.ts';
import { ownSceneSchema, plain, sceneEditSchema } from '../storyboard.ts';
import { wellFormed } from '../text-schema.ts';
import type { Addition, Changes, SettingsChange } from './types.ts';

const LONGEST_DIRECTION = 2000;

const id = () => z.string().min(1).max(200);
const byScene = <T extends z.ZodType>(schema: T) => owned().pipe(z.record(id(), schema));
const parts = () => byScene(z.array(z.enum(['start', 'end', 'clip'])).min(1));
const media = () =>
  z.union([z.string().min(1), z.instanceof(Uint8Array), z.instanceof(ReadableStream)], {
    error: 'expected a path, bytes or a stream',
  });
/** Schema of a number of scenes. @internal */
export const count = () =>
  z.custom<number>((value) => Number.isInteger(value) && Number(value) >= 1, 'expected a whole number from 1');

const addition = (scenes: z.ZodType) =>
  z.strictObject({
    scenes,
    before: id().optional(),
    direction: wellFormed().max(LONGEST_DIRECTION).optional(),
  });

/** Schema of changes whose added scenes are `scenes`. @internal */
export const changesSchema = (scenes: z.ZodType) =>
  z.strictObject({
    settings: z.looseObject({ apply: z.enum(['all', 'missing']).optional() }).optional(),
    edit: byScene(sceneEditSchema()).optional(),
    remove: z.array(id()).optional(),
    move: byScene(z.strictObject({ before: id().nullable() })).optional(),
    add: addition(scenes).optional(),
    retake: parts().optional(),
    select: byScene(z.union([id(), z.array(id()).min(1)])).optional(),
    supply: byScene(z.strictObject({ start: media(), end: media(), clip: media() }).partial()).optional(),
    keep: parts().optional(),
    rewrite: z.union([z.literal('all'), z.array(id()).min(1)]).optional(),
    continuity: z.enum(['repair', 'redraw', 'leave']).optional(),
  });

/** Apart, so that faults of one's own scenes are told one by one. */
const withCount = once(() => changesSchema(count()));
const withScenes = once(() => changesSchema(z.array(ownSceneSchema()).min(1)));

/** Changes whose shape is known to be right. */
export type ParsedChanges = Omit<Changes, 'add'> & { readonly add?: Addition };

/** Settings in their own bounds. Throws `InvalidSettingsError`. */
function parsePatch({ apply, ...asked }: SettingsChange): SettingsChange {
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const fixed = ['storyboard', 'duration'].filter((name) => Object.hasOwn(given, name));
  const issues = fixed.map((name) => `${name}: it is fixed at creation; edit, add and remove scenes instead`);
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
  const { prompt, ...rest } = parseSettings({ prompt: '-', ...given });
  return { ...rest, ...('prompt' in given ? { prompt } : {}), ...(apply === undefined ? {} : { apply }) };
}

/** The same as a change. Throws `InvalidChangeError`. */
function settingsIn(asked: SettingsChange): SettingsChange {
  try {
    return parsePatch(asked);
  } catch (error) {
    if (!(error instanceof InvalidSettingsError)) throw error;
    const issues = (error.details['issues'] as string[]).map((issue) => `settings.${issue}`);
    throw new InvalidChangeError({ issues }, { cause: error });
  }
}

/** Checks what a user wants to be different. Throws `InvalidChangeError` that lists every fault. Scenes and takes are not looked up yet. */
export function parseChanges(input: Changes): ParsedChanges {
  const asked = typeof input?.add === 'number' ? { ...input, add: { scenes: input.add } } : input;
  const schema = Array.isArray((asked?.add as Addition | undefined)?.scenes) ? withScenes() : withCount();
  const result = schema.safeParse(asked);
  if (!result.success) throw new InvalidChangeError({ issues: issuesOf(result.error, asked, 'changes') });
  const { settings, supply, edit, add, ...rest } = result.data;
  return {
    ...(plain(rest) as Partial<ParsedChanges>),
    ...(edit === undefined ? {} : { edit: plain(edit) as NonNullable<Changes['edit']> }),
    ...(add === undefined ? {} : { add: plain(add) as NonNullable<ParsedChanges['add']> }),
    ...(settings === undefined ? {} : { settings: settingsIn(settings as SettingsChange) }),
    ...(supply === undefined ? {} : { supply: supply as NonNullable<Changes['supply']> }),
  };
}
