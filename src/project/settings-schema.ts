import { z } from 'zod';
import { InvalidSettingsError } from '../errors/index.ts';
import type { Transition } from '../spec/index.ts';
import type { ProjectSettings } from './settings.ts';
import { storyboardSchema } from './storyboard.ts';
import { wellFormed } from './text-schema.ts';

const modelId = z.string().regex(/^[^:\s]+:\S+$/, 'expected provider:model, for example simulated:film-1');
const modelChoice = z.union([modelId, z.array(modelId).min(1).max(10)]);
const onUnknown = z.enum(['ask', 'resubmit', 'fail']);
const words = (most: number) => wellFormed.max(most);
const name = (most: number) => wellFormed.trim().min(1).max(most);

const referenceSchema = z.strictObject({
  name: name(100),
  kind: z.enum(['character', 'place', 'object', 'style']),
  image: z.union([z.string().min(1), z.instanceof(Uint8Array)]),
  description: words(2000).optional(),
});

const transitionSchema = z.strictObject({ kind: z.enum(['cut', 'fade']), seconds: z.number().min(0).max(5) });

/** A record loses this key without a word. */
const labelsSchema = z
  .custom<object>(
    (labels) => typeof labels !== 'object' || labels === null || !Object.hasOwn(labels, '__proto__'),
    'a label can not be named __proto__',
  )
  .pipe(
    z
      .record(words(100).min(1), words(500))
      .refine((labels) => Object.keys(labels).length <= 20, 'expected at most 20 labels'),
  );

/** Every field with its bounds. */
const settingsSchema = z.strictObject({
  prompt: wellFormed.trim().min(1, 'expected a prompt of at least one character').max(20_000),
  style: name(200).optional(),
  ratio: z.enum(['16:9', '9:16']).optional(),
  duration: z.number().min(1).max(3600).optional(),
  clipDuration: z.number().positive().max(60).optional(),
  models: z
    .strictObject({
      text: modelChoice.optional(),
      image: modelChoice.optional(),
      video: modelChoice.optional(),
    })
    .optional(),
  audio: z.boolean().optional(),
  seed: z.int().min(0).max(0xffffffff).optional(),
  negativePrompt: words(2000).optional(),
  references: z.array(referenceSchema).max(10).optional(),
  transition: transitionSchema.optional(),
  storyboard: storyboardSchema.refine(({ scenes }) => scenes.length > 0, 'expected at least one scene').optional(),
  budget: z.int().min(0).max(1e15).optional(),
  maxScenes: z.int().min(1).max(1000).optional(),
  maxCalls: z.int().min(1).max(100_000).optional(),
  account: words(200).min(1).optional(),
  labels: labelsSchema.optional(),
  onUnknown: z
    .strictObject({ text: onUnknown.optional(), image: onUnknown.optional(), video: onUnknown.optional() })
    .optional(),
});

function issueText(issue: z.core.$ZodIssue, input: unknown): string {
  const path = issue.path.map(String).join('.') || 'settings';
  let value: unknown = input;
  for (const key of issue.path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  const shown = typeof value === 'number' ? `, got ${value}` : '';
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return `${path}: ${message}${shown}`;
}

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new InvalidSettingsError({ issues: parsed.error.issues.map((issue) => issueText(issue, input)) });
}

/** Checks a user's settings. Throws `InvalidSettingsError` that lists every fault. */
export function parseSettings(input: unknown): ProjectSettings {
  return parse(settingsSchema, input) as unknown as ProjectSettings;
}

/** What is wrong with a transition between scenes of these lengths, seconds. */
export function transitionIssues({ kind, seconds }: Transition, lengths: readonly number[]): string[] {
  const most = Math.min(...lengths) / 2;
  if (kind === 'cut' || lengths.length < 2 || (seconds > 0 && seconds < most)) return [];
  return [`transition: a fade lasts less than half of the shortest scene: above 0 and below ${most} s, got ${seconds}`];
}

/** Checks a transition that is to join scenes of these lengths. Throws `InvalidSettingsError`. */
export function parseTransition(input: unknown, lengths: readonly number[]): Transition {
  const { transition } = parse(z.object({ transition: transitionSchema }), { transition: input });
  const issues = transitionIssues(transition, lengths);
  if (issues.length > 0) throw new InvalidSettingsError({ issues });
  return transition;
}
