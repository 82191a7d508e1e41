import { z } from 'zod';
import type { EventBodies, WritingFault } from '../project/events.ts';
import { seedFor } from '../project/fingerprint.ts';
import { once } from '../project/once.ts';
import type { ScenesRecipe, StoryboardRecipe } from '../project/recipes.ts';
import {
  addedScenesSchema,
  type Character,
  plainStoryboard,
  rewrittenSchema,
  type SceneWords,
  storyboardSchema,
  type StyleGuide,
} from '../project/storyboard.ts';
import type { TextAsk } from './requests.ts';
import { castWords, lines, referenceWords, styleWords } from './wording.ts';

/** Tries that a writer gets in one step, the first included. */
export const WRITING_TRIES = 3;

/** That of writers. */
export const TEMPERATURE = 0.7;
const MOST_REPLY = 2_000_000;

const SYSTEM = lines(
  'You are the storyboard director of a short film. Answer with one JSON value that fits the schema, and nothing else.',
  'The style that is asked for is binding; never fall back to another medium.',
  'Compose for the frame: wide and horizontal for 16:9, close and vertical for 9:16.',
  'Write exactly the number of scenes that is asked for, each a step forward in the story.',
  'Keep a character bible. Name in `cast` every character that a scene shows, spelled as in the bible.',
  'Collect the particulars of the script (names, terms, numbers, steps) and let each be seen in a scene; list three to six of them as keyDetails.',
  'A frame prompt begins with the medium and goes on: subject, action or pose, setting with any visible writing, light, camera, palette.',
  'A motion prompt tells what moves, camera and subject, and never describes again how things look.',
  'A scene `enters` by `continue` when its first frame is the last frame of the scene before, else by `cut`.',
);

type ReplySchema = Readonly<Record<string, unknown>>;

function jsonSchema(schema: z.ZodType): ReplySchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}

const SCHEMAS: Readonly<Record<TextAsk['shape'], () => ReplySchema>> = {
  storyboard: once(() => jsonSchema(storyboardSchema())),
  scenes: once(() => jsonSchema(addedScenesSchema())),
  prompt: once(() => jsonSchema(rewrittenSchema())),
};

/** JSON Schema of a reply. */
export function replySchema(shape: TextAsk['shape']): ReplySchema {
  return SCHEMAS[shape]();
}

/** Faults of earlier tries, told to the writer. */
export type Tries = readonly EventBodies['storyboard.faulted'][];

/** What is told of the try before. */
export function repair(tries: Tries): string {
  const last = tries.at(-1);
  if (last?.fault === 'blocked')
    return `${last.message} Tell it so that everyone may see it: nothing violent, sexual, dangerous or hateful, no real person, no brand. Answer again, whole.`;
  return last === undefined
    ? ''
    : `Your reply before could not be used (${last.fault}): ${last.message} Answer again, whole.`;
}

function common(recipe: { readonly lengths: readonly number[] }): string {
  return lines(`Scenes: ${recipe.lengths.length}`, `Seconds: ${recipe.lengths.join(', ')}`);
}

/** What the writer of the storyboard is asked. */
export function storyboardAsk(recipe: StoryboardRecipe, seed: number, tries: Tries): TextAsk {
  const prompt = lines(
    `Style: ${recipe.style.replaceAll('_', ' ')}`,
    `Ratio: ${recipe.ratio}`,
    common(recipe),
    referenceWords(recipe.references),
    `Script: ${recipe.prompt}`,
    repair(tries),
  );
  return {
    kind: 'text',
    shape: 'storyboard',
    scenes: recipe.lengths.length,
    system: SYSTEM,
    prompt,
    temperature: TEMPERATURE,
    seed: seedFor(seed, 'storyboard', tries.length),
    ...(recipe.options === null ? {} : { options: recipe.options }),
  };
}

/** What stands of the film when scenes are added. */
export interface Standing {
  readonly prompt: string;
  readonly style: string;
  readonly ratio: string;
  readonly styleGuide: StyleGuide;
  readonly characters: readonly Character[];
  readonly scenes: readonly (SceneWords & { readonly id?: string })[];
  /** The scene that the new ones come before. @default they come at the end */
  readonly before?: string | null;
}

/** Where the asked-for scenes stand in the film. */
function placeWords({ rewrites }: ScenesRecipe, { scenes, before = null }: Standing): string {
  const numbers = (ids: readonly string[]): number[] =>
    ids.map((id) => 1 + scenes.findIndex((scene) => scene.id === id)).filter((place) => place > 0);
  if (rewrites !== undefined)
    return `Write these scenes anew, each for its place in the film, in this order: ${numbers(rewrites).join(', ')}.`;
  const [next] = before === null ? [] : numbers([before]);
  return next === undefined ? 'Go on from there.' : `Write what goes before scene ${next}.`;
}

/** What the writer of added or rewritten scenes is asked: with the whole film as it stands. */
export function scenesAsk(recipe: ScenesRecipe, film: Standing, seed: number, tries: Tries): TextAsk {
  const prompt = lines(
    styleWords(film.style, film.styleGuide),
    `Ratio: ${film.ratio}`,
    'Characters:',
    castWords(film.characters),
    `The film so far: ${JSON.stringify(film.scenes)}`,
    placeWords(recipe, film),
    recipe.direction === null ? '' : `Direction: ${recipe.direction}`,
    common(recipe),
    `Script: ${film.prompt}`,
    repair(tries),
  );
  return {
    kind: 'text',
    shape: 'scenes',
    scenes: recipe.lengths.length,
    system: SYSTEM,
    prompt,
    temperature: TEMPERATURE,
    seed: seedFor(seed, `scenes:${recipe.requestId}`, tries.length),
    ...(recipe.options === null ? {} : { options: recipe.options }),
  };
}

/** Why a reply can not be used. */
export interface Unusable {
  readonly ok: false;
  readonly fault: WritingFault;
  readonly message: string;
}

/** A usable reply, or why it is none. Only a whole storyboard has a style guide. */
export type Written<Guide> =
  | {
      readonly ok: true;
      readonly styleGuide: Guide;
      readonly characters: readonly Character[];
      readonly scenes: readonly SceneWords[];
    }
  | Unusable;

function parseJson(
  reply: string,
): { readonly value: unknown } | { readonly fault: WritingFault; readonly message: string } {
  if (reply.trim() === '') return { fault: 'empty', message: 'The reply is empty.' };
  if (reply.length > MOST_REPLY)
    return { fault: 'schema', message: `The reply has ${reply.length} characters; ${MOST_REPLY} are allowed.` };
  const bare = /^\s*```(?:json)?\s*([\s\S]*?)\s*```\s*$/.exec(reply)?.[1] ?? reply;
  try {
    return { value: JSON.parse(bare) as unknown };
  } catch (error) {
    const cut = /unterminated|end of JSON|after property|after array/i.test(String(error)) && !/[}\]]\s*$/.test(bare);
    return { fault: cut ? 'cut-off' : 'not-json', message: `The reply is not JSON: ${String(error).slice(0, 200)}.` };
  }
}

/** A reply that fits its schema, or why it does not. Nothing but the schema's own fields is read from it. */
function readReply<T>(schema: z.ZodType<T>, reply: string): { readonly ok: true; readonly data: T } | Unusable {
  const json = parseJson(reply);
  if (!('value' in json)) return { ok: false, ...json };
  const parsed = schema.safeParse(json.value);
  if (parsed.success) return { ok: true, data: parsed.data };
  const issues = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || 'reply'}: ${issue.message}`);
  return { ok: false, fault: 'schema', message: issues.join('; ') };
}

/** Judges a reply that writes a prompt anew. */
export function acceptPrompt(reply: string): { readonly ok: true; readonly prompt: string } | Unusable {
  const read = readReply(rewrittenSchema(), reply);
  return read.ok ? { ok: true, prompt: read.data.prompt } : read;
}

/** Judges a writer's reply. */
export function acceptWriting(shape: 'storyboard', wanted: number, reply: string): Written<StyleGuide>;
export function acceptWriting(shape: 'scenes', wanted: number, reply: string): Written<null>;
export function acceptWriting(
  shape: Exclude<TextAsk['shape'], 'prompt'>,
  wanted: number,
  reply: string,
): Written<StyleGuide | null> {
  const read = shape === 'storyboard' ? readReply(storyboardSchema(), reply) : readReply(addedScenesSchema(), reply);
  if (!read.ok) return read;
  const { scenes } = read.data;
  if (scenes.length !== wanted)
    return { ok: false, fault: 'count', message: `${scenes.length} scenes were written, ${wanted} are wanted.` };
  const board = plainStoryboard({ styleGuide: null, characters: [], ...read.data });
  return { ok: true, styleGuide: board.styleGuide ?? null, characters: board.characters, scenes: board.scenes };
}
